//! Reads the configuration: flags over environment over file. An error names where the value came from, its key,
//! and what is accepted.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_yaml::{Mapping, Value};

use super::Config;
use crate::error::Violation;

/// Where a master looks when it is not told.
pub const DEFAULT_FILE: &str = "/usr/local/pedl/etc/master.yaml";

/// `PEDL_MASTER_SECURITY__SESSION_LIFETIME` sets `security.session_lifetime`.
const ENV_PREFIX: &str = "PEDL_MASTER_";

/// Names the file, and so is not a key itself.
const ENV_FILE: &str = "PEDL_MASTER_CONFIG";

/// What was wrong, in one line.
#[derive(Debug, PartialEq)]
pub struct ConfigError {
    source: String,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

impl std::error::Error for ConfigError {}

/// One key set outside the file.
pub struct Override {
    /// Dotted: `database.url`.
    pub key: String,
    pub value: Value,
    /// What to call it in an error: `--listen`, `PEDL_MASTER_LISTEN`.
    pub source: String,
}

/// Reads `file` (or the default one, where it exists) and lays `environment` and then `flags` over it.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: Vec<Override>,
) -> Result<Config, ConfigError> {
    let (path, required) = match file {
        Some(path) => (path.to_owned(), true),
        None => (PathBuf::from(DEFAULT_FILE), false),
    };
    let mut tree = read(&path, required)?;
    let mut overrides: Vec<Override> = environment.into_iter().filter_map(from_environment).collect();
    overrides.extend(flags);
    for one in &overrides {
        set(&mut tree, &one.key, one.value.clone());
    }

    let source = |key: &str| {
        let set =
            overrides.iter().rev().find(|one| one.key == key || is_below(&one.key, key) || is_below(key, &one.key));
        set.map_or_else(|| path.display().to_string(), |one| one.source.clone())
    };
    let config: Config = serde_path_to_error::deserialize(Value::Mapping(tree)).map_err(|error| {
        let key = error.path().to_string();
        ConfigError { source: source(&key), message: describe(&key, &error.inner().to_string()) }
    })?;
    match config.violations().into_iter().next() {
        None => Ok(config),
        Some(Violation { field, description }) => {
            Err(ConfigError { source: source(&field), message: format!("{field}: {description}") })
        }
    }
}

/// Whether `key` is in the mapping or the list `ancestor`.
fn is_below(key: &str, ancestor: &str) -> bool {
    key.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The YAML library may begin its message with the key; and it takes an unknown key for the place of the error, rather
/// than what holds it.
fn describe(key: &str, message: &str) -> String {
    let message = message.strip_prefix(key).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message);
    let place = match message.starts_with("unknown field") {
        true => key.rsplit_once('.').map_or("", |(parent, _)| parent),
        false => key,
    };
    if matches!(place, "" | ".") { message.to_owned() } else { format!("{place}: {message}") }
}

fn read(path: &Path, required: bool) -> Result<Mapping, ConfigError> {
    let error = |message: String| ConfigError { source: path.display().to_string(), message };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !required => return Ok(Mapping::new()),
        Err(e) => return Err(error(format!("cannot be read: {e}"))),
    };
    match serde_yaml::from_str(&text) {
        Ok(Value::Mapping(tree)) => Ok(tree),
        Ok(Value::Null) => Ok(Mapping::new()),
        Ok(_) => Err(error("must be a mapping, such as `listen: 127.0.0.1:8080`".into())),
        Err(e) => Err(error(format!("is not valid YAML: {e}"))),
    }
}

fn from_environment((name, value): (String, String)) -> Option<Override> {
    let key = name.strip_prefix(ENV_PREFIX).filter(|_| name != ENV_FILE)?;
    let key = key.to_ascii_lowercase().replace("__", ".");
    let value = serde_yaml::from_str(&value).unwrap_or(Value::String(value));
    Some(Override { key, value, source: name })
}

fn set(tree: &mut Mapping, key: &str, value: Value) {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    let Some(rest) = rest else {
        tree.insert(first.into(), value);
        return;
    };
    let branch = tree.entry(first.into()).or_insert_with(|| Value::Mapping(Mapping::new()));
    if !branch.is_mapping() {
        *branch = Value::Mapping(Mapping::new());
    }
    if let Value::Mapping(branch) = branch {
        set(branch, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn show(yaml: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("master.yaml");
        std::fs::write(&file, yaml).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let flags = flags.iter().map(|(k, v)| Override {
            key: (*k).into(),
            value: Value::String((*v).into()),
            source: format!("--{k}"),
        });
        match load(Some(&file), environment, flags.collect()) {
            Ok(c) => format!(
                "listen={} data_dir={} lifetime={} uid={} groups={:?}\n",
                c.listen,
                c.data_dir.display(),
                humantime::format_duration(c.security.session_lifetime),
                c.security.default_task.uid,
                c.security.default_task.supplementary_gids,
            ),
            Err(error) => format!("{error}\n").replace(&*dir.path().to_string_lossy(), "DIR"),
        }
    }

    proptest::proptest! {
        /// Whatever stands in the file: an answer comes, and is one line.
        #[test]
        fn reading_takes_anything(text in "(security|listen|tls|agents|database|[a-z{}:, \n-])*: ?.*") {
            let config: Result<Config, _> = serde_yaml::from_str(&text);
            proptest::prop_assert!(config.map_or(true, |config| !config.masked().is_empty()));
        }
    }

    #[test]
    fn flags_win_over_environment_over_file() {
        let user = "security: { default_task: { user: nobody, uid: 65534, group: nogroup, gid: 65534 } }";
        let groups = ("PEDL_MASTER_SECURITY__DEFAULT_TASK__SUPPLEMENTARY_GIDS", "[2001, 2002]");
        let umask = ("PEDL_MASTER_SECURITY__DEFAULT_TASK__UMASK", "\"0027\"");
        let shown = [
            show("", &[], &[]),
            show(
                "listen: 127.0.0.1:1\ndata_dir: /a\nsecurity: { session_lifetime: 1h }",
                &[("PEDL_MASTER_LISTEN", "127.0.0.1:2"), ("PEDL_MASTER_DATA_DIR", "/b"), ("PEDL_MASTER_CONFIG", "x")],
                &[("listen", "127.0.0.1:3")],
            ),
            show(user, &[("PEDL_MASTER_SECURITY__SESSION_LIFETIME", "2d"), groups, umask], &[]),
        ];
        expect![[r#"
            listen=127.0.0.1:8080 data_dir=/var/lib/pedl lifetime=30days uid=0 groups=[]
            listen=127.0.0.1:3 data_dir=/b lifetime=1h uid=0 groups=[]
            listen=127.0.0.1:8080 data_dir=/var/lib/pedl lifetime=2days uid=65534 groups=[2001, 2002]
        "#]]
        .assert_eq(&shown.concat());
    }

    #[test]
    fn errors_name_the_source_the_key_and_what_is_accepted() {
        let mount_shared =
            "task_container_defaults: { bind_mounts: [{ host_path: /a, container_path: /a, propagation: shared }] }";
        let mount_writable_later = "[{host_path: /a, container_path: /a, read_only: true, propagation: rslave}]";
        let shown = [
            show("lisen: 1", &[], &[]),
            show("security: { default_tsk: 1 }", &[], &[]),
            show("security: { default_task: { uid: -1 } }", &[], &[]),
            show("security: { default_task: { user: a, uid: 1, group: b, gid: 1, umask: 27 } }", &[], &[]),
            show("security: { default_task: { supplementary_gids: [1, 1] } }", &[], &[]),
            show("security: { session_lifetime: soon }", &[], &[]),
            show("listen: here", &[], &[]),
            show("task_container_defaults: { shm_size: big }", &[], &[]),
            show("task_container_defaults: { memory: 4MiB }", &[], &[]),
            show("task_container_defaults: { memory: lots }", &[], &[]),
            show("task_container_defaults: { cpus: 0 }", &[], &[]),
            show("task_container_defaults: { add_capabilities: [SYS_PTRACE, all] }", &[], &[]),
            show("task_container_defaults: { image: 'a b' }", &[], &[]),
            show("task_container_defaults: { image: '' }", &[], &[]),
            show("task_container_defaults: { environment_variables: { A=B: secret } }", &[], &[]),
            show("task_container_defaults: { bind_mounts: [{ host_path: nfs, container_path: /nfs }] }", &[], &[]),
            show(mount_shared, &[], &[]),
            show("", &[("PEDL_MASTER_TASK_CONTAINER_DEFAULTS__BIND_MOUNTS", mount_writable_later)], &[]),
            show("logs: { retention: always }", &[], &[]),
            show("logs: { limit_per_task: 0.5 }", &[], &[]),
            show("public_url: boss:8080", &[], &[]),
            show("public_url: http://boss/pedl", &[], &[]),
            show("tls: { mode: on }", &[], &[]),
            show("tls: { mode: file }", &[], &[]),
            show("tls: { cert: /c.pem }", &[], &[]),
            show("tls: { mode: files, cert: /c.pem }", &[], &[]),
            show("", &[("PEDL_MASTER_TLS__MODE", "files")], &[]),
            show("database: { url: 'mysql://root:secret@db/pedl' }", &[], &[]),
            show("", &[("PEDL_MASTER_LISTEN", "here")], &[]),
            show("", &[("PEDL_MASTER_LOOSE", "1")], &[]),
            show("", &[], &[("listen", "there")]),
            show("- a", &[], &[]),
            show("a: [", &[], &[]),
        ];
        expect![[r#"
            DIR/master.yaml: unknown field `lisen`, expected one of `listen`, `public_url`, `tls`, `data_dir`, `database`, `security`, `task_container_defaults`, `agents`, `logs`
            DIR/master.yaml: security: unknown field `default_tsk`, expected one of `default_task`, `minimum_uid`, `session_lifetime`, `password`, `failed_logins_per_minute`
            DIR/master.yaml: security.default_task.uid: must be 0 to 2147483647, not -1
            DIR/master.yaml: security.default_task.umask: invalid type: integer `27`, expected octal digits in quotes, "0000" to "0777"
            DIR/master.yaml: security.default_task.supplementary_gids: must differ, and 1 is there twice
            DIR/master.yaml: security.session_lifetime: `soon` is not a duration such as `30d`, `12h` or `10m`
            DIR/master.yaml: listen: `here` is not an address such as `127.0.0.1:8080`
            DIR/master.yaml: task_container_defaults.shm_size: `big` is not a size such as `4GiB` or `512MiB`
            DIR/master.yaml: task_container_defaults.memory: must be at least 6MiB (6291456 bytes)
            DIR/master.yaml: task_container_defaults.memory: `lots` is not a size such as `4GiB` or `512MiB`
            DIR/master.yaml: task_container_defaults.cpus: must be 0.01 to 4096
            DIR/master.yaml: task_container_defaults.add_capabilities[1]: must not be ALL: name each
            DIR/master.yaml: task_container_defaults.image: must be an image's name, without spaces, of at most 512 characters
            DIR/master.yaml: task_container_defaults.image: must name an image
            DIR/master.yaml: task_container_defaults.environment_variables["A=B"]: must have a name without `=`, and no NUL characters
            DIR/master.yaml: task_container_defaults.bind_mounts[0].host_path: must be an absolute path on the agent's host
            DIR/master.yaml: task_container_defaults.bind_mounts[0].propagation: unknown variant `shared`, expected `rprivate` or `rslave`
            PEDL_MASTER_TASK_CONTAINER_DEFAULTS__BIND_MOUNTS: task_container_defaults.bind_mounts[0].propagation: must be rprivate where the mount is read-only: what the host mounts later would be writable
            DIR/master.yaml: logs.retention: `always` is not a duration such as `30d`, `12h` or `10m`, nor `forever`
            DIR/master.yaml: logs.limit_per_task: invalid type: floating point `0.5`, expected a string
            DIR/master.yaml: public_url: `boss:8080` is not a URL such as `https://pedl.example.com` or `http://10.0.0.5:8080`, without a path
            DIR/master.yaml: public_url: `http://boss/pedl` is not a URL such as `https://pedl.example.com` or `http://10.0.0.5:8080`, without a path
            DIR/master.yaml: tls.mode: unknown variant `on`, expected one of `off`, `auto`, `files`
            DIR/master.yaml: tls.mode: unknown variant `file`, expected one of `off`, `auto`, `files`
            DIR/master.yaml: tls.cert: is for tls.mode files only: leave it out, or set that
            DIR/master.yaml: tls.key: must name a PEM file where tls.mode is files
            DIR/master.yaml: tls.cert: must name a PEM file where tls.mode is files
            DIR/master.yaml: database.url: must be empty, for SQLite in data_dir, or begin with postgres://
            PEDL_MASTER_LISTEN: listen: `here` is not an address such as `127.0.0.1:8080`
            PEDL_MASTER_LOOSE: unknown field `loose`, expected one of `listen`, `public_url`, `tls`, `data_dir`, `database`, `security`, `task_container_defaults`, `agents`, `logs`
            --listen: listen: `there` is not an address such as `127.0.0.1:8080`
            DIR/master.yaml: must be a mapping, such as `listen: 127.0.0.1:8080`
            DIR/master.yaml: is not valid YAML: did not find expected node content at line 2 column 1, while parsing a flow node
        "#]].assert_eq(&shown.concat());
    }

    #[test]
    fn an_absent_file_is_an_error_only_where_it_was_named() {
        assert!(load(None, [], Vec::new()).is_ok());
        let error = load(Some(Path::new("/absent/master.yaml")), [], Vec::new()).unwrap_err();
        expect!["/absent/master.yaml: cannot be read: No such file or directory (os error 2)"]
            .assert_eq(&error.to_string());
    }
}
