//! Accounts as the specification has them, through the real command line: who gets in, as whom, and until when.

use std::process::Command;

use expect_test::expect;
use integration_tests::{Cluster, Outcome, Settings, eventually, outcome};
use pedl_proto::v1::GetMasterRequest;
use pedl_proto::v1::cluster_service_client::ClusterServiceClient;
use serde_json::Value;
use tonic::transport::Channel;

/// `pedl` with a password, or a new one, in its environment, as scripts give them.
fn with_passwords(cluster: &Cluster, args: &[&str], current: &str, new: &str) -> Outcome {
    outcome(cluster.command(args).env("PEDL_PASSWORD", current).env("PEDL_NEW_PASSWORD", new))
}

fn set_password(cluster: &Cluster, args: &[&str], current: &str, new: &str) {
    with_passwords(cluster, &[args, &["user", "change-password"]].concat(), current, new).ok();
}

/// A call with a token and nothing else; whether it is taken.
fn takes(cluster: &Cluster, token: &str) -> bool {
    let mut whoami = cluster.command(&["user", "whoami"]);
    let whoami = outcome(whoami.env("PEDL_TOKEN", token));
    assert!([Some(0), Some(3)].contains(&whoami.code), "{whoami:?}");
    whoami.code == Some(0)
}

/// The token that the command line keeps for a user.
fn kept_token(cluster: &Cluster, user: &str) -> String {
    let kept = std::fs::read_to_string(cluster.path("home/.config/pedl/credentials.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let of_master = kept["masters"].as_object().unwrap().values().next().unwrap();
    of_master["tokens"][user].as_str().unwrap_or_else(|| panic!("no token of {user} in {kept}")).to_owned()
}

fn whoami(cluster: &Cluster, args: &[&str]) -> String {
    let shown = cluster.json(&[args, &["user", "whoami"]].concat());
    shown["username"].as_str().unwrap().to_owned()
}

fn usernames(list: &Value, key: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_specification_from_its_first_command_to_its_last() {
    let cluster = Settings::default().agents(0).start();
    // By default nobody needs to authenticate, and what is made is pedl's.
    assert_eq!(whoami(&cluster, &[]), "pedl");
    let pedls = cluster.detached(&["--", "true"]);

    // "Getting Started".
    set_password(&cluster, &["-u", "admin"], "", "admins secret");
    cluster.pedl(&["-u", "admin", "user", "deactivate", "pedl"]).ok();
    let shut = cluster.pedl(&["command", "list"]);
    assert_eq!(shut.code, Some(3), "{shut:?}");
    assert!(shut.stderr.contains("pedl user login NAME"), "{shut:?}");
    assert_eq!(cluster.pedl(&["-u", "pedl", "user", "whoami"]).code, Some(3), "nobody gets in as pedl");
    cluster.pedl(&["-u", "admin", "user", "create", "ada"]).ok();
    cluster.pedl(&["-u", "admin", "user", "create", "bob"]).ok();

    // "Authentication": a persistent session, a temporary one, and their ends.
    cluster.pedl(&["user", "login", "ada"]).ok();
    assert_eq!(whoami(&cluster, &[]), "ada");
    let adas = cluster.detached(&["--", "true"]);
    assert_eq!(whoami(&cluster, &["-u", "bob"]), "bob");
    assert_eq!(whoami(&cluster, &[]), "ada", "the active user stays");
    let bobs_token = kept_token(&cluster, "bob");
    cluster.pedl(&["-u", "bob", "user", "logout"]).ok();
    assert!(!takes(&cluster, &bobs_token), "it is discarded on the master too");
    assert_eq!(whoami(&cluster, &[]), "ada");

    // "Changing passwords": one's own, and another's.
    set_password(&cluster, &[], "", "adas own");
    let mut others = cluster.command(&["-u", "admin", "user", "change-password", "bob"]);
    outcome(others.env("PEDL_NEW_PASSWORD", "bobs first")).ok();
    assert_eq!(cluster.pedl(&["-u", "bob", "user", "whoami"]).code, Some(3), "his blank password is no more");
    assert_eq!(with_passwords(&cluster, &["-u", "bob", "user", "whoami"], "bobs first", "").ok().lines().count(), 1);
    let refused = outcome(cluster.command(&["user", "change-password", "bob"]).env("PEDL_NEW_PASSWORD", "x"));
    assert_eq!(refused.code, Some(3), "{refused:?}");

    // "Listing assets": one's own, and everybody's, those of the inactive too.
    let ids = |args: &[&str]| {
        let list = cluster.json(args);
        list.as_array().unwrap().iter().map(|asset| asset["id"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["command", "list"]), [adas.as_str()]);
    assert_eq!(ids(&["command", "list", "-a"]), [adas.as_str(), pedls.as_str()]);

    // "Activating/deactivating users".
    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada"]).ok();
    let out = cluster.pedl(&["command", "list"]);
    assert_eq!(out.code, Some(3), "{out:?}");
    assert_eq!(ids(&["-u", "admin", "command", "list", "-a"]), [adas.as_str(), pedls.as_str()]);
    cluster.pedl(&["-u", "admin", "user", "activate", "ada"]).ok();
    assert_eq!(cluster.pedl(&["command", "list"]).code, Some(3), "the session that was ended stays so");
    with_passwords(&cluster, &["user", "login", "ada"], "adas own", "").ok();
    assert_eq!(ids(&["command", "list"]), [adas.as_str()]);

    cluster.pedl(&["user", "logout"]).ok();
    assert_eq!(cluster.pedl(&["command", "list"]).code, Some(3));
    let users = cluster.json(&["-u", "admin", "user", "list"]);
    assert_eq!(usernames(&users, "username"), ["ada", "admin", "bob", "pedl"]);
}

/// Each way for a token to end, and that it is one.
#[test]
fn an_ended_token_is_refused_at_once() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let login = |cluster: &Cluster| {
        let passwords = with_passwords(cluster, &["user", "login", "ada"], "first", "");
        if passwords.code != Some(0) {
            cluster.pedl(&["user", "login", "ada"]).ok();
        }
        let token = kept_token(cluster, "ada");
        assert!(takes(cluster, &token));
        token
    };
    let admin = |cluster: &Cluster, args: &[&str]| drop(cluster.pedl(&[&["-u", "admin"], args].concat()).ok());

    let token = login(&cluster);
    cluster.pedl(&["user", "logout"]).ok();
    assert!(!takes(&cluster, &token), "after logout");

    let (script, token) = (access_token(&cluster, "ada"), login(&cluster));
    outcome(cluster.command(&["-u", "admin", "user", "change-password", "ada"]).env("PEDL_NEW_PASSWORD", "first")).ok();
    assert!(!takes(&cluster, &token) && !takes(&cluster, &script), "after an administrator's change of the password");

    let token = login(&cluster);
    admin(&cluster, &["user", "deactivate", "ada"]);
    assert!(!takes(&cluster, &token), "after deactivation");
    admin(&cluster, &["user", "activate", "ada"]);
    assert!(!takes(&cluster, &token), "and after reactivation");

    let token = login(&cluster);
    let sessions = cluster.json(&["-u", "admin", "user", "sessions", "list", "-a"]);
    let id =
        sessions.as_array().unwrap().iter().find(|session| session["username"] == "ada").unwrap()["id"].to_string();
    admin(&cluster, &["user", "sessions", "revoke", &id]);
    assert!(!takes(&cluster, &token), "after revocation");

    let token = login(&cluster);
    cluster.kill_master();
    cluster.master_clock().set("+29d");
    cluster.start_master();
    assert!(takes(&cluster, &token), "sessions outlive masters, for 30 days");
    cluster.kill_master();
    cluster.master_clock().set("+31d");
    cluster.start_master();
    assert!(!takes(&cluster, &token), "and no longer");
}

fn access_token(cluster: &Cluster, user: &str) -> String {
    let token = cluster.pedl(&["-u", user, "token", "create", "--name", "ci"]).ok().trim().to_owned();
    assert!(takes(cluster, &token));
    token
}

#[test]
fn a_stream_ends_with_its_session() {
    let cluster = Settings::default().start();
    cluster.member("ada", None);
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "--", "sh", "-c", "echo begin; sleep 600"]).ok();
    let id = id.trim();
    cluster.wait_for(id, "RUNNING");
    let ends: [&[&str]; 2] = [&["user", "deactivate", "ada"], &["user", "sessions", "revoke"]];
    for end in ends {
        cluster.pedl(&["-u", "admin", "user", "activate", "ada"]).ok();
        let log = cluster.path("follow.log");
        let script = access_token(&cluster, "ada");
        let mut follow = cluster.command(&["command", "logs", "-f", id]);
        let mut follow = integration_tests::Process::start(follow.env("PEDL_TOKEN", &script), &log);
        eventually("the log to begin", || follow.output().contains("begin").then_some(()));
        let sessions = cluster.json(&["-u", "admin", "token", "list", "-a"]);
        let newest = sessions[0]["id"].to_string();
        let end: Vec<&str> = [&["-u", "admin"], end].concat();
        let end = if end.contains(&"revoke") { [&end[..], &[newest.as_str()]].concat() } else { end };
        cluster.pedl(&end).ok();
        assert_eq!(follow.wait(), Some(3), "{}", follow.output());
    }
    cluster.pedl(&["-u", "admin", "command", "kill", id]).ok();
}

#[test]
fn a_queued_task_waits_for_its_owner() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "--", "true"]).ok().trim().to_owned();
    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada"]).ok();
    cluster.start_agent(0);
    cluster.wait_for_agents();
    let done = cluster.detached(&["--", "true"]);
    cluster.wait_for(&done, "COMPLETED");
    let waiting = cluster.json(&["command", "describe", &id]);
    assert_eq!(waiting["state"], "QUEUED");
    assert_eq!(waiting["state_reason"], "waits for its owner, ada, to be active again");
    cluster.pedl(&["-u", "admin", "user", "activate", "ada"]).ok();
    cluster.wait_for(&id, "COMPLETED");

    let running = cluster.pedl(&["-u", "ada", "command", "run", "-d", "--", "sleep", "600"]).ok().trim().to_owned();
    cluster.wait_for(&running, "RUNNING");
    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada"]).ok();
    assert_eq!(cluster.json(&["command", "describe", &running])["state"], "RUNNING", "what runs goes on");
    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada", "--kill-tasks"]).ok();
    cluster.wait_for(&running, "KILLED");
}

#[test]
fn guessing_is_slowed_for_one_user_and_nobody_else() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    cluster.member("bob", None);
    let mut others = cluster.command(&["-u", "admin", "user", "change-password", "ada"]);
    outcome(others.env("PEDL_NEW_PASSWORD", "right")).ok();
    let guess = |user: &str, password: &str| with_passwords(&cluster, &["user", "login", user], password, "");
    let is_slowed = |guess: &Outcome| guess.stderr.contains("too many logins as this user failed");
    // Ten a minute: where the minute goes by meanwhile, there are more.
    let taken = (0..100).map(|_| guess("ada", "wrong")).take_while(|wrong| {
        assert_eq!(wrong.code, Some(3), "{wrong:?}");
        !is_slowed(wrong)
    });
    let taken = taken.count();
    assert!((10..100).contains(&taken), "{taken} guesses were taken");
    guess("bob", "").ok();
}

#[test]
fn what_the_policy_asks_for() {
    let mut cluster = Settings::default().agents(0).start();
    cluster.kill_master();
    let yaml = "security: { password: { min_length: 8, prevent_blank: true, prevent_common: true } }\n";
    std::fs::write(cluster.path("master.yaml"), yaml).unwrap();
    cluster.start_master();
    let shut = outcome(cluster.command(&["command", "list"]).env("HOME", cluster.path("another")));
    assert_eq!(shut.code, Some(3), "pedl has a blank password: {shut:?}");
    let set = |password: &str| with_passwords(&cluster, &["-u", "admin", "user", "change-password"], "", password);
    let shown: String = ["", "short", "password123"].map(|password| set(password).stderr).concat();
    expect![[r#"
        error: new_password: must not be blank in this cluster
        error: new_password: must have at least 8 characters in this cluster
        error: new_password: is one that many people have: choose another
    "#]]
    .assert_eq(&shown);
    set("long enough").ok();
}

#[test]
fn the_last_administrator_and_two_names_stay() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let tries: [&[&str]; 7] = [
        &["user", "deactivate", "admin"],
        &["user", "edit", "admin", "--admin", "false"],
        &["user", "edit", "pedl", "--username", "other"],
        &["user", "edit", "ada", "--username", "admin"],
        &["user", "edit", "nobody", "--admin", "true"],
        &["user", "sessions", "revoke", "4711"],
        &["user", "activate", "nobody"],
    ];
    let shown: String = tries
        .iter()
        .map(|args| {
            let refused = cluster.pedl(&[&["-u", "admin"], *args].concat());
            format!("{} {}", refused.code.unwrap(), refused.stderr)
        })
        .collect();
    expect![[r#"
        1 error: this is the last active administrator: make another one first
        1 error: this is the last active administrator: make another one first
        1 error: `pedl` keeps its name
        1 error: a user `admin` exists already
        4 error: there is no user `nobody`: `pedl user list` names them all
        4 error: there is no session 4711, or it has ended: `pedl user sessions list` names them all
        4 error: there is no user `nobody`: `pedl user list` names them all
    "#]]
    .assert_eq(&shown);
    cluster.pedl(&["-u", "admin", "user", "edit", "ada", "--admin", "true", "--username", "lovelace"]).ok();
    cluster.pedl(&["-u", "lovelace", "user", "edit", "admin", "--admin", "false"]).ok();
    assert_eq!(cluster.pedl(&["-u", "admin", "user", "create", "x"]).code, Some(3), "at once");
}

#[test]
fn a_deactivation_is_told_before_it_is_done() {
    let cluster = Settings::default().agents(0).start();
    cluster.member("ada", None);
    let token = access_token(&cluster, "ada");
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "true"]).ok().trim().to_owned();
    let deactivate =
        |who: &str, how: &[&str]| cluster.pedl(&[&["-u", "admin", "user", "deactivate", who], how].concat());
    let ends = |how: &[&str]| {
        let told: Value = serde_json::from_str(&deactivate("ada", &[how, &["-o", "json"]].concat()).ok()).unwrap();
        ["ended_sessions", "killed_assets", "live_assets"].map(|what| told[what].as_i64().unwrap())
    };
    let left = ends(&["--dry-run"]);
    assert_eq!(left[1..], [0, 1]);
    let told = ends(&["--dry-run", "--kill-tasks"]);
    assert_eq!(told, [left[0], 1, 0]);
    assert!(takes(&cluster, &token), "nothing has ended");
    assert_eq!(cluster.json(&["command", "describe", &id])["state"], "QUEUED");
    let audit = cluster.json(&["-u", "admin", "master", "audit", "--action", "user.deactivate"]);
    assert_eq!(audit, Value::Array(Vec::new()));
    let last = deactivate("admin", &["--dry-run"]);
    assert!(last.code == Some(1) && last.stderr.contains("the last active administrator"), "{last:?}");

    assert_eq!(ends(&["--kill-tasks"]), told);
    assert!(!takes(&cluster, &token));
}

#[tokio::test]
async fn everybody_is_told_whether_they_may_act_as_pedl() {
    let cluster = Settings::default().agents(0).start();
    let channel = Channel::from_shared(cluster.url()).unwrap().connect().await.unwrap();
    let open = async || {
        let mut master = ClusterServiceClient::new(channel.clone());
        master.get_master(GetMasterRequest {}).await.unwrap().into_inner().default_account_open
    };
    assert!(open().await);
    cluster.pedl(&["-u", "admin", "user", "deactivate", "pedl"]).ok();
    assert!(!open().await);
    cluster.pedl(&["-u", "admin", "user", "activate", "pedl"]).ok();
    assert!(open().await);
    set_password(&cluster, &["-u", "pedl"], "", "secret");
    assert!(!open().await);
}

#[test]
fn who_did_what_is_on_record() {
    let cluster = Settings::default().start();
    cluster.member("ada", Some((1234, 2345)));
    let id = cluster.pedl(&["-u", "ada", "command", "run", "-d", "--", "sleep", "600"]).ok().trim().to_owned();
    cluster.pedl(&["-u", "admin", "command", "kill", &id]).ok();
    with_passwords(&cluster, &["user", "login", "ada"], "wrong", "");
    cluster.pedl(&["-u", "ada", "user", "create", "eve"]);
    cluster.pedl(&["-u", "ada", "token", "create", "--name", "ci"]).ok();
    outcome(cluster.command(&["-u", "admin", "user", "change-password", "ada"]).env("PEDL_NEW_PASSWORD", "hidden"))
        .ok();
    cluster.pedl(&["-u", "admin", "user", "deactivate", "ada"]).ok();
    let events = eventually("the refusals to be recorded", || {
        let events = cluster.json(&["-u", "admin", "master", "audit"]);
        let refused = events.as_array()?.iter().filter(|event| event["succeeded"] == false).count();
        (refused == 2).then_some(events)
    });
    let line = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap_or("-").to_owned();
        let done = if event["succeeded"] == true { "" } else { " REFUSED" };
        let detail = text("detail").split(", until").next().unwrap().to_owned();
        format!("{} from {}: {} {}{done} ({detail})\n", text("actor"), text("address"), text("action"), text("target"))
    };
    let lines: Vec<String> = events.as_array().unwrap().iter().rev().map(line).collect();
    // Who logs in when, in the cluster's own start, is nobody's concern here.
    let starting = |line: &String| line.contains("session.login admin") || line.contains("session.login pedl");
    let shown: String = lines.into_iter().filter(|line| !starting(line)).collect();
    expect![[r#"
        a joining agent from 127.0.0.1: agent.join n0 (pool `default`)
        admin from 127.0.0.1: user.create ada (-)
        admin from 127.0.0.1: user.link ada (ada (1234), group lab (2345))
        ada from 127.0.0.1: session.login ada (-)
        admin from 127.0.0.1: asset.kill ID (of ada)
        ada from 127.0.0.1: session.login ada REFUSED (no active account has this name and password)
        ada from 127.0.0.1: user.create - REFUSED (only an administrator may do this)
        ada from 127.0.0.1: token.create 4 (`ci`)
        admin from 127.0.0.1: user.change-password ada (-)
        admin from 127.0.0.1: user.deactivate ada (0 sessions ended, 0 tasks killed)
    "#]]
    .assert_eq(&shown.replace(&format!("kill {id}"), "kill ID"));
    let by_action = cluster.json(&["-u", "admin", "master", "audit", "--action", "user."]);
    assert_eq!(usernames(&by_action, "action").iter().filter(|action| action.starts_with("user.")).count(), 5);
    let refused = cluster.pedl(&["master", "audit"]);
    assert_eq!(refused.code, Some(3), "only administrators read it: {refused:?}");
}

/// Two people on one machine, and one person at two masters: nobody acts as another.
#[test]
fn homes_and_masters_are_kept_apart() {
    let (one, two) = (Settings::default().agents(0).start(), Settings::default().agents(0).start());
    for cluster in [&one, &two] {
        cluster.member("ada", None);
        cluster.member("bob", None);
    }
    let at = |cluster: &Cluster, home: &str, args: &[&str]| {
        let mut command: Command = cluster.command(args);
        outcome(command.env("HOME", one.path(home)))
    };
    at(&one, "first", &["user", "login", "ada"]).ok();
    at(&one, "second", &["user", "login", "bob"]).ok();
    at(&two, "first", &["user", "login", "bob"]).ok();
    let who = |cluster, home| at(cluster, home, &["user", "whoami", "-o", "json"]).ok();
    assert!(who(&one, "first").contains("\"ada\"") && who(&one, "second").contains("\"bob\""));
    assert!(who(&two, "first").contains("\"bob\"") && who(&two, "second").contains("\"pedl\""));
}
