//! What browsers are told to keep a page to. Whatever comes to be in it may then do little: load nothing of others', run
//! nothing that the master does not serve, be shown in nobody's frame.

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// Without `require-trusted-types-for`: the components' library writes its style elements as text. Ends where a nonce for
/// these can follow.
const POLICY: &str = "default-src 'none'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
     manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; style-src 'self'";

/// All that a browser could otherwise give; but for the clipboard, which people copy ids and commands to.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), \
     display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
     identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), picture-in-picture=(), publickey-credentials-create=(), publickey-credentials-get=(), \
     screen-wake-lock=(), serial=(), storage-access=(), usb=(), web-share=(), window-management=(), \
     xr-spatial-tracking=()";

/// What every answer has that does not say otherwise itself.
const HEADERS: [(HeaderName, &str); 8] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (CACHE_CONTROL, "no-store"),
];

/// Adds what is the same for all.
pub async fn guard(mut answer: Response) -> Response {
    for (header, value) in HEADERS {
        answer.headers_mut().entry(header).or_insert(HeaderValue::from_static(value));
    }
    answer
}

/// Keeps a call's answer to a browser from being taken for anything else, or kept.
pub fn guard_call<B>(mut answer: Response<B>) -> Response<B> {
    let of_browser = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/grpc-web");
    if answer.headers().get(CONTENT_TYPE).is_some_and(of_browser) {
        answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    answer
}

/// A fresh nonce for the style elements that a page makes, and the policy that takes them.
pub fn with_nonce() -> (String, [(HeaderName, String); 1]) {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "a nonce that can be guessed is none")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let nonce = BASE64_STANDARD.encode(bytes);
    let policy = format!("{POLICY} 'nonce-{nonce}'");
    (nonce, [(CONTENT_SECURITY_POLICY, policy)])
}
