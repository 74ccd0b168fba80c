//! The web UI: its files, and the one page that all its addresses lead to.

pub mod guard;

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rust_embed::{Embed, EmbeddedFile};

/// What `npm run build` left when the master was compiled; in debug builds, what it has left by now. Beside each file of
/// text stand its compressed forms.
#[derive(Embed)]
#[folder = "../webui-grpc-web/dist"]
#[allow_missing = true]
pub struct Built;

/// The page where none was built.
const PLACEHOLDER: &str = include_str!("page/placeholder.html");

/// What the build writes in the page where a nonce belongs.
const NONCE: &str = "__CSP_NONCE__";

/// Where the build puts files whose names hold a hash of what is in them.
const HASHED: &str = "assets/";

/// How long a browser keeps what never changes; a year is what is understood everywhere (RFC 9111, section 1.2.2).
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The compressed forms, the smallest first: as HTTP calls them, and how their files' names end.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// What a request is answered with.
#[derive(Debug, PartialEq, Eq)]
enum Answer<'a> {
    Page,
    File(&'a str),
    NotFound,
    NotAllowed,
}

/// Answers what is no call.
pub fn answer<Files: Embed>(request: &Request) -> Response {
    let headers = request.headers();
    let navigates = listed(headers, &ACCEPT, "text/html");
    match decide(request.method(), request.uri().path(), navigates, |name| Files::get(name).is_some()) {
        Answer::Page => page::<Files>(),
        Answer::File(name) => file::<Files>(name, headers),
        Answer::NotFound => (StatusCode::NOT_FOUND, "there is no such page\n").into_response(),
        Answer::NotAllowed => {
            (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")], "this can only be read\n").into_response()
        }
    }
}

/// `navigates`: whether it is asked for by somebody who goes there, and not by a page that needs it.
fn decide<'a>(method: &Method, path: &'a str, navigates: bool, is_file: impl Fn(&str) -> bool) -> Answer<'a> {
    let name = path.strip_prefix('/').unwrap_or(path);
    let is_page = name.is_empty() || name == "index.html";
    let is_hashed = name.starts_with(HASHED) && name.contains('.');
    let found = match is_page {
        true => Answer::Page,
        false if is_servable(name) && is_file(name) => Answer::File(name),
        // The page's own addresses: `assets/42` is one. Names of accounts, with their dots, are part of some.
        false if navigates && !is_hashed && content_type(name).is_none() => Answer::Page,
        false => Answer::NotFound,
    };
    let own = is_page || matches!(found, Answer::File(_));
    match *method {
        Method::GET | Method::HEAD => found,
        _ if own => Answer::NotAllowed,
        _ => Answer::NotFound,
    }
}

/// Whether a name stays among the files, wherever they are read from, and is not that of a compressed form.
fn is_servable(name: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    name.split('/').all(plain) && CODINGS.iter().all(|(_, ending)| !name.ends_with(ending))
}

/// It holds a nonce of this one answer, so nobody may keep it.
fn page<Files: Embed>() -> Response {
    let built = Files::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned());
    let (nonce, policy) = guard::with_nonce();
    let page = built.unwrap_or_else(|| PLACEHOLDER.into()).replace(NONCE, &nonce);
    (policy, Html(page)).into_response()
}

fn file<Files: Embed>(name: &str, headers: &HeaderMap) -> Response {
    let compressed = |(coding, ending): (&'static str, &str)| {
        let file = listed(headers, &ACCEPT_ENCODING, coding).then(|| Files::get(&format!("{name}{ending}")))?;
        Some((Some(coding), file?))
    };
    let plain = || Some((None, Files::get(name)?));
    // In debug builds a file may vanish between two looks.
    let Some((coding, file)) = CODINGS.into_iter().find_map(compressed).or_else(plain) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = etag(&file);
    let kept = if name.starts_with(HASHED) { FOREVER } else { "no-cache" };
    let about = [(CACHE_CONTROL, kept), (ETAG, &*etag), (VARY, "accept-encoding")];
    if listed(headers, &IF_NONE_MATCH, &etag) || listed(headers, &IF_NONE_MATCH, &format!("W/{etag}")) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let content_type = content_type(name).unwrap_or("application/octet-stream");
    let mut answer = (about, [(CONTENT_TYPE, content_type)], body(file)).into_response();
    if let Some(coding) = coding {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answer
}

/// Each compressed form has its own, as each is other bytes (RFC 9110, section 8.8.3).
fn etag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16]))
}

fn body(file: EmbeddedFile) -> Body {
    match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data).into(),
        Cow::Owned(data) => data.into(),
    }
}

/// Whether a header lists `wanted`, and not with the weight 0 (RFC 9110, section 12.4.2).
fn listed(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        let refused = weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(wanted) && !refused
    })
}

/// By how the name ends; none where that says nothing.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    Some(match ending {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" => "image/jpeg",
        "js" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[derive(Embed)]
    #[folder = "tests/page"]
    struct Small;

    async fn shown(path: &str, headers: &[(HeaderName, &str)]) -> String {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        for (header, value) in headers {
            request.headers_mut().append(header, value.parse().unwrap());
        }
        let (head, body) = answer::<Small>(&request).into_parts();
        let mut lines: Vec<_> = head.headers.iter().map(|(name, value)| format!("{name}: {value:?}\n")).collect();
        lines.sort();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        format!("{}\n{}\n{}", head.status, lines.concat(), String::from_utf8_lossy(&body))
    }

    #[tokio::test]
    async fn a_file_comes_in_the_smallest_form_that_is_taken() {
        let script = "/assets/app-Ab12.js";
        expect![[r#"
            200 OK
            cache-control: "public, max-age=31536000, immutable"
            content-encoding: "br"
            content-type: "text/javascript; charset=utf-8"
            etag: "\"8S6h1dCiVR3d7tWGvIk3-g\""
            vary: "accept-encoding"

            in brotli
        "#]]
        .assert_eq(&shown(script, &[(ACCEPT_ENCODING, "gzip, br")]).await);
        let gzip = shown(script, &[(ACCEPT_ENCODING, "gzip")]).await;
        assert!(gzip.contains("content-encoding: \"gzip\"") && gzip.ends_with("\n\nin gzip\n"), "{gzip}");
        let plain = shown(script, &[]).await;
        assert!(!plain.contains("content-encoding") && plain.ends_with("\n\nplain\n"), "{plain}");
        expect![[r#"
            200 OK
            cache-control: "no-cache"
            content-type: "image/svg+xml"
            etag: "\"zR-v48x_BvVerT8NzjkwCg\""
            vary: "accept-encoding"

            <svg/>
        "#]]
        .assert_eq(&shown("/favicon.svg", &[(ACCEPT_ENCODING, "br")]).await);
    }

    #[tokio::test]
    async fn who_has_a_file_is_not_sent_it_again() {
        let icon = Small::get("favicon.svg").unwrap();
        for tag in [etag(&icon), format!("\"other\", W/{}", etag(&icon))] {
            let again = shown("/favicon.svg", &[(IF_NONE_MATCH, &tag)]).await;
            assert!(again.starts_with("304") && again.ends_with("\n\n") && again.contains("etag: "), "{again}");
        }
        let other = shown("/favicon.svg", &[(IF_NONE_MATCH, &etag(&Small::get("index.html").unwrap()))]).await;
        assert!(other.starts_with("200"), "{other}");
    }

    #[tokio::test]
    async fn each_answer_has_a_nonce_of_its_own() {
        let nonce = |answer: &str| {
            let (_, rest) = answer.split_once("'nonce-").unwrap();
            rest.split_once('\'').unwrap().0.to_owned()
        };
        let (first, second) = (shown("/", &[]).await, shown("/commands/42", &[(ACCEPT, "text/html")]).await);
        assert_ne!(nonce(&first), nonce(&second));
        assert!(second.ends_with(&format!("\n\n<style nonce=\"{}\"></style>\n", nonce(&second))), "{second}");
        assert!(!first.contains("etag") && !first.contains("cache-control"), "the guard forbids to keep it: {first}");
    }

    #[test]
    fn what_leads_where() {
        let files = ["favicon.svg", "assets/index-Ab12.js", "assets/index-Ab12.js.br", ".vite/manifest.json"];
        let asked = [
            "GET /",
            "GET /index.html",
            "GET /favicon.svg",
            "GET /assets/index-Ab12.js",
            "GET /assets/index-Ab12.js.br",
            "GET /assets/index-Gone.js",
            "GET /assets/",
            "GET /assets/42",
            "GET /commands/42",
            "GET /users/ada.lovelace",
            "GET /robots.txt",
            "GET /.vite/manifest.json",
            "GET //favicon.svg",
            "GET /../favicon.svg",
            "GET /assets/../favicon.svg",
            "GET /assets\\index-Ab12.js",
            "HEAD /favicon.svg",
            "HEAD /commands/42",
            "POST /",
            "POST /favicon.svg",
            "POST /commands/42",
            "OPTIONS /assets/index-Ab12.js",
        ];
        let mut table = format!("{:<32}{:<34}by a script\n", "", "by a person");
        for line in asked {
            let (method, path) = line.split_once(' ').unwrap();
            let told = [true, false].map(|navigates| {
                let answer = decide(&method.parse().unwrap(), path, navigates, |name| files.contains(&name));
                format!("{answer:?}")
            });
            table += &format!("{line:<32}{:<34}{}\n", told[0], told[1]);
        }
        expect![[r#"
                                            by a person                       by a script
            GET /                           Page                              Page
            GET /index.html                 Page                              Page
            GET /favicon.svg                File("favicon.svg")               File("favicon.svg")
            GET /assets/index-Ab12.js       File("assets/index-Ab12.js")      File("assets/index-Ab12.js")
            GET /assets/index-Ab12.js.br    NotFound                          NotFound
            GET /assets/index-Gone.js       NotFound                          NotFound
            GET /assets/                    Page                              NotFound
            GET /assets/42                  Page                              NotFound
            GET /commands/42                Page                              NotFound
            GET /users/ada.lovelace         Page                              NotFound
            GET /robots.txt                 NotFound                          NotFound
            GET /.vite/manifest.json        NotFound                          NotFound
            GET //favicon.svg               NotFound                          NotFound
            GET /../favicon.svg             NotFound                          NotFound
            GET /assets/../favicon.svg      NotFound                          NotFound
            GET /assets\index-Ab12.js       NotFound                          NotFound
            HEAD /favicon.svg               File("favicon.svg")               File("favicon.svg")
            HEAD /commands/42               Page                              NotFound
            POST /                          NotAllowed                        NotAllowed
            POST /favicon.svg               NotAllowed                        NotAllowed
            POST /commands/42               NotFound                          NotFound
            OPTIONS /assets/index-Ab12.js   NotAllowed                        NotAllowed
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn what_a_header_lists() {
        let shown = |header: &str| {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, header.parse().unwrap())]);
            CODINGS.map(|(coding, _)| listed(&headers, &ACCEPT_ENCODING, coding))
        };
        for (header, br, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP;q=0.5", false, true),
            ("br;q=0, gzip;q=0.0", false, false),
            ("br; q=0.001,gzip", true, true),
            ("brotli, x-gzip", false, false),
            ("*", false, false),
            ("", false, false),
        ] {
            assert_eq!(shown(header), [br, gzip], "{header}");
        }
    }
}
