//! Tasks that cannot start, and why.

use pedl_proto::agent::v1::task_report::Status as Report;
use pedl_proto::v1::BindMount;

use crate::containers::Cluster;
use crate::fake_master::FakeMaster;
use crate::process::Agent;
use pedl_proto::agent::v1::Assignment;

/// The reason, when nothing is left of the task.
async fn refused(shape: impl FnOnce(&mut Assignment)) -> String {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let task = master.place("true", shape);
    let (end, _) = master.end(&task).await;
    cluster.empty().await;
    let Report::CouldNotStart(refused) = end else { panic!("{end:?}") };
    refused.reason
}

#[track_caller]
fn says(reason: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| reason.contains(part)), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_image() {
    let reason =
        refused(|assignment| assignment.container.as_mut().unwrap().image = "127.0.0.1:1/absent:latest".into()).await;
    says(&reason, &["127.0.0.1:1/absent:latest", "agent n1", "connection refused", "--image"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_bind_source() {
    let bind = BindMount { host_path: "/no/such/dir".into(), container_path: "/data".into(), ..BindMount::default() };
    let reason = refused(|assignment| assignment.container.as_mut().unwrap().bind_mounts = vec![bind]).await;
    says(&reason, &["/no/such/dir", "agent n1", "create it"]);
    assert!(!std::fs::exists("/no").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_program() {
    let reason = refused(|assignment| assignment.argv = vec!["no-such-program".into()]).await;
    says(&reason, &["cannot run \"no-such-program\"", "No such file or directory"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_program() {
    let reason = refused(|assignment| assignment.argv = vec!["/etc/passwd".into()]).await;
    says(&reason, &["cannot run \"/etc/passwd\"", "Permission denied"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_work_dir() {
    let reason = refused(|assignment| assignment.container.as_mut().unwrap().work_dir = "relative".into()).await;
    says(&reason, &["work_dir \"relative\" is not absolute"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_to_run_as() {
    let reason = refused(|assignment| assignment.run_as.as_mut().unwrap().user = "a:b".into()).await;
    says(&reason, &["\"a:b\"", "link the account"]);
}

/// Docker says 500 to that, as it does when it is in trouble itself; and whoever comes behind is not held up by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_work_dir_that_cannot_be() {
    let cluster = Cluster::new().await;
    let master = FakeMaster::start(&cluster.id).await;
    let _agent = Agent::start(&master);
    let in_a_file = |assignment: &mut Assignment| assignment.container.as_mut().unwrap().work_dir = "/bin/sh".into();
    let many: Vec<_> = (0..9).map(|_| master.place("true", in_a_file)).collect();
    for task in many {
        let Report::CouldNotStart(refused) = master.end(&task).await.0 else { panic!("it did start") };
        says(&refused.reason, &["/bin/sh is not a directory", "agent n1"]);
    }
    let (end, _) = master.end(&master.place("true", |_| {})).await;
    assert_eq!(crate::tasks::code(&end), 0);
}
