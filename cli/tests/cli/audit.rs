//! What was done, as administrators read it.

use std::time::{Duration, SystemTime};

use expect_test::expect;

use crate::fake_master::FakeMaster;
use crate::pedl::Pedl;

fn with_events() -> (FakeMaster, Pedl) {
    let master = FakeMaster::start();
    {
        let mut state = master.state();
        state.add_audit_event("admin", "login", "");
        state.audit[0].time = Some((SystemTime::now() - Duration::from_secs(7200)).into());
        state.add_audit_event("admin", "user.create", "ada");
        state.add_audit_event("ada", "login", "");
        state.add_audit_event("ada", "asset.kill", "42");
        let refused = state.audit.last_mut().unwrap();
        refused.succeeded = false;
        refused.detail = "the command of grace".to_string();
    }
    let pedl = Pedl::new(&master);
    (master, pedl)
}

#[test]
fn events_newest_first() {
    let (_master, pedl) = with_events();
    pedl.check(
        &["master", "audit"],
        expect![[r#"
        exit 3
        --- stderr
        error: only administrators may do this: pedl -u admin …
    "#]],
    );
    pedl.check(
        &["-u", "admin", "master", "audit"],
        expect![[r#"
        exit 0
        --- stdout
        TIME                  WHO    FROM       ACTION       TARGET  RESULT  DETAIL
        TIME  ada    127.0.0.1  asset.kill   42      failed  the command of grace
        TIME  ada    127.0.0.1  login                done
        TIME  admin  127.0.0.1  user.create  ada     done
        TIME  admin  127.0.0.1  login                done
    "#]],
    );
    pedl.check(
        &["-u", "admin", "master", "audit", "--limit", "1", "-o", "json"],
        expect![[r#"
        exit 0
        --- stdout
        [
          {
            "id": 4,
            "time": "TIME",
            "actor": "ada",
            "address": "127.0.0.1",
            "action": "asset.kill",
            "target": "42",
            "succeeded": false,
            "detail": "the command of grace"
          }
        ]
    "#]],
    );
    pedl.check(
        &["-u", "admin", "master", "audit", "-o", "csv"],
        expect![[r#"
        exit 0
        --- stdout
        id,time,actor,address,action,target,succeeded,detail
        4,TIME,ada,127.0.0.1,asset.kill,42,false,the command of grace
        3,TIME,ada,127.0.0.1,login,,true,
        2,TIME,admin,127.0.0.1,user.create,ada,true,
        1,TIME,admin,127.0.0.1,login,,true,
    "#]],
    );
}

#[test]
fn filters() {
    let (_master, pedl) = with_events();
    let ids = |words: &[&str]| {
        let words = [&["-u", "admin", "master", "audit", "-o", "json"][..], words].concat();
        let events: serde_json::Value = serde_json::from_str(&pedl.stdout(&words)).unwrap();
        events.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--account", "ada"]), [4, 3, 2]);
    assert_eq!(ids(&["--action", "login"]), [3, 1]);
    assert_eq!(ids(&["--action", "user."]), [2]);
    assert_eq!(ids(&["--since", "1h"]), [4, 3, 2]);
    assert_eq!(ids(&["--until", "1h"]), [1]);
    assert_eq!(ids(&["--since", "3h", "--until", "1h"]), [1]);
    assert_eq!(ids(&["--since", "1h", "--account", "ada", "--limit", "2"]), [4, 3]);
    assert_eq!(ids(&["--action", "none"]), [0; 0]);
}

#[test]
fn no_more_pages_are_asked_for_than_are_shown() {
    let master = FakeMaster::start();
    (0..1001).for_each(|_| master.state().add_audit_event("ada", "login", ""));
    let pedl = Pedl::new(&master);
    let lines_and_calls = |words: &[&str]| {
        master.state().take_calls();
        let output = pedl.run(&[&["-u", "admin", "master", "audit"][..], words].concat());
        let calls = master.state().take_calls().into_iter().filter(|call| *call == "ListAuditEvents").count();
        let lines = String::from_utf8(output.stdout).unwrap().lines().count();
        (lines, calls, pedl.steady(&String::from_utf8(output.stderr).unwrap()))
    };
    // A header, and the events.
    let more = "pedl: these are the newest 100; for more: --limit N, or -o json for all\n";
    assert_eq!(lines_and_calls(&[]), (101, 1, more.to_string()));
    assert_eq!(lines_and_calls(&["--limit", "500"]), (501, 1, String::new()));
    assert_eq!(lines_and_calls(&["--limit", "501"]), (502, 2, String::new()));
    assert_eq!(lines_and_calls(&["--limit", "5000"]), (1002, 3, String::new()));
    assert_eq!(lines_and_calls(&["-o", "csv"]), (1002, 3, String::new()));
}
