//! What the users' specification promises of the command line, in its order and its words.

use expect_test::expect;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;
use crate::terminal::Terminal;

/// Runs on a terminal, answers each question as it comes, and tells what was on the screen.
fn on_terminal(pedl: &Pedl, words: &[&str], answers: &[(&str, &str)]) -> String {
    let mut terminal = Terminal::start(pedl, words);
    answers.iter().for_each(|(question, answer)| terminal.answer(question, answer));
    let (code, shown) = terminal.end();
    format!("exit {}\n{}", code.unwrap(), pedl.steady(&shown))
}

#[test]
fn getting_started() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    let passwords =
        [(": ", "\n"), ("New password of admin (Enter for a blank one): ", "root\n"), ("again: ", "root\n")];
    expect![[r#"
        exit 0
        Password of admin at MASTER (Enter if blank): 
        New password of admin (Enter for a blank one): 
        The same again: 
        pedl: changed the password of admin
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "admin", "user", "change-password"], &passwords));
    // The token of admin, which is kept, goes on working.
    expect![[r#"
        exit 0
        pedl: deactivated pedl; ended 0 sessions; tasks that run go on
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "admin", "user", "deactivate", "pedl"], &[]));
    expect![[r#"
        exit 0
        pedl: created grace, with a blank password
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "admin", "user", "create", "grace"], &[]));
    expect![[r#"
        exit 3
        error: nobody is logged in, and the user pedl is inactive or has a password: `pedl user login NAME`
    "#]]
    .assert_eq(&on_terminal(&pedl, &["command", "list"], &[]));
    let calls = ["Login", "GetCurrentSession", "ChangePassword", "DeactivateUser", "CreateUser", "Login"];
    assert_eq!(master.state().take_calls(), calls);
}

#[test]
fn getting_started_without_a_terminal() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    let mut change = pedl.command(&["-u", "admin", "user", "change-password"]);
    let shown = pedl.show(&change.env("PEDL_NEW_PASSWORD", "root").output().unwrap());
    expect![[r#"
        exit 0
        --- stderr
        pedl: changed the password of admin
    "#]]
    .assert_eq(&shown);
    pedl.check(
        &["-u", "admin", "user", "deactivate", "pedl"],
        expect![[r#"
            exit 0
            --- stderr
            pedl: deactivated pedl; ended 0 sessions; tasks that run go on
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "create", "grace"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: created grace, with a blank password
    "#]],
    );
    pedl.check(
        &["command", "list"],
        expect![[r#"
        exit 3
        --- stderr
        error: nobody is logged in, and the user pedl is inactive or has a password: `pedl user login NAME`
    "#]],
    );
    pedl.check(
        &["user", "login", "grace"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged in as grace
    "#]],
    );
    pedl.check(
        &["command", "list"],
        expect![[r#"
        exit 0
        --- stdout
        ID  DESCRIPTION  STATE  AGENT  EXIT  CREATED
        --- stderr
        pedl: no commands; start one with: pedl command run -- PROGRAM (-a lists everybody's)
    "#]],
    );
}

#[test]
fn authentication() {
    let master = FakeMaster::start();
    master.state().add_user("grace", "secret", false);
    let pedl = Pedl::new(&master);
    let secret = [("(Enter if blank): ", "secret\n")];
    expect![[r#"
        exit 0
        Password of grace at MASTER (Enter if blank): 
        pedl: logged in as grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "login", "grace"], &secret));
    expect![[r#"
        exit 0
        pedl: logged out grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "logout"], &[]));
    expect![[r#"
        exit 0
        Password of grace at MASTER (Enter if blank): 
        grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "grace", "user", "whoami"], &secret));
    expect![[r#"
        exit 0
        grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "grace", "user", "whoami"], &[]));
    expect![[r#"
        exit 0
        pedl
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "whoami"], &[]));
    expect![[r#"
        exit 0
        pedl: logged out grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "grace", "user", "logout"], &[]));
    expect![[r#"
        exit 0
        Password of grace at MASTER (Enter if blank): 
        grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["-u", "grace", "user", "whoami"], &secret));
}

#[test]
fn changing_passwords() {
    let master = FakeMaster::start();
    master.state().add_user("grace", "", false);
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "grace", "-o", "json"]);
    let new = |current: &'static str, new: &'static str| {
        [("(Enter if blank): ", current), ("(Enter for a blank one): ", new), ("again: ", new)]
    };
    expect![[r#"
        exit 0
        Current password of grace at MASTER (Enter if blank): 
        New password of grace (Enter for a blank one): 
        The same again: 
        pedl: changed the password of grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "change-password"], &new("\n", "secret\n")));
    let others = ["-u", "admin", "user", "change-password", "grace"];
    expect![[r#"
        exit 0
        Password of admin at MASTER (Enter if blank): 
        New password of grace (Enter for a blank one): 
        The same again: 
        pedl: changed the password of grace; ended 1 session
    "#]]
    .assert_eq(&on_terminal(&pedl, &others, &new("\n", "other\n")));
    // An administrator's change ends her session; her new password opens another.
    let other = [("(Enter if blank): ", "other\n")];
    expect![[r#"
        exit 0
        Password of grace at MASTER (Enter if blank): 
        grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "whoami"], &other));
}

#[test]
fn activating_and_deactivating_users() {
    let master = FakeMaster::start();
    master.state().add_user("grace", "", false);
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "grace", "-o", "json"]);
    pedl.check(
        &["-u", "admin", "user", "deactivate", "grace"],
        expect![[r#"
            exit 0
            --- stderr
            pedl: deactivated grace; ended 1 session; tasks that run go on
        "#]],
    );
    expect![[r#"
        exit 3
        Password of grace at MASTER (Enter if blank): 
        error: cannot log in as grace: wrong name or password
    "#]]
    .assert_eq(&on_terminal(&pedl, &["command", "list"], &[("(Enter if blank): ", "\n")]));
    pedl.check(
        &["-u", "admin", "user", "activate", "grace"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: activated grace
    "#]],
    );
    expect![[r#"
        exit 0
        Password of grace at MASTER (Enter if blank): 
        grace
    "#]]
    .assert_eq(&on_terminal(&pedl, &["user", "whoami"], &[("(Enter if blank): ", "\n")]));
}

#[test]
fn listing_assets() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.stdout(&["-u", "admin", "command", "run", "-d", "true"]);
    let lines = |words: &[&str]| pedl.stdout(words).lines().count();
    for kind in ["experiment", "command", "notebook", "tensorboard"] {
        assert_eq!(lines(&[kind, "list"]), 1, "{kind}: a header, and none of one's own");
        assert_eq!(lines(&[kind, "list", "-a"]), if kind == "command" { 2 } else { 1 }, "{kind}");
    }
}

#[test]
fn running_tasks_as_particular_agent_users() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    let link = ["-u", "admin", "user", "link-with-agent-user", "pedl"];
    let user = ["--agent-uid", "1001", "--agent-user", "ada", "--agent-gid", "2000", "--agent-group", "team"];
    assert_eq!(pedl.stdout(&[&link[..], &user].concat()), "");
    // All arguments are required.
    for missing in 0..4 {
        let mut words = [&link[..], &user].concat();
        words.drain(link.len() + 2 * missing..link.len() + 2 * missing + 2);
        assert_eq!(pedl.run(&words).status.code(), Some(2), "{words:?}");
    }
}
