//! Which passwords may be set: what an administrator asks for in `security.password`.

use std::collections::HashSet;
use std::path::PathBuf;

use super::Password;
use crate::config::PasswordPolicy;
use crate::users::{ADMIN, Username};

/// What leads the lists of passwords that have become public, year after year.
const COMMON: &str = include_str!("common.txt");

/// The longest that can be set, in characters.
const LONGEST: usize = 4096;

/// Judges passwords that are to be set.
#[derive(Debug, Default)]
pub struct Policy {
    min_length: usize,
    prevent_blank: bool,
    /// In lower case.
    blocked: HashSet<String>,
}

/// Why the policy cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("security.password.blocklist: {file}: {source}", file = file.display())]
pub struct Unreadable {
    file: PathBuf,
    source: std::io::Error,
}

impl Policy {
    /// Reads the lists.
    pub fn load(config: &PasswordPolicy) -> Result<Self, Unreadable> {
        let mut blocked = HashSet::new();
        let mut block = |list: &str| blocked.extend(list.lines().map(folded).filter(|line| !line.is_empty()));
        if config.prevent_common {
            block(COMMON);
        }
        if !config.blocklist.as_os_str().is_empty() {
            let list = std::fs::read_to_string(&config.blocklist);
            block(&list.map_err(|source| Unreadable { file: config.blocklist.clone(), source })?);
        }
        let min_length = usize::try_from(config.min_length).unwrap_or(usize::MAX);
        Ok(Self { min_length, prevent_blank: config.prevent_blank, blocked })
    }

    /// Whether a user may have a password; or what is asked for.
    pub fn check(&self, password: &Password, user: &Username) -> Result<(), String> {
        let length = password.0.chars().count();
        if password.is_blank() {
            return if self.prevent_blank { Err("must not be blank in this cluster".into()) } else { Ok(()) };
        }
        if length < self.min_length {
            return Err(format!("must have at least {} characters in this cluster", self.min_length));
        }
        if length > LONGEST {
            return Err(format!("must have at most {LONGEST} characters"));
        }
        let password = folded(&password.0);
        if self.blocked.contains(&password) {
            return Err("is one that many people have: choose another".into());
        }
        // Whoever asks for any of this does not want the first guess of all.
        if !self.blocked.is_empty() && password == user.as_str() {
            return Err("must not be the user's name".into());
        }
        Ok(())
    }

    /// Whether a blank password opens the account. The first administrator must get in to set one.
    pub fn takes_blank(&self, user: &Username) -> bool {
        !self.prevent_blank || user.as_str() == ADMIN
    }
}

fn folded(password: &str) -> String {
    password.trim_end_matches(['\r', '\n']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn show(config: &PasswordPolicy, passwords: &[&str]) -> String {
        let policy = Policy::load(config).unwrap();
        let ada = Username::parse("ada").unwrap();
        let one = |password: &&str| match policy.check(&Password::new(password), &ada) {
            Ok(()) => format!("{password:?} may be set\n"),
            Err(why) => format!("{password:.10?} {why}\n"),
        };
        passwords.iter().map(one).collect()
    }

    #[test]
    fn by_default_everything_goes() {
        let shown = show(&PasswordPolicy::default(), &["", "a", "password", "ada", &"ü".repeat(1000)]);
        assert_eq!(shown.matches("may be set").count(), 5, "{shown}");
    }

    #[test]
    fn what_is_asked_for_is_said() {
        let strict = PasswordPolicy { min_length: 3, prevent_blank: true, prevent_common: true, ..Default::default() };
        expect![[r#"
            "" must not be blank in this cluster
            "üü" must have at least 3 characters in this cluster
            "üüü" may be set
            "Password123" is one that many people have: choose another
            "ada" must not be the user's name
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" must have at most 4096 characters
        "#]]
        .assert_eq(&show(&strict, &["", "üü", "üüü", "Password123", "ada", &"x".repeat(4097)]));
    }

    #[test]
    fn a_list_of_ones_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "OurCompany1\r\n\n").unwrap();
        let policy = PasswordPolicy { blocklist: file.path().into(), ..Default::default() };
        expect![[r#"
            "ourcompany1" is one that many people have: choose another
            "password" may be set
        "#]]
        .assert_eq(&show(&policy, &["ourcompany1", "password"]));
        let absent = PasswordPolicy { blocklist: "/no/such/file".into(), ..Default::default() };
        assert!(Policy::load(&absent).unwrap_err().to_string().contains("/no/such/file"));
    }

    #[test]
    fn where_blank_passwords_are_prevented_admin_gets_in_once_more() {
        let policy = Policy { prevent_blank: true, ..Policy::default() };
        let takes = |name| policy.takes_blank(&Username::parse(name).unwrap());
        assert_eq!([takes("admin"), takes("pedl"), takes("ada")], [true, false, false]);
    }
}
