//! The walls between the master's layers: `api → domain → store`, with sea-orm behind the store, and tonic in front of the
//! domain.

use std::fs;
use std::path::{Path, PathBuf};

/// What may be named where: nothing but these files and folders names it.
const WALLS: &[(&str, &[&str])] = &[
    ("sea_orm", &["store.rs", "store/"]),
    ("tonic", &["api.rs", "api/", "error.rs", "auth/layer.rs", "server.rs", "server/"]),
    ("axum", &["auth/layer.rs", "server.rs", "server/"]),
    ("crate::api", &["api/", "main.rs", "metrics.rs", "server.rs"]),
    ("crate::server", &["main.rs"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether `line` names the path `name`, rather than a longer word that holds it.
fn names(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == ':') && after.is_none_or(|c| c == ':' || c == ';' || c == ' ')
    })
}

#[test]
fn each_layer_names_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 30, "the walk found the sources");
    let mut breaches = Vec::new();
    for file in files {
        let place = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for (name, homes) in WALLS {
                let at_home = homes.iter().any(|home| place == *home || home.ends_with('/') && place.starts_with(home));
                if !at_home && names(line, name) {
                    breaches.push(format!("{place}:{} names {name}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}
