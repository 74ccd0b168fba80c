//! The documentation, walked: each `$ ` line of a page's ```console blocks is run, in order, and must print what stands
//! below it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use integration_tests::{Settings, outcome, program};

/// A command, and what it prints.
struct Step {
    command: String,
    output: String,
}

fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if !inside {
            continue;
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), output: String::new() });
        } else if let Some(step) = steps.last_mut() {
            step.output += line;
            step.output.push('\n');
        }
    }
    steps
}

/// What the tour makes outside of the cluster, removed at the end.
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn the_tour_goes_as_written() {
    walk("README.md", "/srv/pedl-tour");
}

#[test]
fn accounts_are_as_written() {
    walk("docs/accounts.md", "/srv/none");
}

#[test]
fn files_and_permissions_are_as_written() {
    walk("docs/files-and-permissions.md", "/srv/pedl-docs");
}

#[test]
fn a_second_machine_goes_out_of_service_as_written() {
    walk("docs/second-machine.md", "/srv/none");
}

#[test]
fn tls_is_as_written() {
    walk_on(Settings::default().agents(0).master_yaml("tls: { mode: auto }"), "docs/tls.md", "/srv/pedl-tls");
}

#[test]
fn operating_is_as_written() {
    walk("docs/operating.md", "/srv/none");
}

#[test]
fn each_promise_names_tests_that_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = fs::read_to_string(root.join("docs/when-things-break.md")).unwrap();
    let sources = ["agent", "master", "integration-tests/tests"].map(|folder| sources(&root.join(folder))).concat();
    let mut promises = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && line.ends_with(" |")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, promise, tests] = cells[..] else { panic!("three cells: {row}") };
        // The heads: of the table, and of its parts.
        if promise.is_empty() || tests == "shown by" || tests == "---" {
            continue;
        }
        promises += 1;
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "a test of: {what}");
        for name in named {
            assert!(sources.contains(&format!("fn {name}()")), "{name} is no test, for: {what}");
        }
    }
    assert!(promises >= 20, "the table is found");
}

/// All Rust below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources(&path),
            Some(extension) if extension == "rs" => fs::read_to_string(path).unwrap(),
            _ => String::new(),
        })
        .collect()
}

fn walk(page: &str, leftover: &str) {
    walk_on(Settings::default(), page, leftover);
}

/// `leftover` is the directory that the page has made outside of the cluster.
fn walk_on(settings: Settings, page: &str, leftover: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    // The one machine of these clusters has the agent n0.
    let steps = steps(&fs::read_to_string(page).unwrap().replace("gpu2", "n0"));
    assert!(steps.len() >= 5, "the steps are found");
    let _leftover = Leftover(leftover.into());
    let cluster = settings.start();
    let programs = program("pedl");
    let path = format!("{}:{}", programs.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for Step { command, output } in steps {
        let mut shell = Command::new("sh");
        // Tests run as root, with or without sudo; and the master has a directory of its own.
        let command = command.replace("sudo ", "").replace("/var/lib/pedl", &cluster.path("master").to_string_lossy());
        shell.args(["-c", &command]).env("PATH", &path).stdin(std::process::Stdio::null());
        shell.env("HOME", cluster.path("home")).env("PEDL_MASTER", cluster.url());
        shell.env_remove("PEDL_USER").env_remove("PEDL_TOKEN").current_dir(cluster.path(""));
        let run = outcome(&mut shell);
        assert_eq!(run.stdout, output, "$ {command}\n{}", run.stderr);
    }
}
