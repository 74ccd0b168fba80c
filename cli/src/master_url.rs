//! Where the master is: an `http://HOST:PORT`, in one normal form, since tokens are kept by it.

use std::fmt;
use std::str::FromStr;

use tonic::transport::Uri;

/// Where the master is when nobody says otherwise.
pub const DEFAULT_MASTER: &str = "http://127.0.0.1:8080";

const DEFAULT_PORT: u16 = 8080;

/// A master's URL: scheme and host in lower case, the port always there, nothing after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MasterUrl(String);

impl MasterUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MasterUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MasterUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // An empty PEDL_MASTER means the same as none.
        let text = if text.is_empty() { DEFAULT_MASTER } else { text };
        let (with_scheme, port_without) = match text.contains("://") {
            true => (text.to_string(), 80),
            false => (format!("http://{text}"), DEFAULT_PORT),
        };
        let wrong = || "give http://HOST:PORT or HOST:PORT".to_string();
        let uri: Uri = with_scheme.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let plain = uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
        if !plain || authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        // `port_u16` is `None` for a port that is missing and for one that is no port.
        let after_host = &authority.as_str()[authority.host().len()..];
        let port = match (after_host, authority.port_u16()) {
            ("", _) => port_without,
            (_, Some(port)) => port,
            (_, None) => return Err(wrong()),
        };
        Ok(Self(format!("http://{}:{port}", authority.host().to_lowercase())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz;

    #[test]
    fn has_one_normal_form() {
        for (text, want) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://Gpu-Master:8080/", "http://gpu-master:8080"),
            ("gpu-master:9000", "http://gpu-master:9000"),
            ("gpu-master", "http://gpu-master:8080"),
            ("http://pedl.example.com", "http://pedl.example.com:80"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("", DEFAULT_MASTER),
        ] {
            assert_eq!(text.parse::<MasterUrl>().unwrap().as_str(), want, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(fuzz::config())]

        #[test]
        fn any_url_that_is_taken_is_in_its_normal_form(text in fuzz::text("htp:/@?#\\[\\].A-Z0-9%")) {
            if let Ok(url) = text.parse::<MasterUrl>() {
                prop_assert_eq!(url.as_str().parse(), Ok(url.clone()));
            }
        }
    }

    #[test]
    fn refuses_what_it_cannot_call() {
        for text in
            ["https://m:1", "ftp://m", "http://", "http://m:1/path", "http://u:p@m:1", "m:port", "m:99999", "m:", "a b"]
        {
            assert!(text.parse::<MasterUrl>().is_err(), "{text:?}");
        }
    }
}
