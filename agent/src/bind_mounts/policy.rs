//! Which paths of this machine bind mounts may reach. Pure: it judges the path that was opened, not the one that was
//! asked for, so that no symlink and no `..` leads around it.

use std::path::{Path, PathBuf};

/// The rules.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Nobody may mount these, what is in them, or what contains them; `/` stands for itself alone.
    pub deny: Vec<PathBuf>,
    /// The agent's own directory and Docker's, under the same rule, whatever the configuration says.
    pub own: Vec<PathBuf>,
    /// Unless empty: only these and what is in them.
    pub allow: Vec<PathBuf>,
    /// Whether tasks that run as root may have bind mounts.
    pub allow_root: bool,
}

/// Which rule refuses a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Tasks that run as root have none.
    Root,
    /// It is no path of a file system, but a socket or the like.
    NoPath,
    /// An entry of the list of denied ones.
    Deny(PathBuf),
    /// The agent's own, or Docker's.
    Own(PathBuf),
    /// There is a list of allowed ones, and it is in none.
    Allow,
}

impl Policy {
    /// Whether a task that runs as `uid` may have `opened`, an absolute path without symlinks.
    pub fn check(&self, uid: u32, opened: &Path) -> Result<(), Rule> {
        let touched = |denied: &[PathBuf]| denied.iter().find(|denied| touches(denied, opened)).cloned();
        if uid == 0 && !self.allow_root {
            return Err(Rule::Root);
        }
        if !opened.is_absolute() {
            return Err(Rule::NoPath);
        }
        if let Some(own) = touched(&self.own) {
            return Err(Rule::Own(own));
        }
        if let Some(denied) = touched(&self.deny) {
            return Err(Rule::Deny(denied));
        }
        if !self.allow.is_empty() && !self.allow.iter().any(|allowed| opened.starts_with(allowed)) {
            return Err(Rule::Allow);
        }
        Ok(())
    }
}

/// Equal to, inside or containing a denied one.
fn touches(denied: &Path, opened: &Path) -> bool {
    let inside = denied != Path::new("/") && opened.starts_with(denied);
    inside || denied.starts_with(opened)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::config::BindMounts;

    fn paths(text: &str) -> Vec<PathBuf> {
        text.split_whitespace().map(PathBuf::from).collect()
    }

    fn check(policy: &Policy, uid: u32, opened: &str, expected: Expect) {
        let verdict = |path: &PathBuf| format!("{}: {:?}", path.display(), policy.check(uid, path));
        expected.assert_eq(&paths(opened).iter().map(verdict).collect::<Vec<_>>().join("\n"));
    }

    fn denying(deny: &str) -> Policy {
        Policy { deny: paths(deny), allow_root: true, ..Policy::default() }
    }

    #[test]
    fn equal_inside_and_containing() {
        check(
            &denying("/a/b"),
            1000,
            "/a/b /a/b/c /a / /a/bc /a/c /b",
            expect![[r#"
                /a/b: Err(Deny("/a/b"))
                /a/b/c: Err(Deny("/a/b"))
                /a: Err(Deny("/a/b"))
                /: Err(Deny("/a/b"))
                /a/bc: Ok(())
                /a/c: Ok(())
                /b: Ok(())"#]],
        );
    }

    #[test]
    fn the_root_denies_only_itself() {
        check(
            &denying("/"),
            1000,
            "/ /srv",
            expect![[r#"
                /: Err(Deny("/"))
                /srv: Ok(())"#]],
        );
    }

    #[test]
    fn the_default_leaves_data_and_keeps_the_system() {
        let deny = BindMounts::default().deny.iter().map(|path| path.as_ref().to_owned()).collect();
        let policy = Policy { deny, allow_root: true, ..Policy::default() };
        check(
            &policy,
            0,
            "/srv/pedl-quickstart /tmp/pedl-test-x/data /home/ada /home /mnt/nfs /data /opt/data /var/tmp /media/disk",
            expect![[r#"
                /srv/pedl-quickstart: Ok(())
                /tmp/pedl-test-x/data: Ok(())
                /home/ada: Ok(())
                /home: Ok(())
                /mnt/nfs: Ok(())
                /data: Ok(())
                /opt/data: Ok(())
                /var/tmp: Ok(())
                /media/disk: Ok(())"#]],
        );
        check(
            &policy,
            0,
            "/ /etc/passwd /root/.ssh /run/docker.sock /proc/1/root /sys/fs /usr/bin/su /usr /var /var/lib /var/spool/cron \
             /var/lib/pedl/pedl.db /dev/sda /boot /lib/modules /bin/sh",
            expect![[r#"
                /: Err(Deny("/"))
                /etc/passwd: Err(Deny("/etc"))
                /root/.ssh: Err(Deny("/root"))
                /run/docker.sock: Err(Deny("/run"))
                /proc/1/root: Err(Deny("/proc"))
                /sys/fs: Err(Deny("/sys"))
                /usr/bin/su: Err(Deny("/usr"))
                /usr: Err(Deny("/usr"))
                /var: Err(Deny("/var/lib/containerd"))
                /var/lib: Err(Deny("/var/lib/containerd"))
                /var/spool/cron: Err(Deny("/var/spool"))
                /var/lib/pedl/pedl.db: Err(Deny("/var/lib/pedl"))
                /dev/sda: Err(Deny("/dev"))
                /boot: Err(Deny("/boot"))
                /lib/modules: Err(Deny("/lib"))
                /bin/sh: Err(Deny("/bin"))"#]],
        );
    }

    #[test]
    fn the_agents_own_is_denied_whatever_is_configured() {
        let own = Policy { own: paths("/data/agent"), allow: paths("/data"), allow_root: true, ..Policy::default() };
        check(
            &own,
            0,
            "/data/agent/tasks /data /data/ada",
            expect![[r#"
                /data/agent/tasks: Err(Own("/data/agent"))
                /data: Err(Own("/data/agent"))
                /data/ada: Ok(())"#]],
        );
    }

    #[test]
    fn a_list_of_allowed_ones_refuses_the_rest_and_lifts_no_denial() {
        let policy = Policy { allow: paths("/data /etc"), ..denying("/etc /data/private") };
        check(
            &policy,
            1000,
            "/data/x /data /data/private/x /etc/ssl /srv /database",
            expect![[r#"
                /data/x: Ok(())
                /data: Err(Deny("/data/private"))
                /data/private/x: Err(Deny("/data/private"))
                /etc/ssl: Err(Deny("/etc"))
                /srv: Err(Allow)
                /database: Err(Allow)"#]],
        );
    }

    #[test]
    fn root_may_be_kept_out() {
        let policy = Policy { allow_root: false, ..denying("/etc") };
        check(&policy, 0, "/srv", expect!["/srv: Err(Root)"]);
        check(&policy, 1, "/srv", expect!["/srv: Ok(())"]);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        check(&denying("/"), 1000, "socket:[4711]", expect!["socket:[4711]: Err(NoPath)"]);
    }
}
