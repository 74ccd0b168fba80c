//! What was read from images, kept on disk by image id: reading costs a container that is made and removed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use crate::data_dir::write_durably;
use crate::docker::{Docker, Refusal};
use crate::identity::ImageFiles;

/// The files of the images that tasks ran in.
#[derive(Debug)]
pub struct ImageCache {
    dir: PathBuf,
    /// One image is read at a time: tasks that start together mostly share one.
    reading: Mutex<()>,
    /// Where paths of images lead, by the image's id.
    resolved: Mutex<HashMap<(String, PathBuf), PathBuf>>,
}

/// Paths that are remembered at once.
const MOST_RESOLVED: usize = 10_000;

/// Why an image's files are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Docker said no.
    #[error(transparent)]
    Docker(#[from] Refusal),
    /// The agent's own directory is in trouble.
    #[error("{dir}: {source}", dir = dir.display())]
    Io {
        /// The directory.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl ImageCache {
    /// Keeps files below `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, reading: Mutex::default(), resolved: Mutex::default() }
    }

    /// Where these paths lead in an image, without its symbolic links.
    pub async fn resolve(&self, docker: &Docker, image_id: &str, paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, Error> {
        let key = |path: &PathBuf| (image_id.to_owned(), path.clone());
        let mut known = self.resolved.lock().await;
        if known.len() > MOST_RESOLVED {
            known.clear();
        }
        let unknown: Vec<_> = paths.iter().filter(|path| !known.contains_key(&key(path))).cloned().collect();
        if !unknown.is_empty() {
            // Others wait for what they may want, too.
            let found = docker.resolve_in_image(image_id, &unknown).await?;
            known.extend(unknown.iter().map(key).zip(found));
        }
        Ok(paths.iter().map(|path| known[&key(path)].clone()).collect())
    }

    /// What identities in an image are made from. An id names the same content for ever.
    pub async fn get(&self, docker: &Docker, image_id: &str) -> Result<ImageFiles, Error> {
        let dir = self.dir.join(image_id.replace([':', '/'], "-"));
        if let Some(files) = find(&dir) {
            return Ok(files);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(files) = find(&dir) {
            return Ok(files);
        }
        let files = docker.read_image_files(image_id).await?;
        store(&dir, &files).map_err(|source| Error::Io { dir, source })?;
        Ok(files)
    }
}

/// What the file `shell` says of an image that has it.
const BASH: &[u8] = b"bash";

fn find(dir: &Path) -> Option<ImageFiles> {
    let read = |name| std::fs::read(dir.join(name)).ok();
    // `shell` is written last: where it is, all is there.
    let has_bash = read("shell")? == BASH;
    Some(ImageFiles { passwd: read("passwd")?, group: read("group")?, has_bash })
}

fn store(dir: &Path, files: &ImageFiles) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    write_durably(&dir.join("passwd"), &files.passwd)?;
    write_durably(&dir.join("group"), &files.group)?;
    write_durably(&dir.join("shell"), if files.has_bash { BASH } else { b"sh" })
}
