//! What a command runs in: the configuration file, `--config`, and the flags over both. A later layer wins
//! key by key; only bind mounts of `-v` add to those below. Which values are valid, the master decides.

use std::path::Path;

use pedl_proto::v1::{self, CommandSpec, ContainerSpec};
use serde::{Deserialize, Serialize};

pub use self::bind_mount::BindMount;
pub use self::environment::{Environment, parse_variable};
pub use self::run_time::RunTime;
pub use self::size::Size;
use crate::error::Error;

mod bind_mount;
mod environment;
mod run_time;
mod size;

/// A configuration, whole or in part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map of keys to values")]
pub struct CommandConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_pool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_dir: Option<String>,
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub environment_variables: Environment,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "bind_mount")]
    pub bind_mounts: Option<Vec<BindMount>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<Size>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Size>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_run_time: Option<RunTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_capabilities: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_root: Option<bool>,
}

impl CommandConfig {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|err| Error::Usage(format!("cannot read {name}: {err}")))?;
        parse(&text).map_err(|err| Error::Usage(format!("{name}: {err}")))
    }

    /// Reads one setting of the command line: `KEY=VALUE`, where a dot goes into a map and the value is YAML.
    pub fn parse_setting(setting: &str) -> Result<Self, String> {
        let (key, value) = setting
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or("give KEY=VALUE, such as slots=2 or environment_variables.DEBUG=1")?;
        // Made into a small file, so that both are read by the same rules. A JSON string is a YAML one.
        let quoted = |key: &str| serde_json::Value::from(key).to_string();
        let keys = key.split('.').enumerate().map(|(depth, key)| format!("{}{}:", "  ".repeat(depth), quoted(key)));
        let text = format!("{} {value}\n", keys.collect::<Vec<_>>().join("\n"));
        // The place of an error in that text tells nobody anything.
        parse(&text).map_err(|err| err.split(" at line ").next().unwrap_or_default().to_string())
    }

    /// Puts another configuration over this one.
    pub fn overlay(&mut self, over: Self) {
        let Self {
            description,
            resource_pool,
            image,
            slots,
            work_dir,
            environment_variables,
            bind_mounts,
            shm_size,
            memory,
            cpus,
            max_run_time,
            add_capabilities,
            read_only_root,
        } = over;
        replace(&mut self.description, description);
        replace(&mut self.resource_pool, resource_pool);
        replace(&mut self.image, image);
        replace(&mut self.slots, slots);
        replace(&mut self.work_dir, work_dir);
        self.environment_variables.0.extend(environment_variables.0);
        replace(&mut self.bind_mounts, bind_mounts);
        replace(&mut self.shm_size, shm_size);
        replace(&mut self.memory, memory);
        replace(&mut self.cpus, cpus);
        replace(&mut self.max_run_time, max_run_time);
        replace(&mut self.add_capabilities, add_capabilities);
        replace(&mut self.read_only_root, read_only_root);
    }

    /// What to run, and in what.
    pub fn spec(&self, argv: Vec<String>) -> CommandSpec {
        let max_run_time = self.max_run_time.map(RunTime::to_proto);
        CommandSpec { argv, container: Some(self.container()), max_run_time }
    }

    /// The container that it describes.
    pub fn container(&self) -> ContainerSpec {
        let mounts = self.bind_mounts.iter().flatten();
        ContainerSpec {
            image: self.image.clone().unwrap_or_default(),
            environment_variables: self.environment_variables.0.clone().into_iter().collect(),
            bind_mounts: mounts.map(BindMount::to_proto).collect(),
            work_dir: self.work_dir.clone().unwrap_or_default(),
            slots: self.slots,
            shm_size: self.shm_size.map_or(0, Size::to_proto),
            memory: self.memory.map_or(0, Size::to_proto),
            cpus: self.cpus.unwrap_or(0.0),
            add_capabilities: self.add_capabilities.clone().unwrap_or_default(),
            read_only_root: self.read_only_root,
        }
    }

    /// The configuration that would create an asset like this one again.
    pub fn of(asset: &v1::Asset) -> Self {
        let CommandSpec { argv: _, container, max_run_time } = match &asset.spec {
            Some(v1::asset::Spec::Command(command)) => command.clone(),
            None => CommandSpec::default(),
        };
        let container = container.unwrap_or_default();
        let mounts: Vec<_> = container.bind_mounts.into_iter().map(BindMount::from_proto).collect();
        Self {
            description: given(asset.description.clone()),
            resource_pool: given(asset.resource_pool.clone()),
            image: given(container.image),
            slots: container.slots,
            work_dir: given(container.work_dir),
            environment_variables: Environment(container.environment_variables.into_iter().collect()),
            bind_mounts: Some(mounts).filter(|mounts| !mounts.is_empty()),
            shm_size: Size::from_proto(container.shm_size),
            memory: Size::from_proto(container.memory),
            cpus: Some(container.cpus).filter(|cpus| *cpus > 0.0),
            max_run_time: max_run_time.map(RunTime::from_proto),
            add_capabilities: Some(container.add_capabilities).filter(|names| !names.is_empty()),
            read_only_root: container.read_only_root,
        }
    }
}

fn parse(text: &str) -> Result<CommandConfig, String> {
    let whole: Result<Option<CommandConfig>, _> = serde_yaml::from_str(text);
    whole.map(Option::unwrap_or_default).map_err(|err| in_plain_words(&err.to_string()))
}

/// serde's errors speak of Rust; who wrote the configuration speaks YAML.
fn in_plain_words(error: &str) -> String {
    let words = [
        (" field ", " key "),
        (" variant ", " value "),
        ("expected i32", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("a boolean", "true or false"),
        ("a sequence", "a list"),
    ];
    words.iter().fold(error.to_string(), |text, (rust, plain)| text.replace(rust, plain))
}

fn replace<T>(below: &mut Option<T>, over: Option<T>) {
    if over.is_some() {
        *below = over;
    }
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz;

    fn check(text: &str, want: Expect) {
        let got = match parse(text) {
            Ok(config) => serde_yaml::to_string(&config).unwrap(),
            Err(err) => format!("error: {err}\n"),
        };
        want.assert_eq(&got);
    }

    fn check_setting(setting: &str, want: Expect) {
        let got = match CommandConfig::parse_setting(setting) {
            Ok(config) => serde_yaml::to_string(&config).unwrap(),
            Err(err) => format!("error: {err}\n"),
        };
        want.assert_eq(&got);
    }

    #[test]
    fn a_whole_file() {
        let text = "\
description: train
image: python:3.12
environment_variables: {A: 1.10, B: true, C: }
bind_mount:
  - {host_path: /data, container_path: /data, read_only: true}
  - host_path: /scratch
    container_path: scratch
    propagation: rslave
work_dir: /data
slots: 2
shm_size: 4GiB
memory: 1536MiB
cpus: 1.50
max_run_time: 90m
add_capabilities: [SYS_PTRACE]
read_only_root: true
resource_pool: big
";
        check(
            text,
            expect![[r#"
                description: train
                resource_pool: big
                image: python:3.12
                slots: 2
                work_dir: /data
                environment_variables:
                  A: '1.10'
                  B: 'true'
                  C: ''
                bind_mounts:
                - host_path: /data
                  container_path: /data
                  read_only: true
                - host_path: /scratch
                  container_path: scratch
                  read_only: false
                  propagation: rslave
                shm_size: 4GiB
                memory: 1536MiB
                cpus: 1.5
                max_run_time: 1h 30m
                add_capabilities:
                - SYS_PTRACE
                read_only_root: true
            "#]],
        );
        check(
            "# nothing\n",
            expect![[r#"
            {}
        "#]],
        );
        check(
            "",
            expect![[r#"
            {}
        "#]],
        );
        check(
            "environment_variables: [A=1, B=x=y]",
            expect![[r#"
            environment_variables:
              A: '1'
              B: x=y
        "#]],
        );
        check(
            "environment_variables:\nbind_mounts:",
            expect![[r#"
            {}
        "#]],
        );
        check(
            "shm_size: 1000",
            expect![[r#"
            shm_size: '1000'
        "#]],
        );
    }

    /// A case that the web UI reads too.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        name: String,
        text: String,
        spec: Option<serde_json::Value>,
        printed: Option<String>,
        error: Option<String>,
    }

    /// What becomes of a configuration, without what is empty.
    fn spec_of(config: &CommandConfig) -> serde_json::Value {
        let container = config.container();
        let mount = |mount: &v1::BindMount| {
            let propagation = BindMount::from_proto(mount.clone()).propagation;
            let v1::BindMount { host_path, container_path, read_only, propagation: _ } = mount;
            serde_json::json!({
                "host_path": host_path, "container_path": container_path, "read_only": read_only, "propagation": propagation,
            })
        };
        let container = without_empty(serde_json::json!({
            "image": container.image,
            "environment_variables": container.environment_variables,
            "bind_mounts": container.bind_mounts.iter().map(mount).collect::<Vec<_>>(),
            "work_dir": container.work_dir,
            "slots": container.slots,
            "shm_size": Some(container.shm_size).filter(|size| *size != 0).map(|size| size.to_string()),
            "memory": Some(container.memory).filter(|size| *size != 0).map(|size| size.to_string()),
            "cpus": Some(container.cpus).filter(|cpus| *cpus != 0.0),
            "add_capabilities": container.add_capabilities,
            "read_only_root": container.read_only_root,
        }));
        let max_run_time = config.max_run_time.map(RunTime::to_proto);
        without_empty(serde_json::json!({
            "description": config.description, "resource_pool": config.resource_pool, "container": container,
            "max_run_time": max_run_time.map(|time| serde_json::json!({ "seconds": time.seconds, "nanos": time.nanos })),
        }))
    }

    fn without_empty(mut value: serde_json::Value) -> serde_json::Value {
        let empty = [serde_json::json!(null), serde_json::json!(""), serde_json::json!([]), serde_json::json!({})];
        value.as_object_mut().unwrap().retain(|_, value| !empty.contains(value));
        value
    }

    #[test]
    fn the_cases_that_the_web_ui_reads_too() {
        let cases: Vec<Case> = serde_yaml::from_str(include_str!("../tests/config/cases.yaml")).unwrap();
        for Case { name, text, spec, printed, error } in cases {
            match (parse(&text), error) {
                (Ok(config), None) => {
                    assert_eq!(spec_of(&config), spec.unwrap(), "{name}");
                    let spec = config.spec(Vec::new());
                    let asset = v1::Asset {
                        description: config.description.unwrap_or_default(),
                        resource_pool: config.resource_pool.unwrap_or_default(),
                        spec: Some(v1::asset::Spec::Command(spec)),
                        ..v1::Asset::default()
                    };
                    let told = serde_yaml::to_string(&CommandConfig::of(&asset)).unwrap();
                    assert_eq!(told, printed.unwrap_or_else(|| told.clone()), "{name}");
                }
                (Err(err), Some(start)) => assert!(err.starts_with(&start), "{name}: {err}"),
                (got, want) => panic!("{name}: {got:?}, not {want:?}"),
            }
        }
    }

    #[test]
    fn errors_name_the_key_and_what_is_accepted() {
        check(
            "imge: x",
            expect![[r#"
                error: unknown key `imge`, expected one of `description`, `resource_pool`, `image`, `slots`, `work_dir`, `environment_variables`, `bind_mount`, `bind_mounts`, `shm_size`, `memory`, `cpus`, `max_run_time`, `add_capabilities`, `read_only_root`
            "#]],
        );
        check(
            "bind_mounts: [{host_path: /a, container: /b}]",
            expect![[r#"
                error: bind_mounts[0]: unknown key `container`, expected one of `host_path`, `container_path`, `read_only`, `propagation` at line 1 column 31
            "#]],
        );
        check(
            "bind_mounts: [{host_path: /a}]",
            expect![[r#"
                error: bind_mounts[0]: missing key `container_path` at line 1 column 15
            "#]],
        );
        check(
            "bind_mounts: /a:/b",
            expect![[r#"
                error: bind_mounts: invalid type: string "/a:/b", expected a list at line 1 column 14
            "#]],
        );
        check(
            "slots: many",
            expect![[r#"
                error: slots: invalid type: string "many", expected a whole number at line 1 column 8
            "#]],
        );
        check(
            "shm_size: huge",
            expect![[r#"
                error: shm_size: invalid value: string "huge", expected bytes, or a size like 64MiB or 4GiB at line 1 column 11
            "#]],
        );
        check(
            "memory: lots",
            expect![[r#"
            error: memory: invalid value: string "lots", expected bytes, or a size like 64MiB or 4GiB at line 1 column 9
        "#]],
        );
        check(
            "cpus: all",
            expect![[r#"
            error: cpus: invalid type: string "all", expected a number at line 1 column 7
        "#]],
        );
        check(
            "max_run_time: 120",
            expect![[r#"
            error: max_run_time: invalid value: string "120", expected a length of time like 30m, 24h or 7d at line 1 column 15
        "#]],
        );
        check(
            "add_capabilities: SYS_PTRACE",
            expect![[r#"
            error: add_capabilities: invalid type: string "SYS_PTRACE", expected a list at line 1 column 19
        "#]],
        );
        check(
            "read_only_root: 2",
            expect![[r#"
            error: read_only_root: invalid type: integer `2`, expected true or false at line 1 column 17
        "#]],
        );
        check(
            "bind_mounts: [{host_path: /a, container_path: /b, propagation: shared}]",
            expect![[r#"
            error: bind_mounts[0].propagation: unknown value `shared`, expected `rprivate` or `rslave` at line 1 column 64
        "#]],
        );
        check(
            "environment_variables: [A]",
            expect![[r#"
            error: environment_variables: `A`: give NAME=VALUE at line 1 column 24
        "#]],
        );
        check(
            "environment_variables: A",
            expect![[r#"
            error: environment_variables: invalid type: string "A", expected a map of names to values, or a list of NAME=VALUE at line 1 column 24
        "#]],
        );
        check(
            "bind_mounts: [/a:/b]",
            expect![[r#"
            error: bind_mounts[0]: invalid type: string "/a:/b", expected a map with host_path and container_path at line 1 column 15
        "#]],
        );
        check(
            "image: a\nimage: b",
            expect![[r#"
                error: duplicate key `image`
            "#]],
        );
        check(
            "image: [",
            expect![[r#"
            error: image: invalid type: sequence, expected a string at line 1 column 8
        "#]],
        );
        check(
            "- a",
            expect![[r#"
                error: invalid type: sequence, expected a map of keys to values
            "#]],
        );
    }

    proptest! {
        #![proptest_config(fuzz::config())]

        /// What is read is printed, by `config`, in words that say the same.
        #[test]
        fn any_file_is_read_or_refused(
            key in "image|slots|environment_variables|bind_mounts|shm_size|cpus|max_run_time|add_capabilities",
            text in fuzz::text("\\[\\]{}:,&*!|>'\"#%@?=~.a-dhms0-9 \n-"),
        ) {
            for file in [text.clone(), format!("{key}: {text}"), format!("{key}:\n- {text}")] {
                if let Ok(config) = parse(&file) {
                    let printed = serde_yaml::to_string(&config).unwrap();
                    prop_assert_eq!(parse(&printed), Ok(config), "{}", printed);
                }
            }
        }

        #[test]
        fn any_flag_is_read_or_refused(key in "[a-z_.\"\\\\=]{0,20}", value in fuzz::text("0-9a-z:/,.= KMGTi")) {
            let _ = CommandConfig::parse_setting(&format!("{key}={value}"));
            let _ = (parse_variable(&value), BindMount::parse_flag(&value), Size::parse_flag(&value));
            let _ = RunTime::parse_flag(&value);
        }
    }

    #[test]
    fn a_variable_stands_once() {
        check(
            "environment_variables: {A: 1, A: 2}",
            expect![[r#"
            error: environment_variables: duplicate key `A` at line 1 column 24
        "#]],
        );
    }

    #[test]
    fn settings() {
        check_setting(
            "slots=2",
            expect![[r#"
            slots: 2
        "#]],
        );
        check_setting(
            "environment_variables.DEBUG=1.10",
            expect![[r#"
            environment_variables:
              DEBUG: '1.10'
        "#]],
        );
        check_setting(
            "environment_variables={A: 1}",
            expect![[r#"
            environment_variables:
              A: '1'
        "#]],
        );
        check_setting(
            "max_run_time=2h",
            expect![[r#"
            max_run_time: 2h
        "#]],
        );
        check_setting(
            "description=hello, world",
            expect![[r#"
            description: hello, world
        "#]],
        );
        check_setting(
            "image=",
            expect![[r#"
            {}
        "#]],
        );
        check_setting(
            "slots",
            expect![[r#"
            error: give KEY=VALUE, such as slots=2 or environment_variables.DEBUG=1
        "#]],
        );
        check_setting(
            "=1",
            expect![[r#"
            error: give KEY=VALUE, such as slots=2 or environment_variables.DEBUG=1
        "#]],
        );
        check_setting(
            "slots.a=1",
            expect![[r#"
                error: slots: invalid type: map, expected a whole number
            "#]],
        );
        check_setting(
            "a.b=1",
            expect![[r#"
                error: unknown key `a`, expected one of `description`, `resource_pool`, `image`, `slots`, `work_dir`, `environment_variables`, `bind_mount`, `bind_mounts`, `shm_size`, `memory`, `cpus`, `max_run_time`, `add_capabilities`, `read_only_root`
            "#]],
        );
        check_setting(
            "slots=x",
            expect![[r#"
                error: slots: invalid type: string "x", expected a whole number
            "#]],
        );
        check_setting(
            "description=a: b",
            expect![[r#"
                error: mapping values are not allowed in this context
            "#]],
        );
    }

    #[test]
    fn layers_replace_key_by_key() {
        let mut config = parse("{image: a, slots: 1, environment_variables: {A: 1, B: 1}}").unwrap();
        config.overlay(CommandConfig::parse_setting("environment_variables.B=2").unwrap());
        config.overlay(CommandConfig { image: Some("b".into()), ..CommandConfig::default() });
        let want = parse("{image: b, slots: 1, environment_variables: {A: 1, B: 2}}").unwrap();
        assert_eq!(config, want);
    }

    #[test]
    fn a_spec_gives_the_configuration_that_made_it() {
        let config = parse("{description: d, image: a, slots: 0, environment_variables: {A: 1}, shm_size: 64MiB, bind_mounts: [{host_path: /a, container_path: /b, read_only: true}, {host_path: /c, container_path: d, propagation: rslave}], memory: 8GiB, cpus: 1.5, max_run_time: 2h, add_capabilities: [SYS_PTRACE], read_only_root: false}").unwrap();
        let spec = Some(v1::asset::Spec::Command(config.spec(vec!["true".into()])));
        let asset = v1::Asset { description: "d".into(), spec, ..v1::Asset::default() };
        assert_eq!(CommandConfig::of(&asset), config);
    }
}
