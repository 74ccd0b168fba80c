//! Accounts, agents and the master.

use expect_test::expect;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

#[test]
fn create_and_list() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["user", "create", "ada"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "create", "ada", "--display-name", "Ada Lovelace"],
        expect![[r#"
            exit 0
            --- stderr
            pedl: created ada, with a blank password
        "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "create", "grace", "--admin", "-o", "json"],
        expect![[r#"
            exit 0
            --- stdout
            {
              "id": 4,
              "username": "grace",
              "display_name": null,
              "admin": true,
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
        &["-u", "admin", "user", "create", "ada"],
        expect![[r#"
        exit 1
        --- stderr
        error: there is a user of this name already
    "#]],
    );
    master.state().users.get_mut("pedl").unwrap().active = false;
    pedl.check(
        &["-u", "admin", "user", "list"],
        expect![[r#"
        exit 0
        --- stdout
        USERNAME  DISPLAY NAME  ADMIN  STATUS    TASKS RUN AS
        ada       Ada Lovelace  no     active    the cluster's default
        admin                   yes    active    the cluster's default
        grace                   yes    active    the cluster's default
        pedl                    no     inactive  the cluster's default
    "#]],
    );
    pedl.check(
        &["-u", "admin", "user", "list", "-o", "csv"],
        expect![[r#"
            exit 0
            --- stdout
            id,username,display_name,admin,active,agent_uid,agent_user,agent_gid,agent_group,agent_groups,agent_umask
            3,ada,Ada Lovelace,false,true,,,,,,
            1,admin,,true,true,,,,,,
            4,grace,,true,true,,,,,,
            2,pedl,,false,false,,,,,,
        "#]],
    );
}

#[test]
fn link_with_agent_user() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    let link = |target: &str, uid: &str| {
        let words = ["-u", "admin", "user", "link-with-agent-user", target];
        let user = ["--agent-uid", uid, "--agent-user", "ada"];
        let group = ["--agent-gid", "2000", "--agent-group", "team"];
        pedl.show(&pedl.run(&[&words[..], &user, &group].concat()))
    };
    expect![[r#"
        exit 0
        --- stderr
        pedl: tasks of pedl that start from now on run as ada (1001), group team (2000)
    "#]]
    .assert_eq(&link("pedl", "1001"));
    expect![[r#"
        exit 1
        --- stderr
        error: agent_user.uid: must be 0 to 2147483647
    "#]]
    .assert_eq(&link("pedl", "-1"));
    expect![[r#"
        exit 4
        --- stderr
        error: no user has this name
    "#]]
    .assert_eq(&link("nobody", "1001"));
    link("admin", "0");
    let words = ["-u", "admin", "user", "link-with-agent-user", "pedl", "--agent-uid", "1001", "--agent-user", "ada"];
    let groups = ["--agent-gid", "2000", "--agent-group", "team", "--agent-groups", "2001,2002", "--agent-umask", "27"];
    pedl.check(
        &[&words[..], &groups].concat(),
        expect![[r#"
            exit 0
            --- stderr
            pedl: tasks of pedl that start from now on run as ada (1001), group team (2000), groups 2001 2002, umask 0027
        "#]],
    );
    pedl.check(
        &["user", "list"],
        expect![[r#"
            exit 0
            --- stdout
            USERNAME  DISPLAY NAME  ADMIN  STATUS  TASKS RUN AS
            admin                   yes    active  ada (0), group team (2000)
            pedl                    no     active  ada (1001), group team (2000), groups 2001 2002, umask 0027
        "#]],
    );
    pedl.check(
        &["user", "list", "-o", "csv"],
        expect![[r#"
            exit 0
            --- stdout
            id,username,display_name,admin,active,agent_uid,agent_user,agent_gid,agent_group,agent_groups,agent_umask
            1,admin,,true,true,0,ada,2000,team,[],
            2,pedl,,false,true,1001,ada,2000,team,"[2001,2002]",0027
        "#]],
    );
    pedl.check(
        &["user", "list", "-o", "yaml"],
        expect![[r#"
            exit 0
            --- stdout
            - id: 1
              username: admin
              display_name: null
              admin: true
              active: true
              agent_uid: 0
              agent_user: ada
              agent_gid: 2000
              agent_group: team
              agent_groups: []
              agent_umask: null
            - id: 2
              username: pedl
              display_name: null
              admin: false
              active: true
              agent_uid: 1001
              agent_user: ada
              agent_gid: 2000
              agent_group: team
              agent_groups:
              - 2001
              - 2002
              agent_umask: '0027'
        "#]],
    );
}

#[test]
fn master_info_needs_no_login() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["master", "info"],
        expect![[r#"
        exit 0
        --- stdout
        Master:   MASTER
        Version:  0.1.0
        Cluster:  cluster-1
    "#]],
    );
    pedl.check(
        &["master", "info", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        {
          "master": "MASTER",
          "version": "0.1.0",
          "cluster_id": "cluster-1"
        }
    "#]],
    );
    assert_eq!(master.state().take_calls(), ["GetMaster", "GetMaster"]);
}
