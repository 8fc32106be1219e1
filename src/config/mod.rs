//! The settings of the service: the table `[default.portcullis]` in `Rocket.toml`. A `PORTCULLIS_*`
//! environment variable overrides each key.
//!
//! The doc comments of the settings are the texts in docs/configuration.md; a test compares the two.
mod brand;
mod browser;
mod check;
mod database;
mod environment;
mod language;
mod layers;
mod legacy;
mod lifetime;
mod limits;
mod load;
mod private;
mod problem;
mod redact;
mod runtime;
mod secret;
mod server;
mod shutdown;
mod site;

pub use brand::{Brand, Color, Link};
pub use browser::{Cookie, Cors, Hsts, ReturnTo, SameSite};
pub use check::{LONGEST_ACCESS_TOKEN, LONGEST_REFRESH_TOKEN};
pub use database::{Database, check as check_database};
pub use language::Language;
pub use legacy::Legacy;
pub use limits::Limits;
pub use load::{Loaded, load, load_from};
pub use problem::Problem;
pub use runtime::{EmailConfirmation, Registration, RuntimeSettings, Setting};
pub use secret::Secret;
pub use server::Server;
pub use shutdown::Shutdown;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};
use url::Url;

/// All settings. Every key has a default, and an unknown key is an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
pub struct Config {
    /// The URL at which browsers reach the service. Links in mails are built from this URL only. If it
    /// is not set, it follows Rocket's `address`, `port` and `tls`.
    pub public_url: Url,
    /// The connection to the database. Its URL and the size of the pool are in
    /// `[default.databases.portcullis]`.
    pub database: Database,
    /// How mails are sent.
    pub mail: Mail,
    /// The lifetime of an access token: 1 s to 24 h.
    #[serde(with = "lifetime")]
    pub access_token_lifetime: Duration,
    /// How long a session may stay unused before its refresh token expires: from
    /// `access_token_lifetime` to 400 days.
    #[serde(with = "lifetime")]
    pub refresh_token_lifetime: Duration,
    /// How long a used refresh token still returns the newest token of its chain, counted from its use.
    /// Later reuse ends the session. At most 5 min.
    #[serde(with = "lifetime")]
    pub refresh_grace: Duration,
    /// The maximum lifetime of a session, however often it is refreshed: from `refresh_token_lifetime`
    /// to ten years. A session opened without `remember` lives 24 h at most.
    #[serde(with = "lifetime")]
    pub session_lifetime: Duration,
    /// How long audit events are kept: one day to ten years.
    #[serde(with = "lifetime")]
    pub audit_lifetime: Duration,
    /// How tokens are signed.
    pub jwt: Jwt,
    /// Tokens of the service that users come from; see `docs/moving-from-django.md`.
    pub legacy: Legacy,
    /// Who may register: everybody (`open`), invited people (`invite`) or nobody (`closed`, which also
    /// refuses invitations).
    pub registration: Registration,
    /// Whether users must confirm their address before they can log in. With `required`, registration
    /// also does not reveal which addresses have an account.
    pub email_confirmation: EmailConfirmation,
    /// Whether users can log in with a link or a code that is mailed to them, without their password. Only to
    /// confirmed addresses.
    pub login_by_mail: bool,
    /// Whether users are told by mail of logins from devices that they have not used before. Each user can
    /// turn it off.
    pub notify_new_devices: bool,
    /// The cookie with the refresh token.
    pub cookie: Cookie,
    /// Cross-origin requests from scripts.
    pub cors: Cors,
    /// Where the pages may redirect after a login or a registration.
    pub return_to: ReturnTo,
    /// The header `Strict-Transport-Security` (RFC 6797), sent if `public_url` is https.
    pub hsts: Hsts,
    /// The networks (CIDR) of your reverse proxies. `X-Forwarded-For` is trusted only if a request
    /// comes from one of them. A network that contains every address is refused if `public_url` is
    /// https.
    pub trusted_proxies: Vec<IpNet>,
    /// How often callers may do what an attacker would repeat; see `docs/security.md`. "From one address"
    /// means an IPv4 address or an IPv6 network of 64 bits, in 10 minutes, on one server: so many requests
    /// may come at once, and the budget refills evenly. Each number is 1 to 1000000.
    pub limits: Limits,
    /// Whether `/metrics` exists.
    pub metrics: bool,
    /// Whether `/openapi.json`, `/docs/` and `/api-doc/` exist.
    pub docs: bool,
    /// Limits of connections and requests, and where the service listens.
    pub server: Server,
    /// How the service stops.
    pub shutdown: Shutdown,
    /// The dialects that are mounted; see `docs/dialects.md`.
    pub dialects: Vec<Dialect>,
    /// The language of pages, mails and errors if the user has chosen none and the browser asks for
    /// none that is available.
    pub language: Language,
    /// Password rules and hashing; see `docs/passwords.md`.
    pub password: Password,
    /// The look of pages and mails; see `docs/pages.md`.
    pub brand: Brand,
    /// A directory. Templates, style and script in it replace the built-in ones of the same name; see
    /// `docs/pages.md`.
    pub templates: Option<PathBuf>,
    /// Encrypts the private signing keys and the secrets in the database: 32 bytes or more. Keep a copy
    /// of it outside the database.
    pub encryption_key: Option<Secret>,
    /// The previous `encryption_key`. Set it while you change the key, until `portcullis keys reseal` has
    /// run.
    pub previous_encryption_key: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        let minutes = |n| Duration::from_mins(n);
        let days = |n: u64| Duration::from_hours(24 * n);
        Self {
            public_url: Url::parse("http://localhost:8000").unwrap_or_else(|_| unreachable!()),
            database: Database::default(),
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
            login_by_mail: false,
            notify_new_devices: true,
            cookie: Cookie::default(),
            cors: Cors::default(),
            return_to: ReturnTo::default(),
            hsts: Hsts::default(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
            metrics: true,
            docs: true,
            server: Server::default(),
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
    /// Whether `public_url` is on this machine, so that `dev:` may show every mail.
    pub fn is_local(&self) -> bool {
        match self.public_url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }

    /// The claim `iss` of access tokens.
    pub fn issuer(&self) -> &str {
        self.jwt.issuer.as_deref().unwrap_or_else(|| self.public_url.as_str().trim_end_matches('/'))
    }

    /// The name of the site in mails.
    pub fn site(&self) -> &str {
        self.brand.name.as_deref().or(self.public_url.host_str()).unwrap_or_default()
    }

    /// `public_url` followed by `path`, which starts with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

/// How mails are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The transport: `dev:`, `smtp://…`, `smtps://…` or `file:DIR`.
    pub url: Secret,
    /// The sender, as `NAME <ADDRESS>`.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self { url: Secret("dev:".to_owned()), from: "Portcullis <no-reply@localhost>".to_owned() }
    }
}

/// How tokens are signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Jwt {
    /// The signature algorithm (RFC 7518, RFC 8037).
    pub algorithm: Algorithm,
    /// The key for `HS256`, shared with your verifiers: 32 bytes or more (RFC 7518, 3.2). It must not be
    /// set with another algorithm.
    pub secret: Option<Secret>,
    /// The claim `iss` of access tokens. If it is not set, `public_url` is used.
    pub issuer: Option<String>,
    /// The claim `aud` of access tokens.
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

/// The signature algorithms (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on the curve P-256 with SHA-256.
    ES256,
    /// `EdDSA` on the curve Ed25519.
    EdDSA,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    RS256,
    /// HMAC with SHA-256 and the secret `jwt.secret`. No key is published.
    HS256,
}

/// The APIs that Portcullis speaks besides its own. Each has a file in `dialects`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Both tokens are JWTs in bodies, and a refresh token works once.
    Autor,
    /// The refresh token is a bare UUID in bodies.
    Simple,
    /// The refresh token is in the cookie only.
    Cookie,
    /// The reply to a login contains the role, and superusers are refused.
    Role,
    /// The refresh token is a JWT, rotated only if another surface opened the session and rotates it.
    Chat,
}

impl Dialect {
    /// Every dialect, in the order of the variants.
    pub const ALL: [Self; 5] = [Self::Autor, Self::Simple, Self::Cookie, Self::Role, Self::Chat];
}

/// Password rules and hashing (argon2id, by default with OWASP's parameters).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Password {
    /// The minimum length of a new password in characters: 8 to 64. The maximum is always 256.
    pub min_length: usize,
    /// A file with SHA-1 hashes of leaked passwords, sorted, one `HASH:COUNT` or `HASH` per line; see
    /// `docs/passwords.md`.
    pub breached_file: Option<PathBuf>,
    /// Memory for one argon2id hash, in KiB: at most 262144. Less than OWASP recommends for the number of
    /// `passes` is refused.
    pub memory: u32,
    /// Passes of argon2id: 1 to 16. Raised parameters apply to each user at their next login.
    pub passes: u32,
    /// Lanes of argon2id: 1 to 16.
    pub lanes: u32,
    /// How many passwords are hashed at the same time: at most 256. `0` is one per core.
    pub threads: usize,
    /// How many passwords may wait to be hashed: 1 to 100000. The next request is answered with 503.
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
pub(crate) mod tests;
