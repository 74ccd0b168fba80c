//! What Docker's API before 1.44 (Docker 25) takes in another place than bollard has a field for.

use bollard::{BollardRequest, ClientVersion, body_full};
use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// Whether a container's MAC address is a field of its own, and one in its network's settings is without effect.
pub fn wants_address_on_top(version: &ClientVersion) -> bool {
    (version.major_version, version.minor_version) < (1, 44)
}

/// A request to create a container, with the MAC address at the top; any other as it is.
pub fn address_on_top(request: BollardRequest) -> BollardRequest {
    if !request.uri().path().ends_with("/containers/create") {
        return request;
    }
    let (head, body) = request.into_parts();
    // bollard has the whole of it in memory.
    let body = body.collect().now_or_never().and_then(Result::ok).expect("the body is no stream").to_bytes();
    BollardRequest::from_parts(head, body_full(lift(&body).map_or(body, Into::into)))
}

/// None: it names no address.
fn lift(body: &[u8]) -> Option<Vec<u8>> {
    let mut body: Value = serde_json::from_slice(body).ok()?;
    let networks = body.pointer("/NetworkingConfig/EndpointsConfig")?.as_object()?;
    let address = networks.values().find_map(|network| network.get("MacAddress"))?.clone();
    body.as_object_mut()?.insert("MacAddress".into(), address);
    serde_json::to_vec(&body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_lifted() {
        let body =
            br#"{"Image":"a","NetworkingConfig":{"EndpointsConfig":{"bridge":{"MacAddress":"d2:50:00:00:00:01"}}}}"#;
        let lifted: Value = serde_json::from_slice(&lift(body).unwrap()).unwrap();
        assert_eq!((&lifted["Image"], &lifted["MacAddress"]), (&"a".into(), &"d2:50:00:00:00:01".into()));
        assert_eq!(lift(br#"{"Image":"a"}"#), None);
    }
}
