//! The web UI's page and files, as the master serves them: the page that was built, or the one in its place.

use integration_tests::http::{ask, grpc_web, header};
use integration_tests::{Cluster, Settings};

/// What a browser sends when somebody goes to an address.
const NAVIGATES: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

fn master() -> Cluster {
    Settings::default().agents(0).start()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status: {answer}"))
}

/// The nonce that an answer's policy takes style elements by.
fn nonce(answer: &str) -> Option<&str> {
    let (_, rest) = header(answer, "content-security-policy")?.split_once("'nonce-")?;
    rest.split('\'').next()
}

/// The hashed files that the page names.
fn assets(page: &str) -> Vec<String> {
    let ends = |c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c);
    let found = page.split("/assets/").skip(1).filter_map(|rest| rest.split(ends).next());
    found.map(|name| format!("/assets/{name}")).collect()
}

#[test]
fn every_address_of_the_page_leads_to_it() {
    let cluster = master();
    let page = ask(cluster.address(), "GET", "/", "");
    assert_eq!((status(&page), header(&page, "content-type")), (200, Some("text/html; charset=utf-8")), "{page}");
    let (_, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(body.contains("<title>PEDL") && !body.contains("__CSP_NONCE__"), "{body}");
    for path in ["/commands/42?tab=logs", "/users/ada.lovelace", "/no/such/page"] {
        let there = ask(cluster.address(), "GET", path, NAVIGATES);
        assert_eq!(status(&there), 200, "{there}");
        assert_ne!(nonce(&there), nonce(&page), "each answer has a nonce of its own");
        assert!(there.contains("<title>PEDL"), "{there}");
        assert_eq!(status(&ask(cluster.address(), "GET", path, "Accept: */*\r\n")), 404, "{path}");
    }
}

#[test]
fn what_browsers_are_told_of_the_page() {
    let cluster = master();
    let page = ask(cluster.address(), "GET", "/", NAVIGATES);
    let nonce = nonce(&page).unwrap();
    assert!(nonce.len() >= 22, "{nonce}");
    let told = |name: &str| header(&page, name).map_or("-".into(), |value| value.replace(nonce, "NONCE"));
    let names = [
        "cache-control",
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
    ];
    expect_test::expect![[r#"
        cache-control: no-store
        content-security-policy: default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src 'self' 'nonce-NONCE'
        cross-origin-opener-policy: same-origin
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-frame-options: DENY
    "#]].assert_eq(&names.map(|name| format!("{name}: {}\n", told(name))).concat());
    assert!(told("permissions-policy").contains("camera=()"), "{page}");
    for path in ["/healthz", "/metrics", "/absent.js", "/assets/absent.js"] {
        let answer = ask(cluster.address(), "GET", path, "");
        let policy = header(&answer, "content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("style-src 'self'"), "{path}: {policy}");
        assert_eq!(header(&answer, "cache-control"), Some("no-store"), "{answer}");
    }
}

#[test]
fn hashed_files_are_kept_and_come_compressed() {
    let cluster = master();
    let page = ask(cluster.address(), "GET", "/", "");
    for path in assets(&page) {
        let file = ask(cluster.address(), "GET", &path, "Accept-Encoding: gzip, deflate, br\r\n");
        assert_eq!(status(&file), 200, "{path}");
        assert_eq!(header(&file, "cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
        assert_eq!(header(&file, "vary"), Some("accept-encoding"), "{path}");
        let plain = ask(cluster.address(), "GET", &path, "");
        assert_eq!(header(&plain, "content-encoding"), None, "{path}");
        // The build leaves what is very small as it is.
        if (path.ends_with(".js") || path.ends_with(".css")) && plain.len() > 2048 {
            assert_eq!(header(&file, "content-encoding"), Some("br"), "{path}: build the page by `npm run build`");
        }
        let tag = header(&file, "etag").unwrap();
        let again = format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n");
        assert_eq!(status(&ask(cluster.address(), "GET", &path, &again)), 304, "{path}");
        let head = ask(cluster.address(), "HEAD", &path, "");
        assert_eq!(header(&head, "content-length"), header(&plain, "content-length"), "{path}");
    }
}

#[test]
fn what_is_not_there_to_be_read() {
    let cluster = master();
    for (asked, expected) in [
        ("HEAD /", 200),
        ("HEAD /commands/42", 200),
        ("GET /assets/absent.js", 404),
        ("GET /favicon.absent.png", 404),
        ("GET /assets/../index.html", 404),
        ("GET /assets/%2e%2e/index.html", 404),
        ("GET /assets/..%5cindex.html", 404),
        ("GET //etc/localtime.txt", 404),
        ("POST /", 405),
        ("PUT /index.html", 405),
        ("POST /commands/42", 404),
        ("POST /healthz", 405),
    ] {
        let (method, path) = asked.split_once(' ').unwrap();
        let answer = ask(cluster.address(), method, path, NAVIGATES);
        assert_eq!(status(&answer), expected, "{asked}: {answer}");
        if method == "HEAD" {
            assert!(answer.ends_with("\r\n\r\n"), "{asked}: {answer}");
        }
    }
}

#[test]
fn no_call_is_answered_by_the_page() {
    let cluster = master();
    let call =
        grpc_web(cluster.address(), "/pedl.v1.NoService/Nothing", &format!("Host: localhost\r\n{NAVIGATES}"), &[]);
    assert!(call.contains("grpc-status: 12") || call.contains("grpc-status:12"), "{call}");
    assert!(!call.contains("<title>"), "{call}");
}

#[test]
fn calls_of_browsers_are_neither_kept_nor_guessed_at() {
    let cluster = master();
    let call = grpc_web(cluster.address(), "/pedl.v1.ClusterService/GetMaster", "Host: localhost\r\n", &[]);
    assert_eq!(header(&call, "x-content-type-options"), Some("nosniff"), "{call}");
    assert_eq!(header(&call, "cache-control"), Some("no-store"), "{call}");
}
