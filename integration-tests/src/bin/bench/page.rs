//! The web page, in a browser: what it measures itself, in Node.js, is put into the table.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::report::Report;

/// A line of what it says.
#[derive(Deserialize)]
struct Figure {
    figure: String,
    measured: f64,
    target: f64,
    shall: Side,
    unit: String,
    detail: String,
}

/// Which side of the target is good.
#[derive(Deserialize)]
enum Side {
    #[serde(rename = "at most")]
    AtMost,
    #[serde(rename = "at least")]
    AtLeast,
}

pub fn measure(report: &mut Report) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../webui-grpc-web");
    let this = std::env::current_exe().expect("it runs from a file");
    let mut measuring = Command::new("node")
        .arg("bench/run.mjs")
        .current_dir(page)
        .env("PEDL_BIN", this.parent().expect("it is in a folder"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let said = measuring.stdout.take().expect("it is piped");
    for line in BufReader::new(said).lines() {
        let line = line.expect("it says text");
        let Figure { figure, measured, target, shall, unit, detail } =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        match shall {
            Side::AtMost => report.at_most(&figure, measured, target, &unit, &detail),
            Side::AtLeast => report.at_least(&figure, measured, target, &unit, &detail),
        }
    }
    assert!(measuring.wait().expect("it is waited for").success(), "the page could not be measured");
}
