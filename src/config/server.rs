//! The limits of connections and requests, and where the service listens besides Rocket's `address`.
use super::{lifetime, problem::Checks};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::{path::PathBuf, time::Duration};

/// The limits of connections and requests. They apply to `portcullis serve` and to applications that call
/// `portcullis::serve`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// How long a client may take to send the head of a request, and for the TLS handshake before it:
    /// at most 5 min.
    #[serde(with = "lifetime")]
    pub head_timeout: Duration,
    /// How long a client may take to send the body of a request: at most 1 h. Later it is answered with
    /// 408.
    #[serde(with = "lifetime")]
    pub body_timeout: Duration,
    /// How long a client may take no byte of a reply, or less than 16 KiB of a long one, before the
    /// connection is closed: at most 1 h.
    #[serde(with = "lifetime")]
    pub write_timeout: Duration,
    /// How long a connection may stay open between two requests: at most 1 h. A proxy that reuses
    /// connections should close them earlier.
    #[serde(with = "lifetime")]
    pub idle_timeout: Duration,
    /// The longest head of a request, in bytes: 8192 to 65536. A longer one is answered with 431.
    pub max_head: u32,
    /// The longest body of a request, in bytes: 65536 to 1 GiB. A longer one is answered with 413. The
    /// endpoints of Portcullis read 64 KiB at most.
    pub max_body: u32,
    /// How much memory the bodies of all requests may use at the same time, in bytes: `max_body` or
    /// more. A request beyond it is answered with 503.
    pub max_bodies: u32,
    /// How many connections may be open at the same time: 1 to 1000000. More connections wait.
    pub max_connections: u32,
    /// How many connections one address may hold: 1 or more. An IPv6 address is its network of 64 bits.
    /// More connections are closed. The limit does not apply to `trusted_proxies`.
    pub max_connections_per_address: u32,
    /// A path. The service also listens on a Unix socket there, which the user and the group of the
    /// service may use. A connection counts as one from `127.0.0.1`.
    pub unix_socket: Option<PathBuf>,
    /// Whether `trusted_proxies` send the PROXY protocol, version 2, at the start of a connection. Then
    /// each of their connections must, and no other may.
    pub proxy_protocol: bool,
    /// A port on which requests for pages are redirected to `public_url`, which must be https.
    #[serde(deserialize_with = "port")]
    pub redirect_port: Option<u16>,
    /// How often the certificate files (`tls.certs`, `tls.key`) are read again: at most 24 h. SIGHUP does
    /// it immediately.
    #[serde(with = "lifetime")]
    pub certificate_interval: Duration,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_mins(1),
            max_head: 16 << 10,
            max_body: 128 << 10,
            max_bodies: 64 << 20,
            max_connections: 10_000,
            max_connections_per_address: 100,
            unix_socket: None,
            proxy_protocol: false,
            redirect_port: None,
            certificate_interval: Duration::from_secs(10),
        }
    }
}

/// Reads a port, which the environment has as text.
fn port<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u16>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Port {
        Number(u16),
        Text(String),
    }
    Ok(match Option::deserialize(d)? {
        None => None,
        Some(Port::Number(port)) => Some(port),
        Some(Port::Text(text)) => Some(text.trim().parse().map_err(D::Error::custom)?),
    })
}

impl Server {
    /// All problems, by key. `secure` says whether `public_url` is https.
    pub(super) fn check(&self, secure: bool, checks: &mut Checks) {
        let hour = Duration::from_hours(1);
        for (key, time, longest, name) in [
            ("server.head_timeout", self.head_timeout, Duration::from_mins(5), "5m"),
            ("server.body_timeout", self.body_timeout, hour, "1h"),
            ("server.write_timeout", self.write_timeout, hour, "1h"),
            ("server.idle_timeout", self.idle_timeout, hour, "1h"),
            ("server.certificate_interval", self.certificate_interval, 24 * hour, "24h"),
        ] {
            let message = format!("should be more than 0s and at most {name}");
            checks.require(!time.is_zero() && time <= longest, key, &message);
        }
        checks.require_within(self.max_head, 8 << 10..=64 << 10, "server.max_head");
        checks.require_within(self.max_body, 64 << 10..=1 << 30, "server.max_body");
        checks.require(
            self.max_bodies >= self.max_body,
            "server.max_bodies",
            "should be server.max_body or more",
        );
        checks.require_within(self.max_connections, 1..=1_000_000, "server.max_connections");
        checks.require(
            self.max_connections_per_address > 0,
            "server.max_connections_per_address",
            "should be 1 or more",
        );
        checks.require(
            self.redirect_port.is_none() || secure,
            "server.redirect_port",
            "needs a public_url that is https",
        );
    }
}
