//! The machines that run work, and what waits for them.

use expect_test::expect;
use pedl_proto::v1::{AssetState, CreateAssetRequest};

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

#[test]
fn agents() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["agent", "list"],
        expect![[r#"
            exit 0
            --- stdout
            NAME    POOL     STATE                SLOTS    TASKS  VERSION  LAST SEEN
            node-1  default  connected            2/8 cpu  1      0.1.0    just now
            node-2  default  away, disabled       0/8 gpu  0      0.1.0
            node-3  default  connected, draining  2/8 cpu  1      0.1.0    just now
        "#]],
    );
    pedl.check(
        &["agent", "list", "-o", "csv"],
        expect![[r#"
            exit 0
            --- stdout
            name,resource_pool,connected,enabled,slots,slot_kind,used_slots,tasks,version,registered_at,last_seen_at,draining
            node-1,default,true,true,8,cpu,2,1,0.1.0,TIME,TIME,false
            node-2,default,false,false,8,gpu,0,0,0.1.0,TIME,,false
            node-3,default,true,false,8,cpu,2,1,0.1.0,TIME,TIME,true
        "#]],
    );
    pedl.check(
        &["agent", "create-token"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &["-u", "admin", "agent", "create-token", "--lifetime", "1h"],
        expect![[r#"
            exit 0
            --- stdout
            pedl_join_1
            --- stderr
            pedl: shown this once; agents can join with it until TIME (in 1 hour)
        "#]],
    );
}

#[test]
fn agents_go_out_of_service_and_back() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    let admin = |words: &[&'static str]| [&["-u", "admin", "agent"], words].concat();
    pedl.check(
        &["agent", "disable", "node-1"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &admin(&["disable", "node-1"]),
        expect![[r#"
        exit 0
        --- stderr
        pedl: disabled node-1; killing 1 asset
    "#]],
    );
    pedl.check(
        &admin(&["disable", "node-1", "--drain"]),
        expect![[r#"
        exit 0
        --- stderr
        pedl: disabled node-1; left to their end: 1 task
    "#]],
    );
    pedl.check(
        &admin(&["disable", "node-2"]),
        expect![[r#"
        exit 0
        --- stderr
        pedl: disabled node-2: nothing runs there
    "#]],
    );
    pedl.check(
        &admin(&["disable", "node-1", "-o", "json"]),
        expect![[r#"
        exit 0
        --- stdout
        {
          "name": "node-1",
          "resource_pool": "default",
          "connected": true,
          "enabled": false,
          "slots": 8,
          "slot_kind": "cpu",
          "used_slots": 2,
          "tasks": 1,
          "version": "0.1.0",
          "registered_at": "TIME",
          "last_seen_at": "TIME",
          "draining": false,
          "killed_assets": 1
        }
    "#]],
    );
    pedl.check(
        &admin(&["enable", "node-1"]),
        expect![[r#"
        exit 0
        --- stderr
        pedl: enabled node-1: it takes tasks
    "#]],
    );
    pedl.check(
        &admin(&["enable", "node-2"]),
        expect![[r#"
        exit 0
        --- stderr
        pedl: enabled node-2: it takes tasks as soon as it is connected
    "#]],
    );
    pedl.check(
        &admin(&["enable", "node-9"]),
        expect![[r#"
        exit 4
        --- stderr
        error: there is no agent `node-9`: `pedl agent list` names them all
    "#]],
    );
}

#[test]
fn the_queue_tells_who_is_next() {
    let master = FakeMaster::start();
    let pedl = Pedl::new(&master);
    pedl.check(
        &["agent", "queue"],
        expect![[r#"
        exit 0
        --- stdout
        POOL  POSITION  ID  DESCRIPTION  OWNER  SINCE  WAITS BECAUSE
        --- stderr
        pedl: nothing waits
    "#]],
    );
    master.state().script.state_meanwhile = (AssetState::Queued, "waits for a free slot in resource pool `default`");
    master.state().add_command("ada", CreateAssetRequest::default());
    master.state().add_command("pedl", CreateAssetRequest::default());
    pedl.check(
        &["agent", "queue"],
        expect![[r#"
        exit 0
        --- stdout
        POOL     POSITION  ID  DESCRIPTION  OWNER  SINCE          WAITS BECAUSE
        default  1         42  made up      ada    5 minutes ago  waits for a free slot in resource pool `default`
        default  2         43  made up      pedl   5 minutes ago  waits for a free slot in resource pool `default`
    "#]],
    );
    pedl.check(
        &["agent", "queue", "--resource-pool", "big", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        []
    "#]],
    );
    pedl.check(&["agent", "queue", "-o", "csv"], expect![[r#"
        exit 0
        --- stdout
        position,id,kind,owner,description,state,state_reason,exit_code,agent,resource_pool,created_at,started_at,ended_at
        1,42,command,ada,made up,QUEUED,waits for a free slot in resource pool `default`,,node-1,default,TIME,,
        2,43,command,pedl,made up,QUEUED,waits for a free slot in resource pool `default`,,node-1,default,TIME,,
    "#]]);
}
