//! Whom a task runs as, and the passwd and group files that make the name resolve in any image.
//! Knows nothing of Docker.

use std::path::{Path, PathBuf};

use pedl_proto::v1::AgentUser;

/// A Unix user and group on the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    /// The user's id.
    pub uid: u32,
    /// The user's name.
    pub user: String,
    /// The group's id.
    pub gid: u32,
    /// The group's name.
    pub group: String,
    /// The ids of the further groups that it is in.
    pub supplementary_gids: Vec<u32>,
    /// What its processes take away from the permissions of the files that they make; none: as the image's programs do.
    pub umask: Option<u32>,
}

/// What of an image the identity of its tasks is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFiles {
    /// `/etc/passwd`; empty where the image has none.
    pub passwd: Vec<u8>,
    /// `/etc/group`; empty where the image has none.
    pub group: Vec<u8>,
    /// Whether it has `/bin/bash`.
    pub has_bash: bool,
}

impl TryFrom<AgentUser> for RunAs {
    type Error = String;

    fn try_from(link: AgentUser) -> Result<Self, String> {
        let AgentUser { uid, user, gid, group, supplementary_gids, umask } = link;
        Ok(Self {
            uid: id(uid)?,
            user: name(user)?,
            gid: id(gid)?,
            group: name(group)?,
            supplementary_gids: supplementary_gids.into_iter().map(id).collect::<Result<_, _>>()?,
            umask: umask.map(mask).transpose()?,
        })
    }
}

fn mask(umask: i32) -> Result<u32, String> {
    match u32::try_from(umask) {
        Ok(umask) if umask <= 0o777 => Ok(umask),
        _ => Err(format!("{umask} is no umask: 0 to 511, which is 0777 in octal")),
    }
}

/// Docker takes larger ids at create and fails at start.
fn id(id: i64) -> Result<u32, String> {
    match i32::try_from(id) {
        Ok(id) if id >= 0 => Ok(id.unsigned_abs()),
        _ => Err(format!("{id} is no id of a user or group: 0 to {}", i32::MAX)),
    }
}

/// The master has checked names; these are lines of passwd and part of a path, so nothing is left to trust.
fn name(name: String) -> Result<String, String> {
    let bad = |c: char| c.is_control() || c.is_whitespace() || ":/,".contains(c);
    if name.is_empty() || name.starts_with(['.', '-', '+']) || name.contains(bad) {
        return Err(format!("{name:?} is no name of a user or group: link the account with another"));
    }
    Ok(name)
}

impl RunAs {
    /// The home directory in the container.
    pub fn home(&self) -> PathBuf {
        match self.uid {
            0 => "/root".into(),
            _ => Path::new("/home").join(&self.user),
        }
    }

    /// As Docker's `user` wants it.
    pub fn ids(&self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// The task's `/etc/passwd`: the user's entry, and those of the image with another name and another id.
    pub fn passwd(&self, image: &ImageFiles) -> Vec<u8> {
        let shell = if image.has_bash { "/bin/bash" } else { "/bin/sh" };
        let Self { uid, user, gid, .. } = self;
        let own = format!("{user}:x:{uid}:{gid}:{user}:{home}:{shell}", home = self.home().display());
        over(&[own], &lines(&image.passwd).collect::<Vec<_>>())
    }

    /// The task's `/etc/group`, made the same way; of its groups the user is a member, and of no other. A supplementary
    /// group is called as the machine calls it (`on_host`), else as the image does.
    pub fn group(&self, image: &ImageFiles, on_host: impl Fn(u32) -> Option<String>) -> Vec<u8> {
        let image: Vec<_> = lines(&image.group).map(|line| without_member(line, &self.user)).collect();
        let in_image =
            |gid: u32| image.iter().find(|line| field(line, 2) == gid.to_string()).map(|line| field(line, 0));
        let mut own = vec![format!("{}:x:{}:", self.group, self.gid)];
        for gid in &self.supplementary_gids {
            let free =
                |wanted: &String| name(wanted.clone()).is_ok() && own.iter().all(|line| field(line, 0) != wanted);
            let named = on_host(*gid).filter(free).or_else(|| in_image(*gid).map(str::to_owned).filter(free));
            own.push(format!("{}:x:{gid}:{}", named.unwrap_or_else(|| format!("group{gid}")), self.user));
        }
        over(&own, &image.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What is not UTF-8 names nobody that PEDL knows.
fn lines(file: &[u8]) -> impl Iterator<Item = &str> {
    file.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()).filter(|line| !line.is_empty())
}

fn field(line: &str, n: usize) -> &str {
    line.split(':').nth(n).unwrap_or_default()
}

/// A line of `/etc/group` (group(5)) whose members, in field 4, are all but `user`.
fn without_member(line: &str, user: &str) -> String {
    match line.rsplit_once(':') {
        Some((group, members)) if members.split(',').any(|member| member == user) => {
            let others: Vec<_> = members.split(',').filter(|member| *member != user).collect();
            format!("{group}:{}", others.join(","))
        }
        Some(_) | None => line.to_owned(),
    }
}

/// The lines of `own`, and those of `image` that share neither a name (field 1) nor an id (field 3) with any of them.
fn over(own: &[String], image: &[&str]) -> Vec<u8> {
    let shared = |line: &str| own.iter().any(|own| field(own, 0) == field(line, 0) || field(own, 2) == field(line, 2));
    let kept = image.iter().copied().filter(|line| !shared(line));
    own.iter().map(String::as_str).chain(kept).flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `link` is `uid|user|gid|group`, and the supplementary groups, each after another `|`.
    fn run_as(link: &str) -> Result<RunAs, String> {
        let [uid, user, gid, group, more @ ..] = &link.split('|').collect::<Vec<_>>()[..] else { panic!("{link}") };
        let id = |text: &str| text.parse::<i64>().unwrap();
        let supplementary_gids = more.iter().copied().map(id).collect();
        let (uid, gid, user, group) = (id(uid), id(gid), (*user).into(), (*group).into());
        AgentUser { uid, user, gid, group, supplementary_gids, umask: None }.try_into()
    }

    /// The machine's groups.
    fn on_host(gid: u32) -> Option<String> {
        let name = match gid {
            70 => "ml",
            71 => "users",
            72 => "domain users",
            _ => return None,
        };
        Some(name.into())
    }

    fn check(link: &str, image: &ImageFiles, expected: Expect) {
        expected.assert_eq(&match run_as(link) {
            Err(error) => error,
            Ok(run_as) => {
                let text = |bytes| String::from_utf8(bytes).unwrap();
                format!("{}--\n{}", text(run_as.passwd(image)), text(run_as.group(image, on_host)))
            }
        });
    }

    fn debian() -> ImageFiles {
        ImageFiles {
            passwd: b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\nubuntu:x:1000:1000::/home/ubuntu:/bin/sh".into(),
            group: b"root:x:0:\nstaff:x:50:ubuntu\nubuntu:x:1000:\n".into(),
            has_bash: true,
        }
    }

    #[test]
    fn an_image_without_files() {
        check(
            "1234|alice|100|users",
            &ImageFiles::default(),
            expect![[r#"
            alice:x:1234:100:alice:/home/alice:/bin/sh
            --
            users:x:100:
        "#]],
        );
        check(
            "0|root|0|root",
            &ImageFiles::default(),
            expect![[r#"
            root:x:0:0:root:/root:/bin/sh
            --
            root:x:0:
        "#]],
        );
    }

    #[test]
    fn the_users_entries_win() {
        check(
            "1234|alice|100|users",
            &debian(),
            expect![[r#"
            alice:x:1234:100:alice:/home/alice:/bin/bash
            root:x:0:0:root:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            ubuntu:x:1000:1000::/home/ubuntu:/bin/sh
            --
            users:x:100:
            root:x:0:
            staff:x:50:ubuntu
            ubuntu:x:1000:
        "#]],
        );
        // Same id, other name; same name, other id.
        check(
            "1000|alice|50|ubuntu",
            &debian(),
            expect![[r#"
            alice:x:1000:50:alice:/home/alice:/bin/bash
            root:x:0:0:root:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            --
            ubuntu:x:50:
            root:x:0:
        "#]],
        );
        check(
            "0|root|0|root",
            &debian(),
            expect![[r#"
            root:x:0:0:root:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            ubuntu:x:1000:1000::/home/ubuntu:/bin/sh
            --
            root:x:0:
            staff:x:50:ubuntu
            ubuntu:x:1000:
        "#]],
        );
    }

    #[test]
    fn supplementary_groups_have_the_machines_names_where_these_are_free() {
        let image = ImageFiles {
            group: b"root:x:0:\ncuda:x:70:\nusers:x:100:alice,bob\nvideo:x:44:alice\ngames:x:72:bob\nteam:x:5:\n"
                .into(),
            ..debian()
        };
        check(
            "1234|alice|2000|team|70|71|72|73",
            &image,
            expect![[r#"
            alice:x:1234:2000:alice:/home/alice:/bin/bash
            root:x:0:0:root:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            ubuntu:x:1000:1000::/home/ubuntu:/bin/sh
            --
            team:x:2000:
            ml:x:70:alice
            users:x:71:alice
            games:x:72:alice
            group73:x:73:alice
            root:x:0:
            video:x:44:
        "#]],
        );
        check(
            "1234|alice|2000|users|71|5",
            &image,
            expect![[r#"
            alice:x:1234:2000:alice:/home/alice:/bin/bash
            root:x:0:0:root:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            ubuntu:x:1000:1000::/home/ubuntu:/bin/sh
            --
            users:x:2000:
            group71:x:71:alice
            team:x:5:alice
            root:x:0:
            cuda:x:70:
            video:x:44:
            games:x:72:bob
        "#]],
        );
        check("1|a|1|a|-1", &image, expect!["-1 is no id of a user or group: 0 to 2147483647"]);
    }

    #[test]
    fn uid_0_lives_in_root_whatever_its_name() {
        check(
            "0|toor|0|root",
            &debian(),
            expect![[r#"
            toor:x:0:0:toor:/root:/bin/bash
            nobody:x:65534:65534::/:/bin/false
            ubuntu:x:1000:1000::/home/ubuntu:/bin/sh
            --
            root:x:0:
            staff:x:50:ubuntu
            ubuntu:x:1000:
        "#]],
        );
        check(
            "7|root|7|root",
            &ImageFiles::default(),
            expect![[r#"
            root:x:7:7:root:/home/root:/bin/sh
            --
            root:x:7:
        "#]],
        );
    }

    #[test]
    fn odd_lines_of_the_image_survive() {
        let image = ImageFiles { passwd: b"# made by hand\n\n+::::::\nbad line\n".into(), ..ImageFiles::default() };
        check(
            "1|a|1|a",
            &image,
            expect![[r#"
            a:x:1:1:a:/home/a:/bin/sh
            # made by hand
            +::::::
            bad line
            --
            a:x:1:
        "#]],
        );
    }

    #[test]
    fn nobody_smuggles_an_entry() {
        check(
            "1|a:x:0|1|a",
            &debian(),
            expect![[r#""a:x:0" is no name of a user or group: link the account with another"#]],
        );
        check(
            "1|a\nroot:x:0:0|1|a",
            &debian(),
            expect![[r#""a\nroot:x:0:0" is no name of a user or group: link the account with another"#]],
        );
        check("1|..|1|a", &debian(), expect![[r#"".." is no name of a user or group: link the account with another"#]]);
        check(
            "1|a/b|1|a",
            &debian(),
            expect![[r#""a/b" is no name of a user or group: link the account with another"#]],
        );
        check("1|a|1|", &debian(), expect![[r#""" is no name of a user or group: link the account with another"#]]);
        check("-1|a|1|a", &debian(), expect!["-1 is no id of a user or group: 0 to 2147483647"]);
        check("1|a|2147483648|a", &debian(), expect!["2147483648 is no id of a user or group: 0 to 2147483647"]);
    }
}
