//! Sessions and access tokens: listed, made, ended.

use std::time::Duration;

use expect_test::expect;
use pedl_proto::v1::SessionKind;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

/// Ada is logged in, here and elsewhere, and so is admin.
fn with_sessions() -> (FakeMaster, Pedl) {
    let master = FakeMaster::start();
    master.state().add_user("ada", "", false);
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "ada", "-o", "json"]);
    master.state().add_session("pedl_elsewhere", "ada", SessionKind::Login, Duration::from_secs(24 * 3600));
    pedl.stdout(&["-u", "admin", "user", "whoami"]);
    (master, pedl)
}

#[test]
fn sessions() {
    let (_master, pedl) = with_sessions();
    pedl.stdout(&["token", "create", "--name", "nightly", "--lifetime", "7d"]);
    pedl.check(
        &["user", "sessions", "list"],
        expect![[r#"
            exit 0
            --- stdout
            ID  KIND          USER  NAME     FROM       CREATED     LAST USED      ENDS
            4   access token  ada   nightly  127.0.0.1  1 hour ago                 in 7 days
            2   login         ada            127.0.0.1  1 hour ago  2 minutes ago  in 1 day
            1   login         ada            127.0.0.1  1 hour ago  2 minutes ago  in 30 days  this one
        "#]],
    );
    pedl.check(
        &["user", "sessions", "list", "-a"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "sessions", "list", "-a"],
        expect![[r#"
            exit 0
            --- stdout
            ID  KIND          USER   NAME     FROM       CREATED     LAST USED      ENDS
            4   access token  ada    nightly  127.0.0.1  1 hour ago                 in 7 days
            3   login         admin           127.0.0.1  1 hour ago  2 minutes ago  in 30 days  this one
            2   login         ada             127.0.0.1  1 hour ago  2 minutes ago  in 1 day
            1   login         ada             127.0.0.1  1 hour ago  2 minutes ago  in 30 days
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "sessions", "list", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        [
          {
            "id": 3,
            "kind": "login",
            "username": "admin",
            "name": null,
            "address": "127.0.0.1",
            "created_at": "TIME",
            "last_used_at": "TIME",
            "expires_at": "TIME",
            "current": true
          }
        ]
    "#]],
    );
    pedl.check(
        &["user", "sessions", "list", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,kind,username,name,address,created_at,last_used_at,expires_at,current
        4,access_token,ada,nightly,127.0.0.1,TIME,,TIME,false
        2,login,ada,,127.0.0.1,TIME,TIME,TIME,false
        1,login,ada,,127.0.0.1,TIME,TIME,TIME,true
    "#]],
    );
}

#[test]
fn revoking_sessions() {
    let (_master, pedl) = with_sessions();
    pedl.check(
        &["user", "sessions", "revoke", "2"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: ended login 2 of ada
    "#]],
    );
    pedl.check(
        &["user", "sessions", "revoke", "2"],
        expect![[r#"
        exit 4
        --- stderr
        error: no session has this number
    "#]],
    );
    pedl.check(
        &["user", "sessions", "revoke", "two"],
        expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'two' for '<ID>': give its number, as `list` shows it
    "#]],
    );
    // One's own: the next command says to log in.
    pedl.check(
        &["user", "sessions", "revoke", "1", "-o", "yaml"],
        expect![[r#"
        exit 0
        --- stdout
        id: 1
        kind: login
        username: ada
        name: null
        address: 127.0.0.1
        created_at: TIME
        last_used_at: TIME
        expires_at: TIME
        current: false
    "#]],
    );
    pedl.check(
        &["user", "sessions", "list"],
        expect![[r#"
        exit 3
        --- stderr
        error: the session of ada has ended: `pedl user login ada`
    "#]],
    );
}

#[test]
fn tokens() {
    let (_master, pedl) = with_sessions();
    pedl.check(
        &["token", "list"],
        expect![[r#"
        exit 0
        --- stdout
        ID  NAME  CREATED  LAST USED  ENDS
        --- stderr
        pedl: no access tokens; make one with: pedl token create
    "#]],
    );
    pedl.check(
        &["token", "create", "--name", "nightly", "--lifetime", "12h"],
        expect![[r#"
        exit 0
        --- stdout
        pedl_4
        --- stderr
        pedl: shown this once; it works until TIME (in 12 hours); end it before: `pedl token revoke 4`
    "#]],
    );
    pedl.check(
        &["token", "create", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        {
          "token": "pedl_5",
          "id": 5,
          "name": null,
          "expires_at": "TIME"
        }
        --- stderr
        pedl: shown this once; it works until TIME (in 30 days); end it before: `pedl token revoke 5`
    "#]],
    );
    pedl.stdout(&["-u", "admin", "token", "create", "--name", "backup"]);
    pedl.check(
        &["token", "list"],
        expect![[r#"
            exit 0
            --- stdout
            ID  NAME     CREATED     LAST USED  ENDS
            5            1 hour ago             in 30 days
            4   nightly  1 hour ago             in 12 hours
        "#]],
    );
    pedl.check(
        &["-u", "admin", "token", "list", "-a"],
        expect![[r#"
            exit 0
            --- stdout
            ID  NAME     USER   CREATED     LAST USED  ENDS
            6   backup   admin  1 hour ago             in 30 days
            5            ada    1 hour ago             in 30 days
            4   nightly  ada    1 hour ago             in 12 hours
        "#]],
    );
    pedl.check(
        &["token", "list", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,kind,username,name,address,created_at,last_used_at,expires_at,current
        5,access_token,ada,,127.0.0.1,TIME,,TIME,false
        4,access_token,ada,nightly,127.0.0.1,TIME,,TIME,false
    "#]],
    );
    pedl.check(
        &["token", "revoke", "4"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: ended access token 4 (nightly) of ada
    "#]],
    );
    pedl.check(
        &["token", "create", "--lifetime", "forever"],
        expect![[r#"
        exit 2
        --- stderr
        error: invalid value 'forever' for '--lifetime <DURATION>': give a length of time like 30m, 24h or 7d
    "#]],
    );
}

#[test]
fn a_token_acts_as_its_owner_and_makes_no_other() {
    let (_master, pedl) = with_sessions();
    let token = pedl.stdout(&["token", "create"]);
    let with_token = |words: &[&str]| pedl.show(&pedl.command(words).env("PEDL_TOKEN", token.trim()).output().unwrap());
    expect![[r#"
        exit 0
        --- stdout
        ada
    "#]]
    .assert_eq(&with_token(&["user", "whoami"]));
    expect![[r#"
        exit 3
        --- stderr
        error: an access token makes no tokens: log in
    "#]]
    .assert_eq(&with_token(&["token", "create"]));
}
