//! The settings of the service: the table `[default.portcullis]` of `Rocket.toml`, each key
//! overridable by `PORTCULLIS_*` in the environment.
mod brand;
mod browser;
mod check;
mod database;
mod environment;
mod language;
mod layers;
mod legacy;
mod lifetime;
mod load;
mod private;
mod redact;
mod runtime;
mod secret;
mod shutdown;
mod site;

pub use brand::{Brand, Color, Link};
pub use browser::{Cookie, Cors, Hsts, ReturnTo, SameSite};
pub use check::{LONGEST_ACCESS_TOKEN, LONGEST_REFRESH_TOKEN};
pub use database::check as check_database;
pub use language::Language;
pub use legacy::Legacy;
pub use load::{Loaded, Problem, load, load_from};
pub use runtime::{EmailConfirmation, Live, Registration, Setting};
pub use secret::Secret;
pub use shutdown::Shutdown;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};
use url::Url;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where browsers reach the service; links in mails are built from it and from nothing else.
    pub public_url: Url,
    pub mail: Mail,
    #[serde(with = "lifetime")]
    pub access_token_lifetime: Duration,
    #[serde(with = "lifetime")]
    pub refresh_token_lifetime: Duration,
    /// How long a spent refresh token still gives its successor.
    #[serde(with = "lifetime")]
    pub refresh_grace: Duration,
    /// The longest a session lives however often it is refreshed.
    #[serde(with = "lifetime")]
    pub session_lifetime: Duration,
    /// How long the audit log is kept.
    #[serde(with = "lifetime")]
    pub audit_lifetime: Duration,
    pub jwt: Jwt,
    pub legacy: Legacy,
    pub registration: Registration,
    pub email_confirmation: EmailConfirmation,
    pub cookie: Cookie,
    pub cors: Cors,
    pub return_to: ReturnTo,
    pub hsts: Hsts,
    /// Only from these is `X-Forwarded-For` believed.
    pub trusted_proxies: Vec<IpNet>,
    pub limits: Limits,
    /// Whether there is `/metrics`.
    pub metrics: bool,
    /// Whether there are `/openapi.json` and the page to browse it.
    pub docs: bool,
    pub shutdown: Shutdown,
    pub dialects: Vec<Dialect>,
    pub language: Language,
    pub password: Password,
    pub brand: Brand,
    /// Templates, style and script here win over those in the binary.
    pub templates: Option<PathBuf>,
    /// Seals the private signing keys and the secrets in the database.
    pub encryption_key: Option<Secret>,
    /// The one before: opens what it sealed until `keys reseal` has run.
    pub previous_encryption_key: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        let minutes = |n| Duration::from_mins(n);
        let days = |n: u64| Duration::from_hours(24 * n);
        Self {
            public_url: Url::parse("http://localhost:8000").unwrap_or_else(|_| unreachable!()),
            mail: Mail::default(),
            access_token_lifetime: minutes(5),
            refresh_token_lifetime: days(30),
            refresh_grace: Duration::from_secs(10),
            session_lifetime: days(90),
            audit_lifetime: days(365),
            jwt: Jwt::default(),
            legacy: Legacy::default(),
            registration: Registration::Open,
            email_confirmation: EmailConfirmation::Optional,
            cookie: Cookie::default(),
            cors: Cors::default(),
            return_to: ReturnTo::default(),
            hsts: Hsts::default(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            metrics: true,
            docs: true,
            shutdown: Shutdown::default(),
            dialects: Dialect::ALL.to_vec(),
            language: Language::En,
            password: Password::default(),
            brand: Brand::default(),
            templates: None,
            encryption_key: None,
            previous_encryption_key: None,
        }
    }
}

impl Config {
    /// Whether people reach the service on this machine only, so that its mails may be shown.
    pub fn is_local(&self) -> bool {
        match self.public_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// The `iss` of our tokens.
    pub fn issuer(&self) -> &str {
        self.jwt.issuer.as_deref().unwrap_or_else(|| self.public_url.as_str().trim_end_matches('/'))
    }

    /// What mails call the site.
    pub fn site(&self) -> &str {
        self.brand.name.as_deref().or(self.public_url.host_str()).unwrap_or_default()
    }

    /// `PUBLIC_URL` followed by `path` (which starts with a slash).
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `dev:`, `smtp://…`, `smtps://…` or `file:DIR`; it may hold a password.
    pub url: Secret,
    /// The sender: `NAME <ADDRESS>`.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self { url: Secret("dev:".to_owned()), from: "Portcullis <no-reply@localhost>".to_owned() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jwt {
    pub algorithm: Algorithm,
    /// The HMAC key with HS256, at least 32 bytes (RFC 7518, 3.2).
    pub secret: Option<Secret>,
    pub issuer: Option<String>,
    pub audience: String,
}

impl Default for Jwt {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::ES256,
            secret: None,
            issuer: None,
            audience: "portcullis".to_owned(),
        }
    }
}

/// What signs tokens (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    ES256,
    EdDSA,
    RS256,
    HS256,
}

/// There are no limits of requests yet, so they cannot be turned on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub enabled: bool,
}

/// The compatible APIs there are; each has a file in `dialects`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    Autor,
    Simple,
    Cookie,
    Role,
    Chat,
}

impl Dialect {
    pub const ALL: [Self; 5] = [Self::Autor, Self::Simple, Self::Cookie, Self::Role, Self::Chat];
}

/// How passwords are judged and hashed (argon2id; OWASP's parameters by default).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// In characters.
    pub min_length: usize,
    /// SHA-1 hashes of leaked passwords, sorted, a line of `HASH:COUNT` each.
    pub breached_file: Option<PathBuf>,
    /// In KiB.
    pub memory: u32,
    pub passes: u32,
    pub lanes: u32,
    /// How many are hashed at once; 0: one per core.
    pub threads: usize,
    /// How many may wait before the next is refused with 503.
    pub queue: usize,
}

impl Default for Password {
    fn default() -> Self {
        Self {
            min_length: 8,
            breached_file: None,
            memory: 19 * 1024,
            passes: 2,
            lanes: 1,
            threads: 0,
            queue: 256,
        }
    }
}

#[cfg(test)]
mod tests;
