//! Who asks, as far as the connection tells.
use crate::config::Language;
use std::net::IpAddr;

/// The far end of a request; kept with sessions and in the audit log, proof of nothing.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The client's address, seen through trusted proxies only.
    pub ip: Option<IpAddr>,
    /// At most 512 bytes, without control characters.
    pub user_agent: Option<String>,
    /// The language the caller reads.
    pub language: Language,
    /// Ties log lines to the request.
    pub request_id: String,
}
