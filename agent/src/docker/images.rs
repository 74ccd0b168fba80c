//! Images: found, pulled where absent, and read without being run.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use bollard::container::PathStatResponse;
use bollard::models::{ContainerCreateBody, ImageInspect};
use bollard::query_parameters::{
    ContainerArchiveInfoOptionsBuilder, CreateImageOptionsBuilder, DownloadFromContainerOptionsBuilder,
};
use futures::TryStreamExt as _;

use super::containers::TASK;
use super::{ApiError, Docker, Refusal};
use crate::identity::ImageFiles;

/// The largest `/etc/passwd` or `/etc/group` that is taken from an image.
const LARGEST_FILE: u64 = 256 << 10;

/// Such a file in a tar archive, with its header and its end.
const LARGEST_ARCHIVE: usize = 512 << 10;

/// Go's bit for a symbolic link, in which Docker describes files.
const GO_MODE_SYMLINK: u32 = 1 << 27;

/// Go's bits for all that is no file (io/fs, ModeType).
const GO_MODE_TYPE: u32 = 0x8f28_0000;

/// An image that is here.
#[derive(Debug, Clone)]
pub struct Image {
    /// Names the same content for ever.
    pub id: String,
    /// Where it wants directories of Docker's own; absolute, as the image wrote them.
    pub volumes: Vec<PathBuf>,
}

/// Why an image that is not here cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("image {image} is not on agent {agent} and cannot be pulled ({message}): {advice}")]
pub struct PullFailure {
    image: String,
    agent: String,
    message: String,
    advice: &'static str,
}

impl Docker {
    /// An image that is here.
    pub async fn find_image(&self, image: &str) -> Result<Option<Image>, Refusal> {
        match self.patiently(|| self.api.inspect_image(image)).await {
            Ok(ImageInspect { id, config, .. }) => {
                let volumes = config.and_then(|config| config.volumes).unwrap_or_default();
                Ok(id.map(|id| Image { id, volumes: volumes.into_iter().map(PathBuf::from).collect() }))
            }
            Err(Refusal::NotFound(_)) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Pulls an image.
    pub async fn pull(&self, image: &str) -> Result<(), PullFailure> {
        let options = CreateImageOptionsBuilder::new().from_image(&with_tag(image)).build();
        let pull = || {
            let progress = self.api.create_image(Some(options.clone()), None, None);
            progress.map_err(of_registry).try_for_each(|_| std::future::ready(Ok(())))
        };
        self.patiently(pull).await.map_err(|refusal| PullFailure {
            image: image.into(),
            agent: self.agent.clone(),
            message: refusal.to_string(),
            advice: advice(image),
        })
    }

    /// Reads what the identity of an image's tasks is made from.
    pub async fn read_image_files(&self, image_id: &str) -> Result<ImageFiles, Refusal> {
        self.in_probe(image_id, "files", async |probe| self.read_probe(probe).await).await
    }

    /// Where paths lead in an image: absolute, without symbolic links. What is not there leads to itself.
    pub async fn resolve_in_image(&self, image_id: &str, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Refusal> {
        let resolve = async |probe: &str| {
            let mut resolved = vec![];
            for path in paths {
                resolved.push(self.resolve(probe, path).await?);
            }
            Ok(resolved)
        };
        self.in_probe(image_id, "paths", resolve).await
    }

    async fn resolve(&self, probe: &str, path: &Path) -> Result<PathBuf, Refusal> {
        let mut resolved = PathBuf::from("/");
        let mut parts = path.components();
        parts.next();
        while let Some(part) = parts.next() {
            let next = resolved.join(part);
            resolved = match self.stat(probe, &next.to_string_lossy()).await? {
                Some(link) if link.file_mode & GO_MODE_SYMLINK != 0 => link.link_target.into(),
                Some(_) => next,
                None => return Ok(next.join(parts.as_path())),
            };
        }
        Ok(resolved)
    }

    /// Looks into an image, for one purpose at a time, by a container that is never started.
    async fn in_probe<T>(
        &self,
        image_id: &str,
        purpose: &str,
        look: impl AsyncFnOnce(&str) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut labels = self.labels();
        // An image's label of this name would make it look like a task's.
        labels.insert(TASK.into(), String::new());
        let body = ContainerCreateBody {
            image: Some(image_id.into()),
            cmd: Some(vec!["never-started".into()]),
            labels: Some(labels),
            ..ContainerCreateBody::default()
        };
        // By its name one is found again whose making was not answered, to this process or to one before it. Other agents
        // have other names.
        let whose = crc32fast::hash(format!("{} {} {image_id}", self.cluster, self.agent).as_bytes());
        let probe = format!("pedl-image-{purpose}-{whose:08x}");
        self.create_named(&probe, body).await?;
        let seen = look(&probe).await;
        self.remove_by_id(&probe).await?;
        seen
    }

    async fn read_probe(&self, probe: &str) -> Result<ImageFiles, Refusal> {
        Ok(ImageFiles {
            passwd: self.read_file(probe, "/etc/passwd").await?.unwrap_or_default(),
            group: self.read_file(probe, "/etc/group").await?.unwrap_or_default(),
            has_bash: self.find_file(probe, "/bin/bash").await?.is_some(),
        })
    }

    /// A file of a container, behind symbolic links.
    async fn read_file(&self, container: &str, path: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some((path, stat)) = self.find_file(container, path).await? else {
            return Ok(None);
        };
        // What is no file, or far too large for one, would come whole: Docker packs directories, too.
        if stat.file_mode & GO_MODE_TYPE != 0 || u64::try_from(stat.size).unwrap_or(u64::MAX) > LARGEST_FILE {
            return Ok(None);
        }
        let options = DownloadFromContainerOptionsBuilder::new().path(&path).build();
        let download = || {
            let chunks = self.api.download_from_container(container, Some(options.clone()));
            chunks.try_fold(Vec::new(), |mut archive, chunk| {
                if archive.len() < LARGEST_ARCHIVE {
                    archive.extend_from_slice(&chunk);
                }
                std::future::ready(Ok(archive))
            })
        };
        let archive = match self.insistently(download).await {
            Err(Refusal::NotFound(_)) => return Ok(None),
            answer => answer?,
        };
        Ok(first_file(&archive))
    }

    /// Where a path leads in a container, and what is there: Docker follows links in all of it but the last part, and
    /// tells where that leads.
    async fn find_file(&self, container: &str, path: &str) -> Result<Option<(String, PathStatResponse)>, Refusal> {
        match self.stat(container, path).await? {
            Some(link) if link.file_mode & GO_MODE_SYMLINK != 0 => {
                let target = self.stat(container, &link.link_target).await?;
                Ok(target.map(|stat| (link.link_target, stat)))
            }
            stat => Ok(stat.map(|stat| (path.into(), stat))),
        }
    }

    async fn stat(&self, container: &str, path: &str) -> Result<Option<PathStatResponse>, Refusal> {
        let options = ContainerArchiveInfoOptionsBuilder::new().path(path).build();
        match self.insistently(|| self.api.get_container_archive_info(container, Some(options.clone()))).await {
            Ok(stat) => Ok(Some(stat)),
            Err(Refusal::NotFound(_)) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

/// A registry that is away comes as a 5xx of Docker's: that is the answer, and not waited out.
fn of_registry(error: ApiError) -> ApiError {
    if let ApiError::DockerResponseServerError { message, .. } = error {
        return ApiError::DockerStreamError { error: message };
    }
    error
}

/// Without a tag Docker's API would pull every one there is.
fn with_tag(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains([':', '@']) { image.into() } else { format!("{image}:latest") }
}

fn advice(image: &str) -> &'static str {
    if image.starts_with("pedl-task:") {
        "build it on the agent with deploy/task-image/build, or name another image with --image"
    } else {
        "load or build it on the agent, or name another with --image"
    }
}

/// The first file in a tar archive.
fn first_file(archive: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let file = archive.entries().ok()?.filter_map(Result::ok).find(|entry| entry.header().entry_type().is_file())?;
    let mut content = Vec::new();
    file.take(LARGEST_FILE).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tag_is_pulled() {
        for (image, pulled) in [
            ("debian", "debian:latest"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("localhost:5000/a/b:1", "localhost:5000/a/b:1"),
            ("a@sha256:0123", "a@sha256:0123"),
        ] {
            assert_eq!(with_tag(image), pulled);
        }
    }
}
