//! The checks of the settings, one by one and together.
use super::{Algorithm, Config, Limits, Problem, SameSite, Shutdown, database::is_torn, site};
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
        let mut problems = Vec::new();
        let mut demand = |met: bool, key: &str, message: &str| {
            if !met {
                problems.push(Problem::new(key, message));
            }
        };
        let url = &self.public_url;
        demand(
            ["http", "https"].contains(&url.scheme())
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
                && !is_torn(url),
            "public_url",
            "should be http(s)://HOST[:PORT][/PATH]",
        );
        self.check_mail(&mut demand);
        self.check_lifetimes(&mut demand);
        let secret = self.jwt.secret.as_ref().map(|s| s.0.len());
        match self.jwt.algorithm {
            Algorithm::HS256 => demand(
                secret.is_some_and(|n| n >= 32),
                "jwt.secret",
                "HS256 needs a secret of 32 bytes or more (RFC 7518, 3.2)",
            ),
            _ => demand(secret.is_none(), "jwt.secret", "is for jwt.algorithm = \"HS256\" only"),
        }
        let named = |name: &str| !name.trim().is_empty();
        demand(named(self.issuer()), "jwt.issuer", "should not be empty");
        demand(named(&self.jwt.audience), "jwt.audience", "should not be empty");
        self.check_legacy(&mut demand);
        self.check_browser(&mut demand);
        self.check_password(&mut demand);
        let drains = self.shutdown.drain <= Shutdown::LONGEST;
        demand(drains, "shutdown.drain", "should be at most 5m");
        let key = self.encryption_key.as_ref().map(|s| s.0.len());
        demand(key.is_none_or(|n| n >= 32), "encryption_key", "should have 32 bytes or more");
        let previous = self.previous_encryption_key.as_ref();
        demand(
            previous.is_none_or(|p| self.encryption_key.as_ref() != Some(p)),
            "previous_encryption_key",
            "is the same as encryption_key",
        );
        demand(self.brand.name.as_deref().is_none_or(named), "brand.name", "should not be empty");
        self.check_limits(&mut demand);
        let folder = self.templates.as_ref();
        demand(folder.is_none_or(|f| f.is_dir()), "templates", "is no folder");
        problems
    }

    /// Settings that are valid but may not do what the operator expects, by key.
    pub fn warnings(&self) -> Vec<Problem> {
        let mut warnings = Vec::from_iter(self.warn_of_legacy());
        if self.public_url.scheme() == "http" && !self.is_local() {
            let message = "is http: passwords and tokens travel in clear";
            warnings.push(Problem::new("public_url", message));
            if self.cookie.secure {
                let message = "is true, so browsers keep no cookie from a public_url that is http";
                warnings.push(Problem::new("cookie.secure", message));
            }
        }
        if !self.limits.enabled {
            let message =
                "is false: anybody may guess passwords as fast as the machine can check them";
            warnings.push(Problem::new("limits.enabled", message));
        }
        if self.cookie.domain.is_some() {
            let message = "lets every host below it read and replace the cookie";
            warnings.push(Problem::new("cookie.domain", message));
        }
        if self.cookie.same_site != SameSite::None {
            let other = |origin: &&String| {
                Url::parse(origin).is_ok_and(|o| !site::is_same(&o, &self.public_url))
            };
            for origin in self.cors.origins.iter().filter(other) {
                let message = format!(
                    "{origin} is another site, whose requests come without the cookie unless \
                     cookie.same_site is None"
                );
                warnings.push(Problem::new("cors.origins", message));
            }
        }
        if self.previous_encryption_key.is_some() {
            let message = "is needed until `portcullis keys reseal` has run; remove it then";
            warnings.push(Problem::new("previous_encryption_key", message));
        }
        warnings
    }

    fn check_mail(&self, demand: &mut impl FnMut(bool, &str, &str)) {
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
        demand(
            known,
            "mail.url",
            "should be dev:, file:DIR, smtps://USER:PASSWORD@HOST:PORT or smtp://…, what is special in \
             the password percent-encoded",
        );
        let folder = url.strip_prefix("file:").filter(|folder| !folder.is_empty());
        demand(
            folder.is_none_or(|folder| Path::new(folder).is_dir()),
            "mail.url",
            "names a folder that is not there: make one that only the service can read",
        );
        demand(
            url != "dev:" || self.is_local(),
            "mail.url",
            "dev: shows every mail, so it works with a public_url on this machine only",
        );
        let from = self.mail.from.parse::<lettre::message::Mailbox>();
        demand(from.is_ok(), "mail.from", "should be NAME <ADDRESS>");
    }

    /// All problems with lifetimes, by key.
    pub(super) fn lifetime_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.check_lifetimes(&mut |met, key: &str, message: &str| {
            if !met {
                problems.push(Problem::new(key, message));
            }
        });
        problems
    }

    fn check_lifetimes(&self, demand: &mut impl FnMut(bool, &str, &str)) {
        let (access, refresh) = (self.access_token_lifetime, self.refresh_token_lifetime);
        demand(
            (Duration::from_secs(1)..=LONGEST_ACCESS_TOKEN).contains(&access),
            "access_token_lifetime",
            "should be between 1s and 24h",
        );
        demand(
            refresh >= access && refresh <= LONGEST_REFRESH_TOKEN,
            "refresh_token_lifetime",
            "should be between access_token_lifetime and 400d",
        );
        demand(
            self.session_lifetime >= refresh && self.session_lifetime <= 3_660 * DAY,
            "session_lifetime",
            "should be between refresh_token_lifetime and ten years",
        );
        demand(
            (DAY..=3_660 * DAY).contains(&self.audit_lifetime),
            "audit_lifetime",
            "should be between 1d and ten years",
        );
        demand(
            self.refresh_grace <= Duration::from_mins(5) && self.refresh_grace < refresh,
            "refresh_grace",
            "should be at most 5m and less than refresh_token_lifetime",
        );
    }

    fn check_browser(&self, demand: &mut impl FnMut(bool, &str, &str)) {
        demand(
            self.cookie.secure || self.public_url.scheme() == "http",
            "cookie.secure",
            "should be true with a public_url that is https",
        );
        demand(
            self.cookie.same_site != SameSite::None || self.cookie.secure,
            "cookie.same_site",
            "None needs cookie.secure",
        );
        if let Some(domain) = &self.cookie.domain {
            let host = self.public_url.host_str().unwrap_or_default();
            let within = host == domain || host.ends_with(&format!(".{domain}"));
            let is_name = matches!(Host::parse(domain), Ok(Host::Domain(d)) if d == *domain)
                && (host == domain || domain.contains('.'));
            demand(
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
            demand(
                origins.iter().all(exact),
                key,
                "should be exact origins such as https://app.example.com: no path, no final slash, no *",
            );
            demand(
                !secure || !origins.iter().any(|origin| origin.starts_with("http:")),
                key,
                "should be https, as public_url is: anybody on the way could change a page of http",
            );
        }
        demand(
            !secure || self.trusted_proxies.iter().all(|net| net.prefix_len() > 0),
            "trusted_proxies",
            "should be the networks of your proxies: from all of them anybody could name any address",
        );
    }

    fn check_limits(&self, demand: &mut impl FnMut(bool, &str, &str)) {
        let l = &self.limits;
        for (key, n) in [
            ("limits.logins", l.logins),
            ("limits.registrations", l.registrations),
            ("limits.refreshes", l.refreshes),
            ("limits.session_refreshes", l.session_refreshes),
            ("limits.mails", l.mails),
            ("limits.links", l.links),
            ("limits.password_checks", l.password_checks),
            ("limits.stuffing", l.stuffing),
        ] {
            demand((1..=Limits::MOST).contains(&n), key, "should be between 1 and 1000000");
        }
        // NIST SP 800-63B, 3.2.2: at most 100 failures in a row.
        demand(
            (3..=100).contains(&l.free_failures),
            "limits.free_failures",
            "should be between 3 and 100",
        );
        demand(
            Limits::DELAYS.contains(&l.longest_delay),
            "limits.longest_delay",
            "should be between 1s and 24h",
        );
    }

    fn check_password(&self, demand: &mut impl FnMut(bool, &str, &str)) {
        let p = &self.password;
        demand(
            (8..=64).contains(&p.min_length),
            "password.min_length",
            "should be between 8 and 64",
        );
        // OWASP Password Storage: these combinations are equally strong.
        let enough = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        demand(
            enough.iter().any(|(m, t)| p.memory >= *m && p.passes >= *t),
            "password.memory",
            "is too little for that many passes (OWASP: 19456 KiB with 2)",
        );
        // Beyond these a login takes too long.
        demand(p.memory <= 256 * 1024, "password.memory", "should be at most 262144 KiB");
        demand((1..=16).contains(&p.passes), "password.passes", "should be between 1 and 16");
        demand((1..=16).contains(&p.lanes), "password.lanes", "should be between 1 and 16");
        demand(p.threads <= 256, "password.threads", "should be at most 256; 0 is one per core");
        demand(
            (1..=100_000).contains(&p.queue),
            "password.queue",
            "should be between 1 and 100000",
        );
    }
}
