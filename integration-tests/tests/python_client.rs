//! The generated Python client, against a real cluster.

use std::path::Path;
use std::process::Command;

use integration_tests::{BUSYBOX, Cluster, outcome};

#[test]
fn the_python_clients_tests_pass() {
    let python =
        std::env::var("PEDL_TEST_PYTHON").expect("PEDL_TEST_PYTHON has the client installed: use scripts/test");
    let cluster = Cluster::start();
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/python");
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]).current_dir(package);
    pytest.env("PEDL_MASTER", cluster.url()).env("PEDL_TEST_IMAGE", BUSYBOX);
    let outcome = outcome(&mut pytest);
    assert_eq!(outcome.code, Some(0), "{}\n{}", outcome.stdout, outcome.stderr);
}
