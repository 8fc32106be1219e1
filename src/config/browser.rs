//! What browsers are told: cookies, origins, HSTS.
use super::Config;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cookie {
    pub secure: bool,
    pub same_site: SameSite,
    pub domain: Option<String>,
}

impl Default for Cookie {
    fn default() -> Self {
        Self { secure: true, same_site: SameSite::Lax, domain: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Exact origins, such as `https://app.example.com`.
    pub origins: Vec<String>,
}

/// Where a login or a registration may lead beside the paths of this site.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReturnTo {
    /// Exact origins, such as `https://app.example.com`; those in `cors.origins` count as well.
    pub origins: Vec<String>,
}

/// `Strict-Transport-Security` (RFC 6797), which is sent when `public_url` is https.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hsts {
    /// Whether it binds every name below that of `public_url`, too.
    pub include_subdomains: bool,
}

impl Config {
    /// The origins to which a login may lead: those in `return_to.origins` and in `cors.origins`, but from
    /// https never to http.
    pub fn return_origins(&self) -> impl Iterator<Item = &str> {
        let secure = self.public_url.scheme() == "https";
        let listed = self.return_to.origins.iter().chain(&self.cors.origins);
        listed.map(String::as_str).filter(move |origin| !secure || origin.starts_with("https://"))
    }
}
