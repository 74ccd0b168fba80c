//! Passwords that are set: with a terminal to ask on, and without.

use std::process::Stdio;

use expect_test::expect;
use pedl_proto::v1::SessionKind;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;
use crate::terminal::Terminal;

const CHANGE: [&str; 2] = ["user", "change-password"];
/// All of it from standard input.
const BY_STDIN: [&str; 4] = ["user", "change-password", "--password-stdin", "--new-password-stdin"];

/// Ada, who is logged in, and admin's password is `root`.
fn with_ada() -> (FakeMaster, Pedl) {
    let master = FakeMaster::start();
    master.state().add_user("ada", "secret", false);
    master.state().passwords.insert("admin".into(), "root".into());
    let pedl = Pedl::new(&master);
    let login = pedl.command(&["user", "login", "ada"]).env("PEDL_PASSWORD", "secret").output().unwrap();
    assert!(login.status.success());
    master.state().take_calls();
    (master, pedl)
}

fn password(master: &FakeMaster, user: &str) -> String {
    master.state().passwords[user].clone()
}

/// Runs without a terminal, with these variables.
fn with_env(pedl: &Pedl, variables: &[(&str, &str)], words: &[&str]) -> String {
    pedl.show(&pedl.command(words).envs(variables.iter().copied()).output().unwrap())
}

/// Runs without a terminal, with this standard input.
fn with_stdin(pedl: &Pedl, text: &str, words: &[&str]) -> String {
    pedl.write("stdin", text);
    let file = std::fs::File::open(pedl.path("stdin")).unwrap();
    pedl.show(&pedl.command(words).stdin(Stdio::from(file)).output().unwrap())
}

#[test]
fn a_terminal_asks_for_the_current_one_and_twice_for_the_new_one() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "secret\n");
    terminal.answer("(Enter for a blank one): ", "better\n");
    terminal.answer("The same again: ", "better\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    expect![[r#"
        Current password of ada at MASTER (Enter if blank): 
        New password of ada (Enter for a blank one): 
        The same again: 
        pedl: changed the password of ada
    "#]]
    .assert_eq(&pedl.steady(&shown));
    assert_eq!(password(&master, "ada"), "better");
    // The session that it was done with goes on.
    assert_eq!(pedl.stdout(&["user", "whoami"]), "ada\n");
}

#[test]
fn a_new_password_is_typed_twice_the_same() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "secret\n");
    terminal.answer("(Enter for a blank one): ", "better\n");
    terminal.answer("The same again: ", "bettre\n");
    terminal.answer("(Enter for a blank one): ", "better\n");
    terminal.answer("The same again: ", "better\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(password(&master, "ada"), "better");
}

#[test]
fn who_types_ahead_is_not_seen() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "secret\nbetter\nbetter\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && !shown.contains("better\n"), "{shown}");
    assert_eq!(password(&master, "ada"), "better");
}

#[test]
fn after_three_attempts_the_old_one_stays() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "secret\n");
    for _ in 0..3 {
        terminal.answer("(Enter for a blank one): ", "better\n");
        terminal.answer("The same again: ", "worse\n");
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(2), "{shown}");
    expect![[r#"
        Current password of ada at MASTER (Enter if blank): 
        New password of ada (Enter for a blank one): 
        The same again: 
        pedl: these are not the same
        New password of ada (Enter for a blank one): 
        The same again: 
        pedl: these are not the same
        New password of ada (Enter for a blank one): 
        The same again: 
        pedl: these are not the same
        error: the new password was never typed twice the same: the old one stays
    "#]]
    .assert_eq(&pedl.steady(&shown));
    assert_eq!(password(&master, "ada"), "secret");
}

#[test]
fn enter_twice_makes_it_blank() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "secret\n");
    terminal.answer("(Enter for a blank one): ", "\n");
    terminal.answer("The same again: ", "\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && shown.ends_with("pedl: the password of ada is blank now\n"), "{shown}");
    assert_eq!(password(&master, "ada"), "");
}

#[test]
fn an_interrupt_at_any_question_changes_nothing() {
    let (master, pedl) = with_ada();
    let questions = ["(Enter if blank): ", "(Enter for a blank one): ", "The same again: "];
    for interrupted in 0..questions.len() {
        let mut terminal = Terminal::start(&pedl, &CHANGE);
        questions[..interrupted].iter().for_each(|question| terminal.answer(question, "secret\n"));
        terminal.answer(questions[interrupted], "\u{3}");
        assert_eq!(terminal.end().0, Some(130));
    }
    assert!(!master.state().take_calls().contains(&"ChangePassword"));
}

#[test]
fn a_wrong_current_password() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &CHANGE);
    terminal.answer("(Enter if blank): ", "wrong\n");
    terminal.answer("(Enter for a blank one): ", "better\n");
    terminal.answer("The same again: ", "better\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(3) && shown.ends_with("error: the current password is wrong\n"), "{shown}");
    let wrong = [("PEDL_PASSWORD", "wrong"), ("PEDL_NEW_PASSWORD", "better")];
    expect![[r#"
        exit 3
        --- stderr
        error: the current password is wrong
    "#]]
    .assert_eq(&with_env(&pedl, &wrong, &CHANGE));
    assert_eq!(password(&master, "ada"), "secret");
    assert_eq!(pedl.stdout(&["user", "whoami"]), "ada\n");
}

#[test]
fn an_administrator_needs_no_password_of_others() {
    let (master, pedl) = with_ada();
    let mut terminal = Terminal::start(&pedl, &["-u", "admin", "user", "change-password", "Ada"]);
    // The login asks for admin's.
    terminal.answer("(Enter if blank): ", "root\n");
    terminal.answer("(Enter for a blank one): ", "better\n");
    terminal.answer("The same again: ", "better\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    expect![[r#"
        Password of admin at MASTER (Enter if blank): 
        New password of ada (Enter for a blank one): 
        The same again: 
        pedl: changed the password of ada; ended 1 session
    "#]]
    .assert_eq(&pedl.steady(&shown));
    assert_eq!((password(&master, "ada"), password(&master, "admin")), ("better".into(), "root".into()));
    let mut terminal = Terminal::start(&pedl, &["-u", "admin", "user", "change-password", "ada"]);
    terminal.answer("New password of ada (Enter for a blank one): ", "best\n");
    terminal.answer("The same again: ", "best\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(password(&master, "ada"), "best");
}

#[test]
fn ones_own_name_means_ones_own_password() {
    let (master, pedl) = with_ada();
    let passwords = [("PEDL_PASSWORD", "secret"), ("PEDL_NEW_PASSWORD", "better")];
    expect![[r#"
        exit 0
        --- stderr
        pedl: changed the password of ada
    "#]]
    .assert_eq(&with_env(&pedl, &passwords, &["user", "change-password", "ADA"]));
    assert_eq!(password(&master, "ada"), "better");
    expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]]
    .assert_eq(&with_env(&pedl, &passwords, &["user", "change-password", "pedl"]));
}

#[test]
fn other_sessions_end() {
    let (master, pedl) = with_ada();
    let hour = std::time::Duration::from_secs(3600);
    master.state().add_session("pedl_elsewhere", "ada", SessionKind::Login, hour);
    let passwords = [("PEDL_PASSWORD", "secret"), ("PEDL_NEW_PASSWORD", "better")];
    expect![[r#"
        exit 0
        --- stderr
        pedl: changed the password of ada; ended 1 other session
    "#]]
    .assert_eq(&with_env(&pedl, &passwords, &CHANGE));
    for n in 0..2 {
        master.state().add_session(&format!("pedl_elsewhere_{n}"), "ada", SessionKind::AccessToken, hour);
    }
    let passwords = [("PEDL_PASSWORD", "better"), ("PEDL_NEW_PASSWORD", "best")];
    expect![[r#"
        exit 0
        --- stdout
        {
          "username": "ada",
          "ended_sessions": 2
        }
    "#]]
    .assert_eq(&with_env(&pedl, &passwords, &[&CHANGE[..], &["-o", "json"]].concat()));
    // A token of the environment is changed with as well, whosever it is.
    master.state().add_session("pedl_by_hand", "ada", SessionKind::Login, hour);
    let passwords = [("PEDL_TOKEN", "pedl_by_hand"), ("PEDL_PASSWORD", "best"), ("PEDL_NEW_PASSWORD", "")];
    expect![[r#"
        exit 0
        --- stderr
        pedl: the password of ada is blank now; ended 1 other session
    "#]]
    .assert_eq(&with_env(&pedl, &passwords, &["user", "change-password", "ada"]));
    assert_eq!(password(&master, "ada"), "");
}

#[test]
fn without_a_terminal_and_a_new_password_nothing_is_asked_of_anybody() {
    let (master, pedl) = with_ada();
    expect![[r#"
        exit 2
        --- stderr
        error: there is no terminal to ask for the new password: give it in PEDL_NEW_PASSWORD or with --new-password-stdin
    "#]].assert_eq(&with_env(&pedl, &[("PEDL_PASSWORD", "secret")], &CHANGE));
    assert_eq!(master.state().take_calls(), [""; 0]);
}

#[test]
fn passwords_from_standard_input() {
    let (master, pedl) = with_ada();
    expect![[r#"
        exit 0
        --- stderr
        pedl: changed the password of ada
    "#]]
    .assert_eq(&with_stdin(&pedl, "secret\nbetter\n", &BY_STDIN));
    assert_eq!(password(&master, "ada"), "better");
    // The login takes the line of the current password; where nobody logs in, it must not become the new one.
    for new in ["one", "two"] {
        let words = [&["-u", "admin"][..], &BY_STDIN, &["ada"]].concat();
        with_stdin(&pedl, &format!("root\n{new}\n"), &words);
        assert_eq!(password(&master, "ada"), new);
    }
    let one_line = ["user", "change-password", "pedl", "--new-password-stdin", "-u", "admin"];
    expect![[r#"
        exit 0
        --- stderr
        pedl: changed the password of pedl
    "#]]
    .assert_eq(&with_stdin(&pedl, "closed\n", &one_line));
    assert_eq!(password(&master, "pedl"), "closed");
}

#[test]
fn a_missing_line_is_no_blank_password() {
    let (master, pedl) = with_ada();
    expect![[r#"
        exit 2
        --- stderr
        error: standard input ends before the new password: line 1 is the current one where --password-stdin is given, the next the new one; an empty line makes it blank
    "#]].assert_eq(&with_stdin(&pedl, "secret\n", &BY_STDIN));
    assert_eq!(password(&master, "ada"), "secret");
    expect![[r#"
        exit 0
        --- stderr
        pedl: the password of ada is blank now
    "#]]
    .assert_eq(&with_stdin(&pedl, "secret\n\n", &BY_STDIN));
    assert_eq!(password(&master, "ada"), "");
}
