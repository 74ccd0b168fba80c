//! What a container may be, whether a member asks for it or the configuration gives it to all.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::spec::{BindMount, Propagation};
use crate::error::Violation;

const MAX_IMAGE: usize = 512;
const MAX_PATH: usize = 4096;
const MAX_BIND_MOUNTS: usize = 64;

/// In bytes; Docker takes no less.
const MIN_MEMORY: u64 = 6 << 20;

/// Docker takes no less than 0.01.
const CPUS: RangeInclusive<f64> = 0.01..=4096.0;

/// The parts of a container that are bounded.
pub struct Parts<'a> {
    pub image: &'a str,
    pub environment_variables: &'a BTreeMap<String, String>,
    pub bind_mounts: &'a [BindMount],
    pub memory: Option<u64>,
    pub cpus: Option<f64>,
}

impl Parts<'_> {
    /// What is out of its bounds.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Found(Vec::new());
        found.check_image(self.image);
        for (name, value) in self.environment_variables {
            found.check_variable(name, value);
        }
        found.check_bind_mounts(self.bind_mounts);
        let enough = self.memory.is_none_or(|bytes| bytes >= MIN_MEMORY);
        found.check(enough, "memory", format!("must be at least 6MiB ({MIN_MEMORY} bytes)"));
        let (least, most) = (CPUS.start(), CPUS.end());
        let bounded = self.cpus.is_none_or(|cpus| CPUS.contains(&cpus));
        found.check(bounded, "cpus", format!("must be {least} to {most}"));
        found.0
    }
}

struct Found(Vec<Violation>);

impl Found {
    fn check(&mut self, good: bool, field: impl Into<String>, description: impl Into<String>) {
        if !good {
            self.0.push(Violation { field: field.into(), description: description.into() });
        }
    }

    fn check_image(&mut self, image: &str) {
        let plain = image.len() <= MAX_IMAGE && !image.contains(|c: char| c.is_whitespace() || c.is_control());
        let description = format!("must be an image's name, without spaces, of at most {MAX_IMAGE} characters");
        self.check(plain, "image", description);
    }

    /// Says nothing of the value, which may be a secret.
    fn check_variable(&mut self, name: &str, value: &str) {
        let good = !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
        let field = format!("environment_variables[{name:?}]");
        self.check(good, field, "must have a name without `=`, and no NUL characters");
    }

    fn check_bind_mounts(&mut self, mounts: &[BindMount]) {
        if mounts.len() > MAX_BIND_MOUNTS {
            return self.check(false, "bind_mounts", format!("must be at most {MAX_BIND_MOUNTS}"));
        }
        let places: Vec<PathBuf> = mounts.iter().map(BindMount::place).collect();
        for (i, mount) in mounts.iter().enumerate() {
            let BindMount { host_path, container_path, read_only, propagation } = mount;
            let field = |name: &str| format!("bind_mounts[{i}].{name}");
            self.check(is_absolute(host_path), field("host_path"), "must be an absolute path on the agent's host");
            let inside = is_path(container_path) && places[i] != Path::new("/");
            self.check(inside, field("container_path"), "must be a path in the container other than `/`");
            let twice = places[..i].contains(&places[i]);
            self.check(!twice, field("container_path"), format!("`{container_path}` is mounted twice"));
            self.check(
                !read_only || *propagation == Propagation::Rprivate,
                field("propagation"),
                "must be rprivate where the mount is read-only: what the host mounts later would be writable",
            );
        }
    }
}

pub fn is_absolute(path: &str) -> bool {
    path.starts_with('/') && is_path(path)
}

fn is_path(path: &str) -> bool {
    !path.is_empty() && path.len() <= MAX_PATH && !path.contains('\0')
}
