//! Every kind of user, in every kind of image, with every kind of bind mount: a task gets at what the machine itself
//! lets its user get at (setpriv(1) and test(1) are asked), and at nothing else.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use integration_tests::{BUSYBOX, Cluster, Settings, TASK, Tmpfs, eventually, image, owner};
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

/// A group that has a directory of its own.
const LAB: u32 = 2345;

/// A member, and whom the member's tasks run as.
#[derive(Clone, Copy)]
struct Who {
    name: &'static str,
    user: &'static str,
    uid: u32,
    gid: u32,
    group: &'static str,
    more: &'static [u32],
}

const UNLINKED: Who = Who { name: "una", user: "root", uid: 0, gid: 0, group: "root", more: &[] };
const LINKED: Who = Who { name: "ada", user: "ada", uid: 1234, gid: LAB, group: "lab", more: &[] };
const RELINKED: Who = Who { name: "rea", user: "rea", uid: 1236, gid: 1236, group: "rea", more: &[] };
const SUPPLEMENTARY: Who = Who { name: "sue", user: "sue", uid: 1237, gid: 1237, group: "sue", more: &[LAB] };
const EVERYBODY: [Who; 4] = [UNLINKED, LINKED, RELINKED, SUPPLEMENTARY];

impl Who {
    /// Whether the machine itself lets the user do that: `test -r PATH` and the like.
    fn may(&self, what: &str, path: &Path) -> bool {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid", &self.uid.to_string(), "--regid", &self.gid.to_string()]);
        match self.more {
            [] => setpriv.arg("--clear-groups"),
            more => setpriv.arg("--groups").arg(list(more)),
        };
        setpriv.args(["test", what]).arg(path).status().unwrap().success()
    }

    fn link(&self, cluster: &Cluster) {
        let (uid, gid) = (self.uid.to_string(), self.gid.to_string());
        let mut link = vec!["-u", "admin", "user", "link-with-agent-user", self.name, "--agent-uid", &uid];
        link.extend(["--agent-user", self.user, "--agent-gid", &gid, "--agent-group", self.group]);
        let more = list(self.more);
        if !self.more.is_empty() {
            link.extend(["--agent-groups", &more]);
        }
        cluster.pedl(&link).ok();
    }

    /// What `id` and the like say. A group that only its number is known of is called as the image calls it.
    fn identity(&self, lab_in_image: &str) -> String {
        let Self { user, uid, gid, group, more, .. } = self;
        let of = |gid: &u32| format!(",{gid}({lab_in_image})");
        let home = if *uid == 0 { "/root".to_owned() } else { format!("/home/{user}") };
        let more: String = more.iter().map(of).collect();
        format!(
            "{user}|uid={uid}({user}) gid={gid}({group}) groups={gid}({group}){more}|{home} {home}|{uid}:{gid} 700|in"
        )
    }
}

fn list(gids: &[u32]) -> String {
    gids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// An image, or a way to run one.
struct Image {
    name: &'static str,
    reference: String,
    read_only_root: bool,
    /// What it calls the group [`LAB`], where the machine has no name for it.
    lab: &'static str,
}

fn images() -> Vec<Image> {
    let clashing = image(
        "clashing",
        "FROM pedl-test/busybox:1
         RUN mkdir -p /etc && echo 'ada:x:999:999::/nowhere:/bin/false' >/etc/passwd && \
             echo 'other:x:1234:7::/other:/bin/false' >>/etc/passwd && \
             echo 'lab:x:77:ada' >/etc/group && echo 'docker:x:2345:rea' >>/etc/group && echo 'wheel:x:10:sue' >>/etc/group
         USER other
         ENTRYPOINT [\"/bin/false\"]
         LABEL pedl.gpus=0 pedl.task=x
         VOLUME /data",
    );
    let links = image(
        "links",
        "FROM pedl-test/busybox:1
         RUN mkdir -p /etc /static/etc && echo 'daemon:x:1:1::/:/bin/sh' >/static/etc/passwd && \
             echo 'daemon:x:1:' >/static/etc/group && ln -s /static/etc/passwd /etc/passwd && \
             ln -s ../static/etc/group /etc/group",
    );
    let new = |name, reference, read_only_root, lab| Image { name, reference, read_only_root, lab };
    vec![
        new("task", TASK.into(), false, "group2345"),
        new("bare", BUSYBOX.into(), false, "group2345"),
        new("clashing", clashing, false, "docker"),
        new("unchangeable", BUSYBOX.into(), true, "group2345"),
        new("links", links, false, "group2345"),
    ]
}

/// A host path that is mounted, and what the agent says to it beside the machine.
struct Source {
    path: PathBuf,
    read_only: bool,
    denied: bool,
}

/// A directory with a file `hello`, both with these permissions.
fn dir(cluster: &Cluster, name: &str, (uid, gid): (u32, u32), mode: u32) -> PathBuf {
    let path = cluster.shared_dir(name, uid, gid);
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    let hello = path.join("hello");
    fs::write(&hello, "hello\n").unwrap();
    chown(&hello, Some(uid), Some(gid)).unwrap();
    fs::set_permissions(&hello, Permissions::from_mode(mode & 0o666)).unwrap();
    path
}

/// What a member mounts, by name. What is not `denied` goes by the machine's own word.
fn sources(cluster: &Cluster, who: Who) -> (BTreeMap<&'static str, Source>, Tmpfs) {
    let named = |name: &str| format!("{name}-{}", who.name);
    let own = dir(cluster, &named("own"), (who.uid, who.gid), 0o700);
    let nested = dir(cluster, &named("nested"), (who.uid, who.gid), 0o755);
    fs::create_dir(nested.join("below")).unwrap();
    let options = format!("mode=700,size=1m,uid={},gid={}", who.uid, who.gid);
    let below = Tmpfs::mount(nested.join("below"), &options);
    fs::write(nested.join("below/hello"), "hello\n").unwrap();
    chown(nested.join("below/hello"), Some(who.uid), Some(who.gid)).unwrap();
    let link = |name: &str, to: &Path| {
        let link = cluster.path(&named(name));
        symlink(to, &link).unwrap();
        link
    };
    let source = |path: PathBuf, read_only, denied| Source { path, read_only, denied };
    let theirs = |path: PathBuf| source(path, false, false);
    let denied = |path: PathBuf| source(path, false, true);
    let sources = [
        ("own", theirs(own.clone())),
        ("others", theirs(cluster.path("others"))),
        ("group", theirs(cluster.path("group"))),
        ("public", theirs(cluster.path("public"))),
        ("read-only", source(own.clone(), true, false)),
        ("nested", theirs(nested.clone())),
        ("nested-read-only", source(nested, true, false)),
        ("file", theirs(own.join("hello"))),
        ("link-to-own", theirs(link("link", &own))),
        ("link-to-others", theirs(link("to-others", &cluster.path("others")))),
        ("link-to-etc", denied(link("to-etc", Path::new("/etc")))),
        ("root", denied("/".into())),
        ("etc", denied("/etc".into())),
        ("docker-socket", denied("/var/run/docker.sock".into())),
        ("up-to-etc", denied(own.join("../../../../../../etc"))),
        ("agent", denied(cluster.path("agent0"))),
        ("absent", denied(own.join("absent"))),
    ];
    (sources.into(), below)
}

impl Source {
    /// Whether the agent is to open it.
    fn opens_for(&self, who: Who) -> bool {
        let enters = if self.path.is_dir() { who.may("-x", &self.path) } else { who.may("-r", &self.path) };
        !self.denied && enters
    }

    /// What a task is to be able to do: read it, write it, and the same below it.
    fn expected(&self, who: Who) -> String {
        if !self.opens_for(who) {
            return "refused".into();
        }
        let rights = |path: &Path| {
            let right = |what: &'static str| if who.may(what, path) { &what[1..] } else { "-" };
            format!("{}{}", right("-r"), if self.read_only { "-" } else { right("-w") })
        };
        let places = ["", "hello", "below", "below/hello"].map(|place| self.path.join(place));
        let there: Vec<_> = places.iter().filter(|place| fs::symlink_metadata(place).is_ok()).collect();
        // `join("")` ends a file's name with a slash.
        let there = if self.path.is_dir() { there } else { vec![&self.path] };
        there.into_iter().map(|place| rights(place)).collect::<Vec<_>>().join(" ")
    }
}

/// Tries what can be done: by doing it, and not by asking.
const TRIES: &str = r#"
try() {
    if [ -d "$1" ]; then ls "$1" >/dev/null 2>&1; else cat "$1" >/dev/null 2>&1; fi && printf r || printf -
    if [ -d "$1" ]; then echo >"$1/by-$2"; else echo hello >>"$1"; fi 2>/dev/null && printf w || printf -
}
for source; do
    printf '%s' "$source"
    for place in "" /hello /below /below/hello; do
        [ "$place" ] && ! [ -e "/mnt/$source$place" ] || { printf ' '; try "/mnt/$source$place" "$MEMBER"; }
    done
    echo
done
"#;

/// `groups` agrees with `id`, and `getent`, where there is one, with both.
const IDENTITY: &str = r#"
set -e
[ "$(id -Gn)" = "$(groups)" ] && [ "$(id -G | tr ' ' '\n' | sort)" = "$(id -G $(whoami) | tr ' ' '\n' | sort)" ]
! type getent >/dev/null 2>&1 || [ "$(getent passwd $(id -u) | cut -d: -f1,6)" = "$(whoami):$HOME" ]
echo in >~/x
echo "$(whoami)|$(id $(whoami))|$(echo ~) $HOME|$(stat -c '%u:%g %a' ~)|$(cat ~/x)"
"#;

/// A task that was asked for.
struct Asked {
    id: String,
    cell: String,
    expected: String,
}

fn ask(cluster: &Cluster, who: Who, image: &Image, sources: &[(&str, &Source)], script: &str) -> String {
    let mut command = cluster.command(&["-u", who.name, "command", "run", "-d", "--image", &image.reference]);
    if image.read_only_root {
        command.args(["--config", "read_only_root=true"]);
    }
    command.args(["--config", &format!("environment_variables.MEMBER={}-{}", who.name, image.name)]);
    for (name, source) in sources {
        let mode = if source.read_only { ":ro" } else { "" };
        command.arg("-v").arg(format!("{}:/mnt/{name}{mode}", source.path.display()));
    }
    command.args(["--", "sh", "-c", script, "sh"]).args(sources.iter().map(|(name, _)| name));
    integration_tests::outcome(&mut command).ok().trim().to_owned()
}

/// What became of it: its log, or why it did not start.
fn end(cluster: &Cluster, id: &str) -> (String, String) {
    let task = eventually(&format!("the end of {id}"), || {
        let task = cluster.json(&["command", "describe", id]);
        ["COMPLETED", "FAILED"].contains(&task["state"].as_str()?).then_some(task)
    });
    let reason = task["state_reason"].as_str().unwrap_or_default().to_owned();
    let mut logs = cluster.command(&["command", "logs", id]);
    (reason, integration_tests::outcome(&mut logs).stdout)
}

#[test]
fn a_task_gets_at_what_its_user_gets_at() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.member(UNLINKED.name, None);
    LINKED.create_and_link(&cluster);
    SUPPLEMENTARY.create_and_link(&cluster);
    cluster.member(RELINKED.name, Some((LINKED.uid, LINKED.gid)));
    dir(&cluster, "others", (4321, 4321), 0o700);
    dir(&cluster, "group", (0, LAB), 0o2770);
    dir(&cluster, "public", (0, 0), 0o755);
    let swapped = Swapped::new(&cluster);

    let images = images();
    let (mut asked, mut mounted) = (vec![], vec![]);
    let (mut swapping, mut made) = (vec![], vec![]);
    for who in EVERYBODY {
        let (sources, below) = sources(&cluster, who);
        mounted.push(below);
        for image in &images {
            let cell = |name: &str| format!("{} {} {name}", who.name, image.name);
            let id = ask(&cluster, who, image, &[], IDENTITY);
            asked.push(Asked { id, cell: cell("none"), expected: format!("{}\n", who.identity(image.lab)) });

            let open: Vec<_> =
                sources.iter().filter(|(_, source)| source.opens_for(who)).map(|(n, s)| (*n, s)).collect();
            let line = |(name, source): &(&str, &Source)| format!("{name} {}\n", source.expected(who));
            let id = ask(&cluster, who, image, &open, TRIES);
            asked.push(Asked { id, cell: cell("open"), expected: open.iter().map(line).collect() });
            let writable = open.iter().filter(|(_, source)| !source.read_only && source.path.is_dir());
            made.extend(writable.map(|(_, source)| (who, source.path.join(format!("by-{}-{}", who.name, image.name)))));

            for (name, source) in sources.iter().filter(|(_, source)| !source.opens_for(who)) {
                let id = ask(&cluster, who, image, &[(name, source)], TRIES);
                let expected = format!("{} refused to {} (uid {}) on n0", source.path.display(), who.user, who.uid);
                asked.push(Asked { id, cell: cell(name), expected });
            }
            swapping.push(ask(&cluster, who, image, &[("swapped", &swapped.source)], "cat /mnt/swapped/hostname"));
        }
    }
    RELINKED.link(&cluster);

    swapped.while_swapping(|| {
        cluster.start_agent(0);
        let got = |Asked { id, cell, expected }: &Asked| {
            let (reason, log) = end(&cluster, id);
            // All that is told, in whatever words.
            let told = expected.split_once(" refused to ").is_some_and(|(path, rest)| {
                let (user, agent) = rest.split_once(" on ").unwrap();
                [path, user, &format!("agent {agent}")].iter().all(|part| reason.contains(part)) && log.is_empty()
            });
            let got = if told { expected.clone() } else { format!("{reason}{log}") };
            (format!("{cell}: {got}"), format!("{cell}: {expected}"))
        };
        let (got, expected): (Vec<_>, Vec<_>) = asked.iter().map(got).unzip();
        assert_eq!(got.join("\n"), expected.join("\n"));
        for id in &swapping {
            let (reason, log) = end(&cluster, id);
            let refused = reason.contains("which is /etc, is refused") && log.is_empty();
            assert!(refused || log == "everybody's\n", "{reason:?} {log:?}");
        }
    });
    for (who, file) in made.iter().filter(|(_, file)| file.exists()) {
        let group = if file.starts_with(cluster.path("group")) { LAB } else { who.gid };
        assert_eq!(owner(file), (who.uid, group), "{}", file.display());
    }
    assert!(!cluster.path("own-ada/absent").exists(), "nothing is made on the machine");
}

impl Who {
    fn create_and_link(&self, cluster: &Cluster) {
        cluster.member(self.name, None);
        self.link(cluster);
    }
}

/// A directory that everybody reads, whose name means /etc every other moment.
struct Swapped {
    source: Source,
    other: PathBuf,
}

impl Swapped {
    fn new(cluster: &Cluster) -> Self {
        let path = dir(cluster, "swapped", (0, 0), 0o755);
        fs::write(path.join("hostname"), "everybody's\n").unwrap();
        let other = cluster.path("swapped-with");
        symlink("/etc", &other).unwrap();
        Self { source: Source { path, read_only: false, denied: false }, other }
    }

    fn while_swapping(&self, act: impl FnOnce()) {
        let over = AtomicBool::new(false);
        /// However the rest goes: a scope waits for its threads.
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let (here, there) = (&self.source.path, &self.other);
                    renameat2(AT_FDCWD, here, AT_FDCWD, there, RenameFlags::RENAME_EXCHANGE).unwrap();
                    std::thread::sleep(Duration::from_micros(50));
                }
            });
            let _over = Over(&over);
            act();
        });
    }
}
