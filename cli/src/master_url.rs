//! Where the master is: an `http://HOST:PORT` or `https://HOST:PORT`, in one normal form, since tokens are kept by it.

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

    /// Whether it is spoken to over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// The same place, over TLS or without.
    pub fn with_tls(&self, tls: bool) -> Self {
        let place = self.0.split_once("://").map_or(self.as_str(), |(_, place)| place);
        Self(format!("{}://{place}", if tls { "https" } else { "http" }))
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
        let with_scheme = if text.contains("://") { text.to_string() } else { format!("http://{text}") };
        let wrong = || "give http://HOST:PORT, https://HOST:PORT or HOST:PORT".to_string();
        let uri: Uri = with_scheme.parse().map_err(|_| wrong())?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let (scheme, port_without) = match uri.scheme_str() {
            Some("http") if !text.contains("://") => ("http", DEFAULT_PORT),
            Some("http") => ("http", 80),
            Some("https") => ("https", 443),
            Some(_) | None => return Err(wrong()),
        };
        let plain = uri.path() == "/" && uri.query().is_none();
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
        Ok(Self(format!("{scheme}://{}:{port}", authority.host().to_lowercase())))
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
            ("HTTPS://Pedl.example.com/", "https://pedl.example.com:443"),
            ("https://10.0.0.5:8080", "https://10.0.0.5:8080"),
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
    fn the_same_place_with_and_without_tls() {
        let plain: MasterUrl = "m:1".parse().unwrap();
        assert_eq!(plain.with_tls(true).as_str(), "https://m:1");
        assert_eq!((plain.is_https(), plain.with_tls(true).is_https()), (false, true));
        assert_eq!(plain.with_tls(true).with_tls(false), plain);
    }

    #[test]
    fn refuses_what_it_cannot_call() {
        for text in [
            "https://m:1/path",
            "ftp://m",
            "http://",
            "http://m:1/path",
            "http://u:p@m:1",
            "m:port",
            "m:99999",
            "m:",
            "a b",
        ] {
            assert!(text.parse::<MasterUrl>().is_err(), "{text:?}");
        }
    }
}
