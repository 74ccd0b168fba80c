//! The network of tasks: they reach the outside, and not each other. All agents on one Docker share it.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::InspectNetworkOptions;

use super::{Docker, Refusal};

/// The network's name.
pub(super) const NETWORK: &str = "pedl";

/// Its bridge. Docker takes a name of networks twice, but not one of bridges: whoever makes it second is refused.
const BRIDGE: &str = "pedl0";

impl Docker {
    /// Makes the network where it is missing.
    pub async fn ensure_network(&self) -> Result<(), Refusal> {
        if self.network_is_there().await? {
            return Ok(());
        }
        let options = [
            ("com.docker.network.bridge.name", BRIDGE),
            // On Docker's own bridge any container can reach a notebook in another one.
            ("com.docker.network.bridge.enable_icc", "false"),
        ];
        let request = NetworkCreateRequest {
            name: NETWORK.into(),
            driver: Some("bridge".into()),
            options: Some(HashMap::from(options.map(|(key, value)| (key.into(), value.into())))),
            ..NetworkCreateRequest::default()
        };
        match self.patiently(|| self.api.create_network(request.clone())).await {
            Ok(_) => Ok(()),
            Err(_) if self.network_is_there().await? => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    async fn network_is_there(&self) -> Result<bool, Refusal> {
        match self.patiently(|| self.api.inspect_network(NETWORK, None::<InspectNetworkOptions>)).await {
            Ok(_) => Ok(true),
            Err(Refusal::NotFound(_)) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }
}
