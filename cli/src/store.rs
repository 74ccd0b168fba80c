//! The tokens and certificates that are kept between commands: a JSON file that only its owner can read. Several `pedl`s at once
//! change it safely; none of them fails because of it.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pedl_tls::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::error::warn;
use crate::master_url::MasterUrl;

/// What is kept for one master.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who logged in. His token may have ended: then he is still meant, and must log in again.
    pub active_user: Option<String>,
    /// Tokens by username.
    #[serde(default)]
    pub tokens: BTreeMap<String, String>,
    /// The certificate that the master showed first, where the machine does not vouch for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Fingerprint>,
}

impl Kept {
    /// Forgets a user's token and, where he was the active user, that.
    pub fn forget(&mut self, user: &str) {
        self.tokens.remove(user);
        if self.active_user.as_deref() == Some(user) {
            self.active_user = None;
        }
    }

    /// Drops a user's token if it still is this one: another `pedl` may have kept a fresh one meanwhile.
    pub fn drop_token(&mut self, user: &str, token: &str) {
        if self.tokens.get(user).is_some_and(|kept| kept == token) {
            self.tokens.remove(user);
        }
    }

    /// Keeps under the new name what was kept under the old one. What was kept under the new one before was somebody
    /// else's.
    pub fn rename(&mut self, before: &str, after: &str) {
        self.tokens.remove(after);
        if let Some(token) = self.tokens.remove(before) {
            self.tokens.insert(after.to_string(), token);
        }
        if self.active_user.as_deref() == Some(before) {
            self.active_user = Some(after.to_string());
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Credentials {
    #[serde(default)]
    masters: BTreeMap<String, Kept>,
}

/// The file of tokens, as far as one master is concerned.
#[derive(Debug)]
pub struct Store {
    /// `None` where this user has no home.
    folder: Option<PathBuf>,
    master: MasterUrl,
}

impl Store {
    /// The store below `$XDG_CONFIG_HOME`, else `~/.config`.
    pub fn open(master: MasterUrl) -> Self {
        // The XDG base directory specification: a relative path is to be ignored.
        let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let config = xdg.or_else(|| Some(std::env::home_dir()?.join(".config")));
        Self { folder: config.map(|config| config.join("pedl")), master }
    }

    /// What is kept for the master. What cannot be read counts as nothing, with a warning.
    pub fn read(&self) -> Kept {
        let Some(folder) = &self.folder else {
            return Kept::default();
        };
        let credentials = load(folder).unwrap_or_else(|err| {
            warn(format!("cannot read {}: {err}", file_in(folder).display()));
            Credentials::default()
        });
        credentials.masters.get(self.master.as_str()).cloned().unwrap_or_default()
    }

    /// Changes what is kept for the master and leaves what others keep meanwhile. Where it cannot be
    /// written, this command goes on with a warning.
    pub fn change(&self, change: impl FnOnce(&mut Kept)) {
        if let Err(err) = self.try_change(change) {
            let place = self.folder.as_deref().map_or("a home directory".to_string(), |f| f.display().to_string());
            warn(format!("cannot keep logins and certificates in {place}: {err}"));
        }
    }

    fn try_change(&self, change: impl FnOnce(&mut Kept)) -> io::Result<()> {
        let folder = self.folder.as_deref().ok_or_else(|| io::Error::other("this user has none"))?;
        let _lock = lock(folder)?;
        let mut credentials = load_locked(folder)?;
        change(credentials.masters.entry(self.master.to_string()).or_default());
        save(folder, &credentials)
    }
}

fn file_in(folder: &Path) -> PathBuf {
    folder.join("credentials.json")
}

/// The file's content, read without the lock: writers replace the file whole. Only a corrupt one is looked at again
/// under the lock.
fn load(folder: &Path) -> io::Result<Credentials> {
    match parse(folder)? {
        Ok(credentials) => Ok(credentials),
        Err(_) => {
            let _lock = lock(folder)?;
            load_locked(folder)
        }
    }
}

/// The file's content; a corrupt file is set aside. The caller holds the lock.
fn load_locked(folder: &Path) -> io::Result<Credentials> {
    let corrupt = match parse(folder)? {
        Ok(credentials) => return Ok(credentials),
        Err(err) => err,
    };
    let file = file_in(folder);
    let aside = folder.join(format!("credentials.json.corrupt-{}", Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ")));
    fs::rename(&file, &aside)?;
    warn(format!("{} is corrupt ({corrupt}); it is now {}; log in again", file.display(), aside.display()));
    Ok(Credentials::default())
}

fn parse(folder: &Path) -> io::Result<serde_json::Result<Credentials>> {
    match fs::read(file_in(folder)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(Ok(Credentials::default())),
        Err(err) => Err(err),
    }
}

/// Replaces the file whole, so that no reader sees half of it and a crash leaves the old or the new one.
fn save(folder: &Path, credentials: &Credentials) -> io::Result<()> {
    // Readable by its owner only, as tempfile makes files.
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut temporary, credentials)?;
    temporary.write_all(b"\n")?;
    temporary.as_file().sync_all()?;
    temporary.persist(file_in(folder))?;
    Ok(())
}

/// Holds the store until it is dropped. The lock is a file of its own, since the store's file is replaced.
fn lock(folder: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & 0o777 != 0o700 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    let file = File::options().create(true).write(true).truncate(false).open(folder.join("credentials.lock"))?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz;

    fn store(folder: &Path, master: &str) -> Store {
        Store { folder: Some(folder.join("pedl")), master: master.parse().unwrap() }
    }

    fn keep(store: &Store, user: &str, token: &str) {
        store.change(|kept| {
            kept.tokens.insert(user.into(), token.into());
        });
    }

    #[test]
    fn masters_are_kept_apart() {
        let home = tempfile::tempdir().unwrap();
        let (one, two) = (store(home.path(), "m:1"), store(home.path(), "m:2"));
        keep(&one, "ada", "t1");
        assert_eq!(two.read(), Kept::default());
        keep(&two, "ada", "t2");
        assert_eq!((&one.read().tokens["ada"], &two.read().tokens["ada"]), (&"t1".to_string(), &"t2".to_string()));
    }

    #[test]
    fn only_the_owner_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pedl");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        keep(&store(home.path(), "m:1"), "ada", "t");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file_in(&folder))), (0o700, 0o600));
    }

    #[test]
    fn a_corrupt_file_is_set_aside() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pedl");
        fs::create_dir(&folder).unwrap();
        fs::write(file_in(&folder), "{ not json").unwrap();
        let store = store(home.path(), "m:1");
        assert_eq!(store.read(), Kept::default());
        keep(&store, "ada", "t");
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        let aside: Vec<_> = names.iter().filter(|n| n.to_string_lossy().contains(".corrupt-2")).collect();
        assert_eq!(aside.len(), 1, "{names:?}");
        assert_eq!(fs::read_to_string(folder.join(aside[0])).unwrap(), "{ not json");
        assert_eq!(store.read().tokens["ada"], "t");
    }

    #[test]
    fn writers_at_once_keep_each_others_entries() {
        let home = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let store = store(home.path(), "m:1");
                scope.spawn(move || (0..10).for_each(|n| keep(&store, &format!("user-{writer}-{n}"), "t")));
            }
        });
        assert_eq!(store(home.path(), "m:1").read().tokens.len(), 80);
    }

    proptest! {
        #![proptest_config(fuzz::config())]

        #[test]
        fn any_file_is_read_or_refused(text in fuzz::text("\\[\\]{}\",:a-z0-9 \n"), place: usize, damage: Vec<u8>) {
            let kept = Kept { active_user: Some("ada".into()), tokens: [("ada".into(), "t".into())].into(), certificate: None };
            let whole = Credentials { masters: [("m".into(), kept)].into() };
            let mut damaged = serde_json::to_vec_pretty(&whole).unwrap();
            let place = place % damaged.len();
            damaged.splice(place..(place + damage.len()).min(damaged.len()), damage);
            for file in [text.into_bytes(), damaged] {
                let _: serde_json::Result<Credentials> = serde_json::from_slice(&file);
            }
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_stops_nothing() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("pedl"), "a file where the folder should be").unwrap();
        let store = store(home.path(), "m:1");
        keep(&store, "ada", "t");
        assert_eq!(store.read(), Kept::default());
    }

    #[test]
    fn a_fresher_token_is_not_dropped() {
        let tokens = BTreeMap::from([("ada".into(), "new".into())]);
        let mut kept = Kept { active_user: Some("ada".into()), tokens, certificate: None };
        kept.drop_token("ada", "old");
        assert_eq!(kept.tokens["ada"], "new");
        kept.drop_token("ada", "new");
        assert_eq!(kept, Kept { active_user: Some("ada".into()), ..Kept::default() });
    }

    #[test]
    fn renaming_takes_the_token_along() {
        let kept = |active: &str, tokens: &[(&str, &str)]| Kept {
            active_user: Some(active.into()),
            tokens: tokens.iter().map(|(user, token)| (user.to_string(), token.to_string())).collect(),
            certificate: None,
        };
        for (before, after) in [
            (kept("ada", &[("ada", "a"), ("bob", "b")]), kept("eve", &[("bob", "b"), ("eve", "a")])),
            (kept("bob", &[("ada", "a"), ("bob", "b")]), kept("bob", &[("bob", "b"), ("eve", "a")])),
            (kept("bob", &[("bob", "b"), ("eve", "stale")]), kept("bob", &[("bob", "b")])),
        ] {
            let mut renamed = before;
            renamed.rename("ada", "eve");
            assert_eq!(renamed, after);
        }
    }

    #[test]
    fn forgetting_the_active_user_leaves_none() {
        let tokens = BTreeMap::from([("ada".into(), "a".into()), ("bob".into(), "b".into())]);
        let mut kept = Kept { active_user: Some("ada".into()), tokens, certificate: None };
        kept.forget("bob");
        assert_eq!(kept.active_user.as_deref(), Some("ada"));
        kept.forget("ada");
        assert_eq!(kept, Kept::default());
    }
}
