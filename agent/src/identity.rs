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
}

/// What of an image the identity of its tasks is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageFiles {
    /// `/etc/passwd`; empty where the image has none.
    pub passwd: Vec<u8>,
    /// `/etc/group`; empty where the image has none.
    pub group: Vec<u8>,
    /// Whether there is a `/bin/bash`.
    pub bash: bool,
}

impl TryFrom<AgentUser> for RunAs {
    type Error = String;

    fn try_from(link: AgentUser) -> Result<Self, String> {
        Ok(Self { uid: id(link.uid)?, user: name(link.user)?, gid: id(link.gid)?, group: name(link.group)? })
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
        let shell = if image.bash { "/bin/bash" } else { "/bin/sh" };
        let Self { uid, user, gid, .. } = self;
        let own = format!("{user}:x:{uid}:{gid}:{user}:{home}:{shell}\n", home = self.home().display());
        over(&own, &image.passwd)
    }

    /// The task's `/etc/group`, made the same way.
    pub fn group(&self, image: &ImageFiles) -> Vec<u8> {
        over(&format!("{}:x:{}:\n", self.group, self.gid), &image.group)
    }
}

/// `own`, and the lines of `image` that share neither its name (field 1) nor its id (field 3).
fn over(own: &str, image: &[u8]) -> Vec<u8> {
    let field = |line: &[u8], n: usize| line.split(|byte| *byte == b':').nth(n).map(<[u8]>::to_vec);
    let (name, id) = (field(own.as_bytes(), 0), field(own.as_bytes(), 2));
    let mut file = own.as_bytes().to_vec();
    for line in image.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if field(line, 0) != name && field(line, 2) != id {
            file.extend_from_slice(line);
            file.push(b'\n');
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `link` is `uid:user:gid:group`.
    fn run_as(link: &str) -> Result<RunAs, String> {
        let [uid, user, gid, group] = link.split('|').collect::<Vec<_>>().try_into().unwrap();
        let (uid, gid) = (uid.parse().unwrap(), gid.parse().unwrap());
        AgentUser { uid, user: user.into(), gid, group: group.into(), ..AgentUser::default() }.try_into()
    }

    fn check(link: &str, image: &ImageFiles, expected: Expect) {
        expected.assert_eq(&match run_as(link) {
            Err(error) => error,
            Ok(run_as) => {
                let text = |bytes| String::from_utf8(bytes).unwrap();
                format!("{}--\n{}", text(run_as.passwd(image)), text(run_as.group(image)))
            }
        });
    }

    fn debian() -> ImageFiles {
        ImageFiles {
            passwd: b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\nubuntu:x:1000:1000::/home/ubuntu:/bin/sh".into(),
            group: b"root:x:0:\nstaff:x:50:ubuntu\nubuntu:x:1000:\n".into(),
            bash: true,
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
