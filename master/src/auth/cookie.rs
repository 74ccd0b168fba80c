//! The cookie that a browser's session is in. A page's scripts cannot read it; a browser sends it whoever made the page
//! send the call, so it counts only on calls that no other site's page can make.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN};
use http::{HeaderMap, HeaderName};

use super::origin::{Names, Origin};
use crate::error::Error;

/// Its name on a connection without TLS.
const PLAIN: &str = "pedl_session";

/// Its name over TLS: browsers take this prefix only with Secure, from the host itself (RFC 6265bis, section 4.1.3.2).
const SECURE: &str = "__Host-pedl_session";

/// What a call says of the browser that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// Whether the browser's page came over TLS.
    secure: bool,
    cookie: Cookie,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cookie {
    None,
    Token(String),
    /// There is one, and it does not count.
    Refused,
}

/// Whose page made the call, as its `Origin` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    /// It does not say: it is of no page, or of one that somebody goes to.
    Unsaid,
    Own {
        https: bool,
    },
    Foreign,
}

impl Page {
    fn of(headers: &HeaderMap, authority: Option<&str>, names: &Names) -> Self {
        let Some(text) = text(headers, &ORIGIN) else { return Self::Unsaid };
        match text.parse::<Origin>() {
            Ok(origin) if names.owns_page(&origin, authority) => Self::Own { https: origin.is_https() },
            Ok(_) | Err(_) => Self::Foreign,
        }
    }
}

impl Browser {
    /// Looks at a call as it came in: later, gRPC-web looks like gRPC. An error refuses the call whatever it asks.
    pub fn of(headers: &HeaderMap, authority: Option<&str>, names: &Names) -> Result<Self, Error> {
        let page = Page::of(headers, authority, names);
        let secure = names.https || page == Page::Own { https: true };
        let carried = find(headers, PLAIN).is_some() || find(headers, SECURE).is_some();
        if headers.contains_key(AUTHORIZATION) {
            return Ok(Self { secure, cookie: Cookie::None });
        }
        // With a cookie it would act as whoever looks at the page; without one it could still fail logins in that
        // person's name, or log the browser in as somebody else.
        if page == Page::Foreign {
            return Err(Error::ForeignOrigin);
        }
        if !carried {
            return Ok(Self { secure, cookie: Cookie::None });
        }
        let grpc_web = text(headers, &CONTENT_TYPE).is_some_and(|sort| sort.starts_with("application/grpc-web"));
        let cookie = match (page, find(headers, name(secure))) {
            (Page::Own { .. }, Some(token)) if grpc_web => Cookie::Token(token.to_owned()),
            // One that a page without TLS could have planted is not looked at over TLS.
            (Page::Own { .. }, None) if grpc_web => Cookie::None,
            (Page::Own { .. } | Page::Unsaid | Page::Foreign, _) => Cookie::Refused,
        };
        Ok(Self { secure, cookie })
    }

    /// The session's token, where a cookie that counts carries one.
    pub fn token(&self) -> Result<Option<&str>, Error> {
        match &self.cookie {
            Cookie::None => Ok(None),
            Cookie::Token(token) => Ok(Some(token)),
            Cookie::Refused => Err(Error::ForeignOrigin),
        }
    }

    /// The `Set-Cookie` that keeps `token`.
    pub fn keep(&self, token: &str, lifetime: Duration) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = name(self.secure);
        let seconds = lifetime.as_millis().div_ceil(1000);
        format!("{name}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}")
    }

    /// The `Set-Cookie` that drops it, for who called with it.
    pub fn drop_cookie(&self) -> Option<String> {
        match self.cookie {
            Cookie::Token(_) => Some(self.keep("", Duration::ZERO)),
            Cookie::None | Cookie::Refused => None,
        }
    }
}

const fn name(secure: bool) -> &'static str {
    if secure { SECURE } else { PLAIN }
}

/// What is no text reads as the empty one, which is never right.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "application/grpc-web+proto";
    const PAGE: &str = "http://10.0.0.5:8080";

    fn of(https: bool, headers: &[(HeaderName, &str)]) -> Result<Browser, Error> {
        let public_url = "https://pedl.example.com".parse().ok();
        let names = Names { listen: [10, 0, 0, 5].into(), https, public_url };
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Browser::of(&headers, Some("10.0.0.5:8080"), &names)
    }

    fn token(https: bool, headers: &[(HeaderName, &str)]) -> String {
        match of(https, headers).and_then(|browser| browser.token().map(|token| token.map(ToOwned::to_owned))) {
            Ok(Some(token)) => token,
            Ok(None) => "none".into(),
            Err(_) => "refused".into(),
        }
    }

    #[test]
    fn it_counts_on_calls_of_the_own_page_only() {
        let (web, page, cookie) = ((CONTENT_TYPE, WEB), (ORIGIN, PAGE), (COOKIE, "a=b; pedl_session=t"));
        assert_eq!(token(false, &[web.clone(), page.clone(), cookie.clone()]), "t");
        assert_eq!(token(false, &[web.clone(), page.clone()]), "none");
        assert_eq!(token(false, &[web.clone(), cookie.clone()]), "refused", "without an origin");
        assert_eq!(token(false, &[(CONTENT_TYPE, "application/grpc"), page.clone(), cookie.clone()]), "refused");
        for foreign in ["https://evil.com", "null", "http://10.0.0.5:8081", "http://a1.localhost:8080", ""] {
            assert!(of(false, &[web.clone(), (ORIGIN, foreign), cookie.clone()]).is_err(), "{foreign}");
            assert!(of(false, &[(ORIGIN, foreign), cookie.clone()]).is_err(), "{foreign}");
            assert!(of(false, &[web.clone(), (ORIGIN, foreign)]).is_err(), "{foreign} without a cookie");
            let token = [web.clone(), (ORIGIN, foreign), (AUTHORIZATION, "Bearer own")];
            assert!(of(false, &token).is_ok(), "{foreign} with a token of its own");
        }
        let bearer = (AUTHORIZATION, "Bearer other");
        assert_eq!(token(false, &[web, page, cookie, bearer]), "none", "the authorization wins");
    }

    #[test]
    fn over_tls_it_has_a_name_that_nothing_else_can_set() {
        let web = (CONTENT_TYPE, WEB);
        let (page, public) = ((ORIGIN, "https://10.0.0.5:8080"), (ORIGIN, "https://pedl.example.com"));
        let (plain, secure) = ((COOKIE, "pedl_session=p"), (COOKIE, "__Host-pedl_session=s"));
        assert_eq!(token(true, &[web.clone(), page.clone(), secure.clone()]), "s");
        assert_eq!(token(true, &[web.clone(), page, plain.clone()]), "none");
        // A proxy in front speaks TLS, and the master does not.
        assert_eq!(token(false, &[web.clone(), public.clone(), secure]), "s");
        assert_eq!(token(false, &[web, public, plain]), "none");
    }

    #[test]
    fn what_browsers_are_told() {
        let (plain, secure) = (of(false, &[]).unwrap(), of(true, &[]).unwrap());
        assert_eq!(
            plain.keep("t", Duration::from_secs(60)),
            "pedl_session=t; HttpOnly; SameSite=Strict; Path=/; Max-Age=60"
        );
        assert_eq!(
            secure.keep("t", Duration::from_secs(60)),
            "__Host-pedl_session=t; HttpOnly; SameSite=Strict; Path=/; Max-Age=60; Secure"
        );
        assert_eq!(plain.drop_cookie(), None);
        let caller = of(false, &[(CONTENT_TYPE, WEB), (ORIGIN, PAGE), (COOKIE, "pedl_session=t")]).unwrap();
        assert_eq!(caller.drop_cookie().unwrap(), "pedl_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    }
}
