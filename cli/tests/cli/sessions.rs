//! Who acts, whose tokens are kept, and what is asked of the master for it.

use std::process::Stdio;
use std::time::Duration;

use expect_test::expect;
use pedl_proto::v1::SessionKind;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

fn master_with_ada() -> FakeMaster {
    let master = FakeMaster::start();
    master.state().add_user("ada", "secret", false);
    master
}

fn whoami(pedl: &Pedl) -> String {
    pedl.stdout(&["user", "whoami"])
}

/// Runs with a password in the environment.
fn with_password(pedl: &Pedl, password: &str, words: &[&str]) -> String {
    pedl.show(&pedl.command(words).env("PEDL_PASSWORD", password).output().unwrap())
}

#[test]
fn nobody_logged_in_acts_as_pedl() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    assert_eq!(whoami(&pedl), "pedl\n");
    assert_eq!(master.state().take_calls(), ["Login", "GetCurrentSession"]);
    assert_eq!(pedl.kept(), r#"active null, tokens of ["pedl"]"#);
    assert_eq!(whoami(&pedl), "pedl\n");
    assert_eq!(master.state().take_calls(), ["GetCurrentSession"]);
}

#[test]
fn a_closed_pedl_account_says_to_log_in() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    whoami(&pedl);
    master.state().users.get_mut("pedl").unwrap().active = false;
    pedl.check(
        &["command", "list"],
        expect![[r#"
            exit 3
            --- stderr
            error: nobody is logged in, and the user pedl is inactive or has a password: `pedl user login NAME`
        "#]],
    );
    assert_eq!(pedl.kept(), "active null, tokens of []");
}

#[test]
fn a_pedl_account_with_a_password_says_to_log_in() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    master.state().passwords.insert("pedl".into(), "closed".into());
    let want = expect![[r#"
        exit 3
        --- stderr
        error: nobody is logged in, and the user pedl is inactive or has a password: `pedl user login NAME`
    "#]];
    pedl.check(&["user", "list"], want);
    master.state().throttle = Some(Duration::from_secs(42));
    let want = expect![[r#"
        exit 3
        --- stderr
        error: nobody is logged in, and the user pedl cannot log in now (too many logins to this account failed; wait 42 seconds): `pedl user login NAME`
    "#]];
    pedl.check(&["user", "list"], want);
    expect![[r#"
        exit 0
        --- stdout
        pedl
    "#]]
    .assert_eq(&with_password(&pedl, "closed", &["-u", "pedl", "user", "whoami"]));
}

#[test]
fn too_many_failed_logins() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    master.state().throttle = Some(Duration::from_secs(42));
    expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: too many logins to this account failed; wait 42 seconds
    "#]]
    .assert_eq(&with_password(&pedl, "wrong", &["user", "login", "ada"]));
    expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: too many logins to this account failed; wait 42 seconds
    "#]]
    .assert_eq(&with_password(&pedl, "wrong", &["-u", "ada", "user", "list"]));
}

#[test]
fn a_deactivated_user_learns_no_more_than_a_stranger() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]);
    pedl.stdout(&["-u", "admin", "user", "deactivate", "ada", "-o", "json"]);
    let want = expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: wrong name or password
    "#]];
    want.assert_eq(&with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]));
    assert_eq!(pedl.kept(), r#"active null, tokens of ["admin"]"#);
    // His token stays ended, his password does not.
    pedl.stdout(&["-u", "admin", "user", "activate", "ada", "-o", "json"]);
    let want = expect![[r#"
        exit 0
        --- stdout
        ada
    "#]];
    want.assert_eq(&with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]));
}

#[test]
fn processes_at_once_keep_each_others_tokens() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let users: Vec<_> = (0..12).map(|n| format!("user-{n:02}")).collect();
    users.iter().for_each(|user| master.state().add_user(user, "", false));
    let start = |user: &String| pedl.command(&["-u", user, "user", "whoami"]).stdout(Stdio::null()).spawn().unwrap();
    let processes: Vec<_> = users.iter().map(start).collect();
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    assert_eq!(pedl.kept(), format!("active null, tokens of {users:?}"));
}

#[test]
fn login_lasts() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let shown = with_password(&pedl, "secret", &["user", "login", "Ada"]);
    expect![[r#"
        exit 0
        --- stderr
        pedl: logged in as ada
    "#]]
    .assert_eq(&shown);
    master.state().take_calls();
    assert_eq!(whoami(&pedl), "ada\n");
    assert_eq!(master.state().take_calls(), ["GetCurrentSession"]);
    assert_eq!(pedl.kept(), r#"active "ada", tokens of ["ada"]"#);
    pedl.check(
        &["user", "whoami", "-o", "json"],
        expect![[r#"
            exit 0
            --- stdout
            {
              "id": 3,
              "username": "ada",
              "display_name": null,
              "admin": false,
              "active": true,
              "agent_uid": null,
              "agent_user": null,
              "agent_gid": null,
              "agent_group": null,
              "agent_groups": null,
              "agent_umask": null,
              "session_expires_at": "TIME",
              "master": "MASTER"
            }
        "#]],
    );
}

#[test]
fn login_takes_the_name_from_the_options_too() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["-u", "admin", "user", "login"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged in as admin
    "#]],
    );
    assert_eq!(pedl.kept(), r#"active "admin", tokens of ["admin"]"#);
}

#[test]
fn wrong_passwords() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: wrong name or password
    "#]]
    .assert_eq(&with_password(&pedl, "wrong", &["user", "login", "ada"]));
    expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: wrong name or password
    "#]]
    .assert_eq(&with_password(&pedl, "wrong", &["-u", "ada", "user", "whoami"]));
    pedl.check(
        &["user", "login", "nobody"],
        expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as nobody: wrong name or password
    "#]],
    );
    assert_eq!(pedl.kept(), "nothing");
}

#[test]
fn passwords_from_standard_input() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.write("password", "secret\nmore\n");
    for words in [&["user", "login", "ada", "--password-stdin"][..], &["--password-stdin", "-u", "ada", "user", "list"]]
    {
        master.state().end_sessions();
        let file = std::fs::File::open(pedl.path("password")).unwrap();
        let output = pedl.command(words).stdin(Stdio::from(file)).output().unwrap();
        assert!(output.status.success(), "{}", pedl.show(&output));
    }
}

#[test]
fn one_command_as_somebody_else() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "admin"]);
    master.state().take_calls();
    expect![[r#"
        exit 0
        --- stdout
        ada
    "#]]
    .assert_eq(&with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]));
    // Neither the password nor a login is needed again, and the active user has not changed.
    assert_eq!(pedl.stdout(&["-u", "ADA", "user", "whoami"]), "ada\n");
    assert_eq!(whoami(&pedl), "admin\n");
    let calls = ["Login", "GetCurrentSession", "GetCurrentSession", "GetCurrentSession"];
    assert_eq!(master.state().take_calls(), calls);
    assert_eq!(pedl.kept(), r#"active "admin", tokens of ["ada", "admin"]"#);
}

#[test]
fn a_kept_token_that_is_refused_is_replaced() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]);
    whoami(&pedl);
    master.state().end_sessions();
    master.state().take_calls();
    assert_eq!(whoami(&pedl), "pedl\n");
    expect![[r#"
        exit 0
        --- stdout
        ada
    "#]]
    .assert_eq(&with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]));
    let once_more = ["GetCurrentSession", "Login", "GetCurrentSession"];
    assert_eq!(master.state().take_calls(), [once_more, once_more].concat());
    // With the wrong password it stays dropped.
    master.state().end_sessions();
    expect![[r#"
        exit 3
        --- stderr
        error: cannot log in as ada: wrong name or password
    "#]]
    .assert_eq(&with_password(&pedl, "wrong", &["-u", "ada", "user", "whoami"]));
    assert_eq!(pedl.kept(), r#"active null, tokens of ["pedl"]"#);
}

#[test]
fn an_ended_session_never_becomes_somebody_else() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    with_password(&pedl, "secret", &["user", "login", "ada"]);
    master.state().end_sessions();
    let first = pedl.run(&["user", "whoami"]);
    assert_eq!(pedl.kept(), r#"active "ada", tokens of []"#);
    assert_eq!(first, pedl.run(&["user", "whoami"]));
    expect![[r#"
        exit 3
        --- stderr
        error: the session of ada has ended: `pedl user login ada`
    "#]]
    .assert_eq(&pedl.show(&first));
    assert_eq!(pedl.kept(), r#"active "ada", tokens of []"#);
}

#[test]
fn a_token_of_the_environment_goes_before_all_and_touches_no_store() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    master.state().add_session("pedl_of_ada", "ada", SessionKind::AccessToken, Duration::from_secs(60));
    let with_token =
        |token: &str, words: &[&str]| pedl.show(&pedl.command(words).env("PEDL_TOKEN", token).output().unwrap());
    expect![[r#"
        exit 0
        --- stdout
        ada
    "#]]
    .assert_eq(&with_token("pedl_of_ada", &["user", "whoami"]));
    expect![[r#"
        exit 0
        --- stdout
        ada
        --- stderr
        warning: PEDL_TOKEN is set and goes before -u admin
    "#]]
    .assert_eq(&with_token("pedl_of_ada", &["-u", "admin", "user", "whoami"]));
    expect![[r#"
        exit 3
        --- stderr
        error: the token of PEDL_TOKEN is refused: the token has ended
    "#]]
    .assert_eq(&with_token("pedl_unknown", &["user", "whoami"]));
    expect![[r#"
        exit 2
        --- stderr
        error: PEDL_TOKEN is set, so a login would change nothing: unset it first
    "#]]
    .assert_eq(&with_token("pedl_of_ada", &["user", "login", "admin"]));
    expect![[r#"
        exit 0
    "#]]
    .assert_eq(&with_token("pedl_of_ada", &["user", "logout"]));
    assert!(!master.state().tokens.contains_key("pedl_of_ada"));
    assert_eq!(pedl.kept(), "nothing");
}

#[test]
fn logout_ends_the_session_here_and_there() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["user", "logout"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: nobody is logged in at MASTER
    "#]],
    );
    with_password(&pedl, "secret", &["user", "login", "ada"]);
    pedl.check(
        &["user", "logout"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged out ada
    "#]],
    );
    assert!(master.state().tokens.is_empty());
    assert_eq!(pedl.kept(), "active null, tokens of []");
    assert_eq!(whoami(&pedl), "pedl\n");
}

#[test]
fn logout_of_a_session_that_has_ended_already() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    with_password(&pedl, "secret", &["user", "login", "ada"]);
    master.state().end_sessions();
    pedl.check(
        &["user", "logout"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged out ada
    "#]],
    );
    assert_eq!(pedl.kept(), "active null, tokens of []");
}

#[test]
fn logout_of_one_and_of_all() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "admin"]);
    with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]);
    pedl.check(
        &["-u", "ada", "user", "logout"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged out ada
    "#]],
    );
    assert_eq!(pedl.kept(), r#"active "admin", tokens of ["admin"]"#);
    with_password(&pedl, "secret", &["-u", "ada", "user", "whoami"]);
    pedl.check(
        &["user", "logout", "-a"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: logged out ada, admin
    "#]],
    );
    assert_eq!(pedl.kept(), "active null, tokens of []");
    assert!(master.state().tokens.is_empty());
}

#[test]
fn logout_forgets_the_token_where_the_master_is_away() {
    let mut master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "admin"]);
    master.stop();
    pedl.check(&["user", "logout"], expect![[r#"
        exit 5
        --- stderr
        pedl: logged out admin
        error: cannot reach the master at MASTER (Connection refused): is it running? name another with -m or PEDL_MASTER
    "#]]);
    assert_eq!(pedl.kept(), "active null, tokens of []");
}

#[test]
fn a_home_that_cannot_be_written_stops_nothing() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    pedl.write(".config", "a file where the folder should be");
    pedl.check(
        &["user", "whoami"],
        expect![[r#"
            exit 0
            --- stdout
            pedl
            --- stderr
            warning: cannot read HOME/.config/pedl/credentials.json: Not a directory (os error 20)
            warning: cannot keep logins and certificates in HOME/.config/pedl: Not a directory (os error 20)
        "#]],
    );
}

#[test]
fn a_corrupt_store_is_set_aside() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    std::fs::create_dir_all(pedl.path(".config/pedl")).unwrap();
    pedl.write(".config/pedl/credentials.json", "{");
    let output = pedl.run(&["user", "whoami"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "pedl\n");
    let stderr = String::from_utf8_lossy(&output.stderr).to_string();
    assert!(stderr.contains("is corrupt") && stderr.contains("credentials.json.corrupt-2"), "{stderr}");
    assert_eq!(pedl.kept(), r#"active null, tokens of ["pedl"]"#);
}

#[test]
fn the_store_follows_xdg_config_home() {
    let master = master_with_ada();
    let pedl = Pedl::new(&master);
    let elsewhere = pedl.path("elsewhere");
    let output = pedl.command(&["user", "whoami"]).env("XDG_CONFIG_HOME", &elsewhere).output().unwrap();
    assert!(output.status.success());
    assert!(elsewhere.join("pedl/credentials.json").exists());
    assert_eq!(pedl.kept(), "nothing");
}
