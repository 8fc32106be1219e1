//! The sender of a request, as far as the connection shows.
use crate::config::Language;
use std::net::IpAddr;

/// The sender of a request. It is stored with sessions and in the audit log, and proves nothing.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The client's IP address. Only trusted proxies may report another one than that of the
    /// connection.
    pub ip: Option<IpAddr>,
    /// At most 300 characters, without control characters.
    pub user_agent: Option<String>,
    /// The value of the cookie of known devices, if there is one. It is not verified.
    pub device: Option<String>,
    /// The language the caller reads.
    pub language: Language,
    /// Ties log lines to the request.
    pub request_id: String,
}
