//! How the service stops.
use super::lifetime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// How long the service still takes requests after SIGTERM while `/health/ready` answers 503, so
    /// that a load balancer has noticed before a connection is refused.
    #[serde(with = "lifetime")]
    pub drain: Duration,
}

impl Shutdown {
    /// The longest drain: process managers lose patience sooner.
    pub(super) const LONGEST: Duration = Duration::from_mins(5);
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { drain: Duration::from_secs(5) }
    }
}
