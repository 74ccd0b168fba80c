//! Accounts that are edited, activated and deactivated.

use expect_test::expect;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

/// Ada is logged in; the master is admin's, who can be used with `-u`.
fn with_ada() -> (FakeMaster, Pedl) {
    let master = FakeMaster::start();
    master.state().add_user("ada", "", false);
    let pedl = Pedl::new(&master);
    pedl.stdout(&["user", "login", "ada", "-o", "json"]);
    (master, pedl)
}

#[test]
fn deactivate_and_activate() {
    let (_master, pedl) = with_ada();
    pedl.check(
        &["user", "deactivate", "pedl"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "deactivate", "nobody"],
        expect![[r#"
        exit 4
        --- stderr
        error: no user has this name
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "deactivate", "ada", "--dry-run"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: deactivating ada would end 2 sessions; 3 assets would go on or wait
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "deactivate", "ada", "--dry-run", "--kill-tasks"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: deactivating ada would end 2 sessions and kill 3 assets
    "#]],
    );
    pedl.stdout(&["-u", "ada", "user", "whoami"]);
    pedl.check(
        &["-u", "admin", "user", "deactivate", "ada"],
        expect![[r#"
            exit 0
            --- stderr
            pedl: deactivated ada; ended 1 session; tasks that run go on
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "deactivate", "ada", "--kill-tasks"],
        expect![[r#"
            exit 0
            --- stderr
            pedl: deactivated ada; ended 0 sessions; killing 3 assets
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "deactivate", "pedl", "--kill-tasks", "-o", "json"],
        expect![[r#"
            exit 0
            --- stdout
            {
              "id": 2,
              "username": "pedl",
              "display_name": null,
              "admin": false,
              "active": false,
              "agent_uid": null,
              "agent_user": null,
              "agent_gid": null,
              "agent_group": null,
              "agent_groups": null,
              "agent_umask": null,
              "ended_sessions": 0,
              "killed_assets": 3,
              "live_assets": 0,
              "dry_run": false
            }
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "list"],
        expect![[r#"
        exit 0
        --- stdout
        USERNAME  DISPLAY NAME  ADMIN  STATUS    TASKS RUN AS
        ada                     no     inactive  the cluster's default
        admin                   yes    active    the cluster's default
        pedl                    no     inactive  the cluster's default
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "activate", "ada"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: activated ada
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "activate", "pedl", "-o", "yaml"],
        expect![[r#"
        exit 0
        --- stdout
        id: 2
        username: pedl
        display_name: null
        admin: false
        active: true
        agent_uid: null
        agent_user: null
        agent_gid: null
        agent_group: null
        agent_groups: null
        agent_umask: null
    "#]],
    );
}

#[test]
fn edit_changes_what_is_given() {
    let (_master, pedl) = with_ada();
    pedl.check(
        &["-u", "admin", "user", "edit", "ada", "--display-name", "Ada Lovelace"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: ada is no administrator, shown as Ada Lovelace
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "edit", "ada", "--admin", "true"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: ada is an administrator, shown as Ada Lovelace
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "edit", "ada", "--admin", "false", "--display-name", "", "-o", "json"],
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
              "agent_umask": null
            }
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "edit", "pedl", "--username", "open"],
        expect![[r#"
        exit 1
        --- stderr
        error: this user keeps its name
    "#]],
    );
    pedl.check(
        &["user", "edit", "ada", "--admin", "true"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
}

#[test]
fn a_renamed_user_stays_logged_in() {
    let (_master, pedl) = with_ada();
    // Who acts renames somebody who is logged in here.
    pedl.check(
        &["-u", "admin", "user", "edit", "Ada", "--username", "Countess"],
        expect![[r#"
        exit 0
        --- stderr
        pedl: countess (until now ada) is no administrator
    "#]],
    );
    assert_eq!(pedl.kept(), r#"active "countess", tokens of ["admin", "countess"]"#);
    assert_eq!(pedl.stdout(&["user", "whoami"]), "countess\n");
    // Or himself, for this one command.
    pedl.stdout(&["-u", "admin", "user", "edit", "countess", "--admin", "true", "-o", "json"]);
    pedl.stdout(&["-u", "countess", "user", "edit", "countess", "--username", "ada", "-o", "json"]);
    assert_eq!(pedl.kept(), r#"active "ada", tokens of ["ada", "admin"]"#);
    assert_eq!(pedl.stdout(&["user", "whoami"]), "ada\n");
}

#[test]
fn a_token_of_the_environment_renames_nothing_here() {
    let (master, pedl) = with_ada();
    let hour = std::time::Duration::from_secs(3600);
    master.state().add_session("pedl_of_admin", "admin", pedl_proto::v1::SessionKind::AccessToken, hour);
    let mut edit = pedl.command(&["user", "edit", "ada", "--username", "countess"]);
    assert!(edit.env("PEDL_TOKEN", "pedl_of_admin").output().unwrap().status.success());
    assert_eq!(pedl.kept(), r#"active "ada", tokens of ["ada"]"#);
}
