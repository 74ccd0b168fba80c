//! Which names the master goes by, and which pages are its own. A site can bend its own name to the master's address
//! (DNS rebinding): for the browser its page and the master are one then, and only the name tells that they are not.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::uri::{Authority, Uri};

/// A scheme, a host and a port: what the header `Origin` says of a page, and `public_url` of the master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Ip(IpAddr),
    /// In lower case, without the dot that ends an absolute name.
    Name(String),
}

impl Host {
    fn parse(authority: &Authority) -> Option<Self> {
        let text = authority.host();
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(Self::Ip(ip.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        (name.len() <= 253 && !name.is_empty() && name.chars().all(good)).then_some(Self::Name(name))
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(ip) => ip.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }

    /// Resolvers take these for loopback too (RFC 6761, section 6.3).
    fn is_below_localhost(&self) -> bool {
        matches!(self, Self::Name(name) if name.ends_with(".localhost"))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// `HOST` or `HOST:PORT`.
fn parse_authority(text: &str) -> Option<(Host, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    let rest = authority.as_str().strip_prefix(authority.host())?;
    let port = match rest {
        "" => None,
        _ => Some(authority.port_u16()?),
    };
    Some((Host::parse(&authority)?, port))
}

const fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

impl Origin {
    /// Whether a page of this origin came over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    fn of(https: bool, authority: &str) -> Option<Self> {
        let (host, port) = parse_authority(authority)?;
        Some(Self { https, host, port: port.unwrap_or(default_port(https)) })
    }
}

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a URL such as `https://pedl.example.com` or `http://10.0.0.5:8080`, without a path")]
pub struct NoOrigin(String);

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let wrong = || NoOrigin(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(wrong()),
        };
        let authority = uri.authority().filter(|_| uri.path() == "/" && uri.query().is_none() && !text.contains('#'));
        authority.and_then(|authority| Self::of(https, authority.as_str())).ok_or_else(wrong)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        match self.port == default_port(self.https) {
            true => Ok(()),
            false => write!(f, ":{}", self.port),
        }
    }
}

/// What the master goes by.
#[derive(Debug)]
pub struct Names {
    /// Where it listens.
    pub listen: IpAddr,
    /// Whether it speaks TLS itself.
    pub https: bool,
    /// Where it can be reached by another name.
    pub public_url: Option<Origin>,
}

impl Names {
    /// Whether `authority`, of a `Host` header or `:authority`, is the master: loopback, `public_url`'s host, or the
    /// address that it listens on. Listening on all, every IP address may be its own; a site cannot bend one to it.
    pub fn owns(&self, authority: &str) -> bool {
        let Some((host, _)) = parse_authority(authority) else { return false };
        let public = self.public_url.as_ref().is_some_and(|url| url.host == host);
        public || host.is_loopback() || host.is_below_localhost() || self.is_listened_on(&host)
    }

    fn is_listened_on(&self, host: &Host) -> bool {
        match host {
            Host::Ip(ip) => self.listen.is_unspecified() || *ip == self.listen.to_canonical(),
            Host::Name(_) => false,
        }
    }

    /// Whether a page of this origin is the master's, which was called as `authority`: the same place, `public_url`, or
    /// on loopback. What is below localhost are members' own pages.
    pub fn owns_page(&self, origin: &Origin, authority: Option<&str>) -> bool {
        let same = authority.and_then(|authority| Origin::of(self.https, authority));
        origin.host.is_loopback() || same.as_ref() == Some(origin) || self.public_url.as_ref() == Some(origin)
    }

    /// The names and addresses by which others than this machine itself may call it, as far as they are configured.
    pub fn of_others(&self) -> Vec<String> {
        let public = self.public_url.as_ref().map(|url| match &url.host {
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
        });
        let listen = Some(self.listen).filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string());
        listen.into_iter().chain(public).collect()
    }

    /// What `public_url` must be for `authority` to be the master.
    pub fn suggest(&self, authority: &str) -> String {
        match Origin::of(self.https, authority) {
            Some(origin) => origin.to_string(),
            None => format!("{}://HOST:PORT", if self.https { "https" } else { "http" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn names(listen: &str, public_url: &str) -> Names {
        Names { listen: listen.parse().unwrap(), https: false, public_url: public_url.parse().ok() }
    }

    #[test]
    fn whose_names_are_the_masters() {
        let masters = [names("127.0.0.1", ""), names("10.0.0.5", "http://boss:8080"), names("0.0.0.0", "")];
        let hosts = [
            "localhost",
            "LOCALHOST.:8080",
            "a42.localhost:8081",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:8080",
            "[::ffff:127.0.0.1]:8080",
            "10.0.0.5:8080",
            "10.0.0.6:8080",
            "[2001:db8::1]:8080",
            "0.0.0.0:8080",
            "boss",
            "Boss.:9999",
            "evil.boss",
            "notlocalhost",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "127.1",
            "0x7f000001",
            "user@localhost",
            "localhost:",
            "localhost:99999",
            "localhost, evil.com",
            "",
        ];
        let mut table = format!("{:<26}127.0.0.1  10.0.0.5  0.0.0.0\n", "");
        for host in hosts {
            let told = masters.each_ref().map(|names| if names.owns(host) { "yes" } else { "-" });
            let line = format!("{host:<26}{:<11}{:<10}{}", told[0], told[1], told[2]);
            table += &format!("{}\n", line.trim_end());
        }
        expect![[r#"
                                      127.0.0.1  10.0.0.5  0.0.0.0
            localhost                 yes        yes       yes
            LOCALHOST.:8080           yes        yes       yes
            a42.localhost:8081        yes        yes       yes
            127.0.0.1:8080            yes        yes       yes
            127.9.9.9                 yes        yes       yes
            [::1]:8080                yes        yes       yes
            [::ffff:127.0.0.1]:8080   yes        yes       yes
            10.0.0.5:8080             -          yes       yes
            10.0.0.6:8080             -          -         yes
            [2001:db8::1]:8080        -          -         yes
            0.0.0.0:8080              -          -         yes
            boss                      -          yes       -
            Boss.:9999                -          yes       -
            evil.boss                 -          -         -
            notlocalhost              -          -         -
            localhost.evil.com        -          -         -
            127.0.0.1.evil.com        -          -         -
            127.1                     -          -         -
            0x7f000001                -          -         -
            user@localhost            -          -         -
            localhost:                -          -         -
            localhost:99999           -          -         -
            localhost, evil.com       -          -         -
                                      -          -         -
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn whose_pages_are_the_masters() {
        let names = names("10.0.0.5", "https://pedl.example.com");
        for (origin, own) in [
            ("http://10.0.0.5:8080", true),
            ("https://pedl.example.com", true),
            ("https://pedl.example.com:443", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:5173", true),
            ("http://[::1]:8080", true),
            ("https://10.0.0.5:8080", false),
            ("http://10.0.0.5", false),
            ("http://10.0.0.6:8080", false),
            ("http://pedl.example.com", false),
            ("http://a42.localhost:8081", false),
            ("https://evil.com", false),
        ] {
            assert_eq!(names.owns_page(&origin.parse().unwrap(), Some("10.0.0.5:8080")), own, "{origin}");
        }
    }

    #[test]
    fn what_is_no_origin() {
        for text in ["null", "", "boss:8080", "ftp://boss", "http://", "http://boss/x", "http://boss/?a", "http://b#c"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        for text in ["http://boss:99999", "http://boss:", "http://u@boss", "https://bo ss"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        assert_eq!("HTTPS://Boss:443/".parse::<Origin>().unwrap().to_string(), "https://boss");
    }
}
