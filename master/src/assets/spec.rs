//! What an asset runs: its specification, and how the cluster's defaults complete it. The store keeps specs as
//! JSON, so a field may be added with a default, and none may change its meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::ContainerDefaults;

/// A program to run once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CommandSpec {
    pub argv: Vec<String>,
    pub container: ContainerSpec,
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
}

impl ContainerSpec {
    /// Fills in what was left empty. Of two values for a variable or a container path, the member's own wins.
    pub fn complete(mut self, defaults: &ContainerDefaults) -> Self {
        if self.image.is_empty() {
            self.image.clone_from(&defaults.image);
        }
        if self.shm_size == 0 {
            self.shm_size = defaults.shm_size.as_u64();
        }
        for (name, value) in &defaults.environment_variables {
            self.environment_variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let is_own = |mount: &&BindMount| self.bind_mounts.iter().any(|own| own.container_path == mount.container_path);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(host: &str, container: &str) -> BindMount {
        BindMount { host_path: host.into(), container_path: container.into(), read_only: false }
    }

    #[test]
    fn a_members_own_values_win_over_the_defaults() {
        let defaults = ContainerDefaults {
            bind_mounts: vec![mount("/nfs", "/data"), mount("/scratch", "/scratch")],
            environment_variables: [("A".into(), "default".into()), ("B".into(), "default".into())].into(),
            ..ContainerDefaults::default()
        };
        let spec = ContainerSpec {
            image: String::new(),
            environment_variables: [("A".into(), "own".into())].into(),
            bind_mounts: vec![mount("/own", "/data")],
            work_dir: String::new(),
            slots: 1,
            shm_size: 0,
        };
        let complete = spec.complete(&defaults);
        assert_eq!(complete.image, defaults.image);
        assert_eq!(complete.shm_size, 4 << 30);
        assert_eq!(complete.environment_variables, [("A".into(), "own".into()), ("B".into(), "default".into())].into());
        assert_eq!(complete.bind_mounts, [mount("/scratch", "/scratch"), mount("/own", "/data")]);
    }

    #[test]
    fn a_summary_is_one_line_of_bounded_length() {
        let spec = |argv: &[&str]| CommandSpec {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            container: ContainerSpec {
                image: String::new(),
                environment_variables: BTreeMap::new(),
                bind_mounts: Vec::new(),
                work_dir: String::new(),
                slots: 1,
                shm_size: 0,
            },
        };
        assert_eq!(spec(&["sh", "-c", "a\n  b"]).summary(80), "sh -c a b");
        assert_eq!(spec(&["ääää", "bbbb"]).summary(6), "ääää …");
        assert_eq!(spec(&["ääää", "b"]).summary(6), "ääää b");
        assert_eq!(spec(&["a\x1b[31m"]).summary(80), "a [31m");
        assert_eq!(spec(&[" "]).summary(80), "command");
    }
}
