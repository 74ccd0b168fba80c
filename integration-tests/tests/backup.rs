//! Backups, as an administrator makes them and comes back from them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use integration_tests::{Cluster, Outcome, Settings, eventually, outcome, program};

fn master(args: &[&str], data_dir: &Path) -> Outcome {
    outcome(Command::new(program("pedl-master")).args(args).arg("--data-dir").arg(data_dir))
}

/// Starts a command that tells that it started, waits for `go`, and ends with 7.
fn started(cluster: &Cluster, data: &Path, name: &str) -> String {
    let script = format!(
        "echo {name} >> /data/starts; echo before; until [ -e /data/{name}.go ]; do sleep 0.05; done; echo after; exit 7"
    );
    cluster.detached(&["-v", &format!("{}:/data", data.display()), "--description", name, "--", "sh", "-c", &script])
}

#[test]
fn a_master_comes_back_from_a_backup_and_runs_nothing_twice() {
    let cluster = Settings::default().slots(2).start();
    let (dir, file) = (cluster.path("master"), cluster.path("backup.tar.zst"));
    let (old, file) = (cluster.path("master.old"), file.to_str().unwrap());
    let backup = || {
        let backup = master(&["backup", file], &dir);
        assert!(backup.code == Some(0) && backup.stderr.starts_with("wrote a backup of "), "{backup:?}");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    };
    let restore = || {
        let in_the_way = master(&["restore", file], &dir);
        assert!(in_the_way.code == Some(1) && in_the_way.stderr.contains("move it away first"), "{in_the_way:?}");
        fs::rename(&dir, &old).unwrap();
        let restored = master(&["restore", file], &dir);
        let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name == "restoring" || name.to_string_lossy().ends_with("-wal")), "{left:?}");
        restored
    };
    comes_back(cluster, backup, restore);
}

#[test]
fn a_master_on_postgresql_comes_back_from_a_dump_and_runs_nothing_twice() {
    let cluster = Settings::default().slots(2).postgres().start();
    let yaml = fs::read_to_string(cluster.path("master.yaml")).unwrap();
    let (_, url) = yaml.split_once("url: '").unwrap();
    let (url, _) = url.split_once('\'').unwrap();
    let (dir, dump, config) = (cluster.path("master"), cluster.path("dump"), cluster.path("master.yaml"));
    let (dump, config) = (dump.to_str().unwrap(), config.to_str().unwrap());
    let backup = || {
        let refused = master(&["backup", dump, "--config", config], &dir);
        let how = format!("`pg_dump --format=custom --file={dump} \"$DATABASE_URL\"`");
        assert!(refused.code == Some(1) && refused.stderr.contains(&how), "{refused:?}");
        let dumped = outcome(Command::new("pg_dump").args(["--format=custom", &format!("--file={dump}"), url]));
        assert_eq!(dumped.code, Some(0), "{dumped:?}");
    };
    let restore = || {
        let to = format!("--dbname={url}");
        let restored = outcome(Command::new("pg_restore").args(["--clean", "--if-exists", &to, dump]));
        assert_eq!(restored.code, Some(0), "{restored:?}");
        master(&["restore", "--config", config], &dir)
    };
    comes_back(cluster, backup, restore);
}

/// Backs a master up while it runs, goes on, and brings it back: what it knows then is what the backup does, and what
/// its agent can tell.
fn comes_back(mut cluster: Cluster, backup: impl FnOnce(), restore: impl FnOnce() -> Outcome) {
    let data = cluster.shared_dir("data", 0, 0);
    let go = |name: &str| fs::write(data.join(format!("{name}.go")), "").unwrap();
    go("ended");
    let ended = started(&cluster, &data, "ended");
    cluster.wait_for(&ended, "FAILED");
    let running = started(&cluster, &data, "running");
    let ends_since = started(&cluster, &data, "ends-since");
    cluster.wait_for(&running, "RUNNING");
    cluster.wait_for(&ends_since, "RUNNING");
    let queued = started(&cluster, &data, "queued");
    eventually("it to be said why it waits", || {
        let asset = cluster.json(&["command", "describe", &queued]);
        asset["state_reason"].as_str()?.contains("waits for a free slot").then_some(())
    });
    backup();

    // What comes next, the backup does not know.
    go("ends-since");
    cluster.wait_for(&ends_since, "FAILED");
    go("queued");
    cluster.wait_for(&queued, "FAILED");
    let later = started(&cluster, &data, "later");
    cluster.wait_for(&later, "RUNNING");
    let id = |cluster: &Cluster| cluster.json(&["master", "info"])["cluster_id"].clone();
    let cluster_id = id(&cluster);
    cluster.kill_master();
    let restored = restore();
    assert!(restored.code == Some(0) && restored.stderr.contains("1 that waited given up"), "{restored:?}");
    cluster.start_master();

    assert_eq!(id(&cluster), cluster_id);
    let describe = |id: &str| cluster.json(&["command", "describe", id]);
    assert_eq!(describe(&ended)["exit_code"], 7);
    // It is gone from the agent too, which remembers how it ended.
    assert_eq!(cluster.wait_for(&ends_since, "FAILED")["exit_code"], 7);
    let given_up = describe(&queued);
    assert_eq!((&given_up["state"], &given_up["exit_code"]), (&"FAILED".into(), &serde_json::Value::Null));
    assert!(given_up["state_reason"].as_str().unwrap().contains("may have run since"), "{given_up}");
    assert_eq!(cluster.pedl(&["command", "describe", &later]).code, Some(4), "the backup does not know it");
    assert_eq!(describe(&running)["state"], "RUNNING");
    go("running");
    assert_eq!(cluster.wait_for(&running, "FAILED")["exit_code"], 7);
    for id in [&ended, &running] {
        assert_eq!(cluster.pedl(&["command", "logs", id]).ok(), "before\nafter\n");
    }
    // What the master does not know goes on.
    assert_eq!(cluster.containers().len(), 1);
    go("later");
    let mut starts: Vec<_> = fs::read_to_string(data.join("starts")).unwrap().lines().map(ToOwned::to_owned).collect();
    starts.sort();
    assert_eq!(starts, ["ended", "ends-since", "later", "queued", "running"]);
}

#[test]
fn what_is_no_backup_restores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, junk) = (dir.path().join("data"), dir.path().join("junk"));
    fs::write(&junk, "junk").unwrap();
    let restored = master(&["restore", junk.to_str().unwrap()], &data);
    assert!(restored.code == Some(1) && restored.stderr.contains("is no backup of a pedl-master"), "{restored:?}");
    assert!(!data.join("pedl.db").exists());
    let nothing = master(&["backup", "file"], &dir.path().join("absent"));
    assert!(nothing.code == Some(1) && nothing.stderr.contains("has no database"), "{nothing:?}");
    let nameless = master(&["restore"], &data);
    assert!(nameless.code == Some(1) && nameless.stderr.contains("name the file to restore"), "{nameless:?}");
}
