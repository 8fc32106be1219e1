//! How the service stops.
use super::lifetime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How the service stops.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// How long the service still answers requests after SIGTERM while `/health/ready` answers 503: at
    /// most 5 min. A load balancer can notice this before connections are refused.
    #[serde(with = "lifetime")]
    pub drain: Duration,
}

impl Shutdown {
    /// The longest drain. Process managers kill a service that takes longer.
    pub(super) const LONGEST: Duration = Duration::from_mins(5);
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain: Duration::from_secs(5) }
    }
}
