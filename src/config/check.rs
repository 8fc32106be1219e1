//! The checks of the settings, one by one and together.
use super::{
    Algorithm, Config, Limits, Problem, SameSite, Shutdown, database::is_torn, problem::Checks,
    site,
};
use std::{path::Path, time::Duration};
use url::{Host, Url};

const DAY: Duration = Duration::from_hours(24);
/// The longest `access_token_lifetime`.
pub const LONGEST_ACCESS_TOKEN: Duration = DAY;
/// The longest `refresh_token_lifetime`.
pub const LONGEST_REFRESH_TOKEN: Duration = Duration::from_hours(24 * 400);

impl Config {
    /// All problems, by key.
    pub fn check(&self) -> Vec<Problem> {
        let mut checks = Checks::default();
        let url = &self.public_url;
        checks.require(
            ["http", "https"].contains(&url.scheme())
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
                && !is_torn(url),
            "public_url",
            "should be http(s)://HOST[:PORT][/PATH]",
        );
        self.check_mail(&mut checks);
        self.check_lifetimes(&mut checks);
        let secret = self.jwt.secret.as_ref().map(|s| s.0.len());
        match self.jwt.algorithm {
            Algorithm::HS256 => checks.require(
                secret.is_some_and(|n| n >= 32),
                "jwt.secret",
                "HS256 needs a secret of 32 bytes or more (RFC 7518, 3.2)",
            ),
            _ => checks.require(
                secret.is_none(),
                "jwt.secret",
                "may only be set with jwt.algorithm = \"HS256\"",
            ),
        }
        let named = |name: &str| !name.trim().is_empty();
        checks.require(named(self.issuer()), "jwt.issuer", "should not be empty");
        checks.require(named(&self.jwt.audience), "jwt.audience", "should not be empty");
        self.check_legacy(&mut checks);
        self.check_browser(&mut checks);
        self.check_password(&mut checks);
        self.server.check(self.public_url.scheme() == "https", &mut checks);
        let drains = self.shutdown.drain <= Shutdown::LONGEST;
        checks.require(drains, "shutdown.drain", "should be at most 5m");
        let key = self.encryption_key.as_ref().map(|s| s.0.len());
        checks.require(
            key.is_none_or(|n| n >= 32),
            "encryption_key",
            "should have 32 bytes or more",
        );
        let previous = self.previous_encryption_key.as_ref();
        checks.require(
            previous.is_none_or(|p| self.encryption_key.as_ref() != Some(p)),
            "previous_encryption_key",
            "is the same as encryption_key",
        );
        checks.require(
            self.brand.name.as_deref().is_none_or(named),
            "brand.name",
            "should not be empty",
        );
        self.check_limits(&mut checks);
        let folder = self.templates.as_ref();
        checks.require(folder.is_none_or(|f| f.is_dir()), "templates", "is not a folder");
        checks.0
    }

    /// Settings that are valid but may not do what the operator expects, by key.
    pub fn warnings(&self) -> Vec<Problem> {
        let mut warnings = Vec::from_iter(self.warn_of_legacy());
        if self.public_url.scheme() == "http" && !self.is_local() {
            let message = "is http: passwords and tokens are sent unencrypted";
            warnings.push(Problem::new("public_url", message));
            if self.cookie.secure {
                let message = "is true, so browsers reject the cookie because public_url is http";
                warnings.push(Problem::new("cookie.secure", message));
            }
        }
        if !self.limits.enabled {
            let message =
                "is false: anybody may guess passwords as fast as the machine can check them";
            warnings.push(Problem::new("limits.enabled", message));
        }
        if self.cookie.domain.is_some() {
            let message = "lets every subdomain read and replace the cookie";
            warnings.push(Problem::new("cookie.domain", message));
        }
        if self.cookie.same_site != SameSite::None {
            let other = |origin: &&String| {
                Url::parse(origin).is_ok_and(|o| !site::is_same(&o, &self.public_url))
            };
            for origin in self.cors.origins.iter().filter(other) {
                let message = format!(
                    "{origin} is another site: browsers do not send the cookie with its requests \
                     unless cookie.same_site is None"
                );
                warnings.push(Problem::new("cors.origins", message));
            }
        }
        if self.encryption_key.is_none() && !self.is_local() {
            let message = "is not set: a copy of the database is enough to sign tokens";
            warnings.push(Problem::new("encryption_key", message));
        }
        if self.previous_encryption_key.is_some() {
            let message = "is only needed until `portcullis keys reseal` has run; remove it \
                           afterwards";
            warnings.push(Problem::new("previous_encryption_key", message));
        }
        warnings
    }

    fn check_mail(&self, checks: &mut Checks) {
        let url = self.mail.url.0.as_str();
        let known = match url.split_once(':') {
            Some(("dev", rest)) => rest.is_empty(),
            Some(("file", folder)) => !folder.is_empty(),
            Some(("smtp" | "smtps", _)) => Url::parse(url).is_ok_and(|u| {
                let empty = u.host_str().is_none_or(str::is_empty);
                !empty && u.fragment().is_none() && ["", "/"].contains(&u.path())
            }),
            _ => false,
        };
        checks.require(
            known,
            "mail.url",
            "should be dev:, file:DIR, smtps://USER:PASSWORD@HOST:PORT or smtp://…, with special \
             characters in the password percent-encoded",
        );
        let folder = url.strip_prefix("file:").filter(|folder| !folder.is_empty());
        checks.require(
            folder.is_none_or(|folder| Path::new(folder).is_dir()),
            "mail.url",
            "names a folder that does not exist: create one that only the service can read",
        );
        checks.require(
            url != "dev:" || self.is_local(),
            "mail.url",
            "dev: shows every mail, so it requires a public_url on this machine",
        );
        let from = self.mail.from.parse::<lettre::message::Mailbox>();
        checks.require(from.is_ok(), "mail.from", "should be NAME <ADDRESS>");
    }

    /// All problems with lifetimes, by key.
    pub(super) fn lifetime_problems(&self) -> Vec<Problem> {
        let mut checks = Checks::default();
        self.check_lifetimes(&mut checks);
        checks.0
    }

    fn check_lifetimes(&self, checks: &mut Checks) {
        let (access, refresh) = (self.access_token_lifetime, self.refresh_token_lifetime);
        checks.require(
            (Duration::from_secs(1)..=LONGEST_ACCESS_TOKEN).contains(&access),
            "access_token_lifetime",
            "should be between 1s and 24h",
        );
        checks.require(
            refresh >= access && refresh <= LONGEST_REFRESH_TOKEN,
            "refresh_token_lifetime",
            "should be between access_token_lifetime and 400d",
        );
        checks.require(
            self.session_lifetime >= refresh && self.session_lifetime <= 3_660 * DAY,
            "session_lifetime",
            "should be between refresh_token_lifetime and ten years",
        );
        checks.require(
            (DAY..=3_660 * DAY).contains(&self.audit_lifetime),
            "audit_lifetime",
            "should be between 1d and ten years",
        );
        checks.require(
            self.refresh_grace <= Duration::from_mins(5) && self.refresh_grace < refresh,
            "refresh_grace",
            "should be at most 5m and less than refresh_token_lifetime",
        );
    }

    fn check_browser(&self, checks: &mut Checks) {
        checks.require(
            self.cookie.secure || self.public_url.scheme() == "http",
            "cookie.secure",
            "should be true because public_url is https",
        );
        checks.require(
            self.cookie.same_site != SameSite::None || self.cookie.secure,
            "cookie.same_site",
            "None requires cookie.secure",
        );
        if let Some(domain) = &self.cookie.domain {
            let host = self.public_url.host_str().unwrap_or_default();
            let within = host == domain || host.ends_with(&format!(".{domain}"));
            let is_name = matches!(Host::parse(domain), Ok(Host::Domain(d)) if d == *domain)
                && (host == domain || domain.contains('.'));
            checks.require(
                within && is_name,
                "cookie.domain",
                "should be the host of public_url or a domain above it",
            );
        }
        let exact = |origin: &String| {
            Url::parse(origin).is_ok_and(|u| {
                ["http", "https"].contains(&u.scheme())
                    && u.origin().ascii_serialization() == *origin
                    && !origin.contains('*')
            })
        };
        let secure = self.public_url.scheme() == "https";
        for (key, origins) in
            [("cors.origins", &self.cors.origins), ("return_to.origins", &self.return_to.origins)]
        {
            checks.require(
                origins.iter().all(exact),
                key,
                "should be exact origins such as https://app.example.com: no path, no trailing \
                 slash, no *",
            );
            checks.require(
                !secure || !origins.iter().any(|origin| origin.starts_with("http:")),
                key,
                "should be https because public_url is: an attacker on the network could change a \
                 page sent over http",
            );
        }
        checks.require(
            !secure || self.trusted_proxies.iter().all(|net| net.prefix_len() > 0),
            "trusted_proxies",
            "should list only the networks of your proxies: with all addresses, any client could \
             forge its address",
        );
    }

    fn check_limits(&self, checks: &mut Checks) {
        let l = &self.limits;
        for (key, n) in [
            ("limits.logins", l.logins),
            ("limits.registrations", l.registrations),
            ("limits.refreshes", l.refreshes),
            ("limits.session_refreshes", l.session_refreshes),
            ("limits.mails", l.mails),
            ("limits.links", l.links),
            ("limits.password_checks", l.password_checks),
            ("limits.second_factors", l.second_factors),
            ("limits.password_strength", l.password_strength),
            ("limits.stuffing", l.stuffing),
            ("limits.audit_rows", l.audit_rows),
            ("limits.log_lines", l.log_lines),
        ] {
            checks.require_within(n, 1..=Limits::MOST, key);
        }
        // NIST SP 800-63B, 3.2.2: at most 100 failures in a row.
        checks.require_within(l.free_failures, 3..=100, "limits.free_failures");
        checks.require(
            Limits::DELAYS.contains(&l.longest_delay),
            "limits.longest_delay",
            "should be between 1s and 24h",
        );
    }

    fn check_password(&self, checks: &mut Checks) {
        let p = &self.password;
        checks.require_within(p.min_length, 8..=64, "password.min_length");
        // OWASP Password Storage: these combinations are equally strong.
        let enough = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        checks.require(
            enough.iter().any(|(m, t)| p.memory >= *m && p.passes >= *t),
            "password.memory",
            "is too small for this number of passes (OWASP: 19456 KiB with 2 passes)",
        );
        // Beyond these a login takes too long.
        checks.require(p.memory <= 256 * 1024, "password.memory", "should be at most 262144 KiB");
        checks.require_within(p.passes, 1..=16, "password.passes");
        checks.require_within(p.lanes, 1..=16, "password.lanes");
        checks.require(
            p.threads <= 256,
            "password.threads",
            "should be at most 256; 0 is one per core",
        );
        checks.require_within(p.queue, 1..=100_000, "password.queue");
    }
}
