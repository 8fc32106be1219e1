//! Settings for browsers: cookies, origins, HSTS.
use super::Config;
use serde::{Deserialize, Serialize};

/// The cookie with the refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Cookie {
    /// Whether browsers send the cookie over TLS only. `false` is allowed if `public_url` is http; the
    /// cookie is then named `portcullis` instead of `__Host-portcullis`.
    pub secure: bool,
    /// The attribute `SameSite` of the cookie. `None` needs `cookie.secure`.
    pub same_site: SameSite,
    /// The attribute `Domain` of the cookie: the host of `public_url` or a domain above it. The cookie is
    /// then named `__Secure-portcullis`, and every host below the domain can read and replace it.
    pub domain: Option<String>,
}

impl Default for Cookie {
    fn default() -> Self {
        Self { secure: true, same_site: SameSite::Lax, domain: None }
    }
}

/// The attribute `SameSite` of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SameSite {
    /// The browser sends the cookie only with requests from the same site.
    Strict,
    /// Like `Strict`, but the browser also sends the cookie when the user follows a link from another site.
    Lax,
    /// The browser also sends the cookie with requests from other sites. It requires `Secure`.
    None,
}

/// Cross-origin requests from scripts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Exact origins, such as `https://app.example.com`. Their scripts may call the API with the cookie,
    /// but cannot read the pages or send their forms. They must be https if `public_url` is.
    pub origins: Vec<String>,
}

/// Where the pages may redirect after a login or a registration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct ReturnTo {
    /// Exact origins, such as `https://app.example.com`, to which a login or a registration may redirect,
    /// in addition to those in `cors.origins`. They must be https if `public_url` is.
    pub origins: Vec<String>,
}

/// The header `Strict-Transport-Security` (RFC 6797), sent if `public_url` is https.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Hsts {
    /// Whether the header also covers every host below that of `public_url`.
    pub include_subdomains: bool,
}

impl Config {
    /// The origins to which a login may redirect: those in `return_to.origins` and in `cors.origins`, but
    /// never from https to http.
    pub fn return_origins(&self) -> impl Iterator<Item = &str> {
        let secure = self.public_url.scheme() == "https";
        let listed = self.return_to.origins.iter().chain(&self.cors.origins);
        listed.map(String::as_str).filter(move |origin| !secure || origin.starts_with("https://"))
    }
}
