//! What an asset runs: its specification, and how the cluster's defaults complete it. The store keeps specs as
//! JSON, so a field may be added with a default, and none may change its meaning.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::bounds::Parts;
use crate::config::ContainerDefaults;

/// A program to run once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CommandSpec {
    pub argv: Vec<String>,
    pub container: ContainerSpec,
    /// From its container's start; none: no limit.
    #[serde(default)]
    pub max_run_time: Option<Duration>,
}

impl CommandSpec {
    /// What to call the command where its owner does not: the words, cut to `limit` characters; never empty.
    pub fn summary(&self, limit: usize) -> String {
        let words = self.argv.join(" ").replace(char::is_control, " ");
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(limit) {
            _ if line.is_empty() => "command".into(),
            Some(_) => line.chars().take(limit - 1).chain(['…']).collect(),
            None => line,
        }
    }
}

/// A container, complete but for an empty `work_dir`, which is the home of the user that it runs as.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ContainerSpec {
    pub image: String,
    pub environment_variables: BTreeMap<String, String>,
    pub bind_mounts: Vec<BindMount>,
    pub work_dir: String,
    pub slots: u32,
    /// In bytes.
    pub shm_size: u64,
    /// In bytes; none: no limit.
    #[serde(default)]
    pub memory: Option<u64>,
    /// None: no limit.
    #[serde(default)]
    pub cpus: Option<f64>,
    #[serde(default)]
    pub add_capabilities: BTreeSet<Capability>,
    /// None, as in specs from before there was a choice: no.
    #[serde(default)]
    pub read_only_root: Option<bool>,
}

impl ContainerSpec {
    /// What is bounded of it.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            image: &self.image,
            environment_variables: &self.environment_variables,
            bind_mounts: &self.bind_mounts,
            memory: self.memory,
            cpus: self.cpus,
        }
    }

    /// Fills in what was left empty. Of two values for a variable or a container path, the member's own wins.
    pub fn complete(mut self, defaults: &ContainerDefaults) -> Self {
        if self.image.is_empty() {
            self.image.clone_from(&defaults.image);
        }
        if self.shm_size == 0 {
            self.shm_size = defaults.shm_size.as_u64();
        }
        self.memory = self.memory.or(defaults.memory.map(|size| size.as_u64()));
        self.cpus = self.cpus.or(defaults.cpus);
        self.add_capabilities.extend(defaults.add_capabilities.iter().cloned());
        self.read_only_root.get_or_insert(defaults.read_only_root);
        for (name, value) in &defaults.environment_variables {
            self.environment_variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let own: Vec<PathBuf> = self.bind_mounts.iter().map(BindMount::place).collect();
        let is_own = |mount: &&BindMount| own.contains(&mount.place());
        let missing: Vec<_> = defaults.bind_mounts.iter().filter(|mount| !is_own(mount)).cloned().collect();
        self.bind_mounts.splice(..0, missing);
        self
    }
}

/// A directory or file of the agent's host that appears in the container.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BindMount {
    pub host_path: String,
    pub container_path: String,
    #[serde(default)]
    pub read_only: bool,
    #[serde(default)]
    pub propagation: Propagation,
}

impl BindMount {
    /// Where it is in the container, however that is written: `/data` for `/data/`, `//data` and `/data/.`.
    pub fn place(&self) -> PathBuf {
        Path::new(&self.container_path).components().filter(|part| *part != Component::CurDir).collect()
    }
}

/// What becomes of mounts that the host makes below a bind mount later, by its word in mount(8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// Nothing.
    #[default]
    Rprivate,
    /// They appear in it.
    Rslave,
}

/// A Linux capability (capabilities(7)), without `CAP_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Capability(String);

impl Capability {
    /// Takes either letter case, with or without `CAP_`; says what is accepted where `text` is not.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let name = text.to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name);
        match name {
            "ALL" => Err("must not be ALL: name each"),
            _ if !(1..=32).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
                Err("must be a capability's name, such as SYS_PTRACE")
            }
            _ => Ok(Self(name.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use bytesize::ByteSize;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn mount(host: &str, container: &str) -> BindMount {
        BindMount {
            host_path: host.into(),
            container_path: container.into(),
            read_only: false,
            propagation: Propagation::Rprivate,
        }
    }

    fn empty() -> ContainerSpec {
        ContainerSpec {
            image: String::new(),
            environment_variables: BTreeMap::new(),
            bind_mounts: Vec::new(),
            work_dir: String::new(),
            slots: 1,
            shm_size: 0,
            memory: None,
            cpus: None,
            add_capabilities: BTreeSet::new(),
            read_only_root: None,
        }
    }

    fn capabilities(names: &[&str]) -> BTreeSet<Capability> {
        names.iter().map(|name| Capability::parse(name).unwrap()).collect()
    }

    #[test]
    fn a_members_own_values_win_over_the_defaults() {
        let defaults = ContainerDefaults {
            bind_mounts: vec![mount("/nfs", "/data"), mount("/scratch", "/scratch")],
            environment_variables: [("A".into(), "default".into()), ("B".into(), "default".into())].into(),
            memory: Some(ByteSize::gib(1)),
            cpus: Some(1.5),
            add_capabilities: capabilities(&["SYS_PTRACE", "IPC_LOCK"]),
            read_only_root: true,
            ..ContainerDefaults::default()
        };
        let spec = ContainerSpec {
            environment_variables: [("A".into(), "own".into())].into(),
            bind_mounts: vec![mount("/own", "//data/.")],
            add_capabilities: capabilities(&["cap_sys_ptrace", "NET_ADMIN"]),
            ..empty()
        };
        let complete = spec.complete(&defaults);
        assert_eq!(complete.image, defaults.image);
        assert_eq!(complete.shm_size, 4 << 30);
        assert_eq!(complete.environment_variables, [("A".into(), "own".into()), ("B".into(), "default".into())].into());
        assert_eq!(complete.bind_mounts, [mount("/scratch", "/scratch"), mount("/own", "//data/.")]);
        assert_eq!((complete.memory, complete.cpus), (Some(1 << 30), Some(1.5)));
        assert_eq!(complete.add_capabilities, capabilities(&["IPC_LOCK", "NET_ADMIN", "SYS_PTRACE"]));
        assert_eq!(complete.read_only_root, Some(true));
        let spec = ContainerSpec { memory: Some(2 << 30), cpus: Some(0.5), read_only_root: Some(false), ..empty() };
        let complete = spec.complete(&defaults);
        let kept = (complete.memory, complete.cpus, complete.read_only_root);
        assert_eq!(kept, (Some(2 << 30), Some(0.5), Some(false)));
    }

    #[test]
    fn nothing_is_limited_and_nothing_added_by_default() {
        let complete = empty().complete(&ContainerDefaults::default());
        assert_eq!((complete.memory, complete.cpus, complete.read_only_root), (None, None, Some(false)));
        assert_eq!(complete.add_capabilities, BTreeSet::new());
    }

    #[test]
    fn capability_names() {
        for (text, name) in [("SYS_PTRACE", "SYS_PTRACE"), ("cap_ipc_lock", "IPC_LOCK"), ("Cap_Bpf", "BPF")] {
            assert_eq!(Capability::parse(text).map(|capability| capability.0), Ok(name.into()));
        }
        for bad in ["", "CAP_", "ALL", "cap_all", "SYS PTRACE", "SYS-PTRACE", "ÄBC", "A1", &"X".repeat(33)] {
            assert!(Capability::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn slashes_and_dots_do_not_change_a_place(parts in vec("[a-z.]{1,3}", 1..5), between in "(/|/\\./|//){1,3}") {
            let path = format!("/{}", parts.join("/"));
            let same = format!("/{}{between}", parts.join(&between));
            prop_assert_eq!(mount("/host", &path).place(), mount("/host", &same).place());
        }
    }

    #[test]
    fn places_are_the_same_however_they_are_written() {
        let place = |path: &str| mount("/host", path).place().into_os_string().into_string().unwrap();
        for path in ["/data", "/data/", "//data", "/./data", "/data/."] {
            assert_eq!(place(path), "/data");
        }
        assert_eq!((place("./data/"), place("data//in"), place("/./")), ("data".into(), "data/in".into(), "/".into()));
    }

    #[test]
    fn a_summary_is_one_line_of_bounded_length() {
        let spec = |argv: &[&str]| CommandSpec {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            container: empty(),
            max_run_time: None,
        };
        assert_eq!(spec(&["sh", "-c", "a\n  b"]).summary(80), "sh -c a b");
        assert_eq!(spec(&["ääää", "bbbb"]).summary(6), "ääää …");
        assert_eq!(spec(&["ääää", "b"]).summary(6), "ääää b");
        assert_eq!(spec(&["a\x1b[31m"]).summary(80), "a [31m");
        assert_eq!(spec(&[" "]).summary(80), "command");
    }
}
