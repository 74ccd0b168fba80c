//! Tokens: opaque secrets of 256 random bits, of which only the SHA-256 is stored. A prefix tells their kind and lets
//! scanners for leaked secrets find them; a checksum turns away malformed ones without a look-up.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pedl_tls::Fingerprint;
use sha2::{Digest, Sha256};

/// What is stored of a token.
pub type TokenHash = [u8; 32];

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A member's session.
    Session,
    /// Lets agents join.
    Join,
    /// An agent's own.
    Agent,
}

const KINDS: [Kind; 3] = [Kind::Session, Kind::Join, Kind::Agent];

const SECRET_BYTES: usize = 32;

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "pedl_",
            Self::Join => "pedljoin_",
            Self::Agent => "pedlagent_",
        }
    }
}

/// A well-formed token. It shows itself only where asked to.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    kind: Kind,
    text: String,
}

impl Token {
    /// A new one, from the operating system's randomness.
    pub fn generate(kind: Kind) -> Self {
        let mut bytes = [0; SECRET_BYTES + 4];
        #[expect(clippy::expect_used, reason = "without randomness there can be no secrets, and so no service")]
        getrandom::fill(&mut bytes[..SECRET_BYTES]).expect("the operating system gives random bytes");
        let checksum = crc32fast::hash(&bytes[..SECRET_BYTES]);
        bytes[SECRET_BYTES..].copy_from_slice(&checksum.to_be_bytes());
        Self { kind, text: format!("{}{}", kind.prefix(), BASE64_URL_SAFE_NO_PAD.encode(bytes)) }
    }

    /// Checks the form of `text`; whether it was ever issued, only the store knows.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, body) = KINDS.into_iter().find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))?;
        let mut bytes = [0; SECRET_BYTES + 4];
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(body, &mut bytes).ok()?;
        let (secret, checksum) = bytes.split_at(SECRET_BYTES);
        let intact = length == bytes.len() && crc32fast::hash(secret).to_be_bytes() == checksum;
        intact.then(|| Self { kind, text: text.to_owned() })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What the store keeps, and looks it up by.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(&self.text).into()
    }

    /// The secret itself, for the one who is given it.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What a machine is given to join with: the token and, after a dot, the certificate to know the master by.
    pub fn reveal_with(&self, pin: Option<Fingerprint>) -> String {
        match pin {
            Some(pin) => format!("{}.{}", self.text, pin.to_base64()),
            None => self.text.clone(),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_generated_is_parsed() {
        for kind in KINDS {
            let token = Token::generate(kind);
            assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
            assert_eq!(token.kind(), kind);
            assert_ne!(Token::generate(kind), token);
            assert!(!format!("{token:?}").contains(&token.reveal()[12..]));
        }
    }

    #[test]
    fn a_single_wrong_character_is_noticed() {
        let token = Token::generate(Kind::Session);
        for position in 0..token.reveal().len() {
            let mut bytes = token.reveal().as_bytes().to_vec();
            bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(Token::parse(std::str::from_utf8(&bytes).unwrap()), None, "at {position}");
        }
    }

    proptest! {
        #[test]
        fn parsing_takes_anything(text in ".*") {
            prop_assert_eq!(Token::parse(&text), None);
            prop_assert_eq!(Token::parse(&format!("pedl_{text}")), None);
        }
    }
}
