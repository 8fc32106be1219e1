//! The checks of settings, one by one and together.
use super::read;
use crate::{config::*, time::Timestamp};
use ::time::Date;
use std::collections::BTreeSet;

/// The keys that [`Config::check`] reports after `change` has been applied to valid settings of a public
/// service.
pub(super) fn refused(change: impl FnOnce(&mut Config)) -> BTreeSet<String> {
    let mut config = Config {
        public_url: url("https://auth.example.com"),
        mail: Mail { url: Secret("smtps://u:p@mail.example.com".to_owned()), ..Mail::default() },
        ..Config::default()
    };
    assert_eq!(config.check(), []);
    change(&mut config);
    config.check().into_iter().map(|p| p.key).collect()
}

pub(super) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Asserts that `$change` is refused, with problems for exactly the keys `$key`.
macro_rules! refuse {
    ($($key:literal: |$c:ident| $change:expr;)*) => {$(
        let keys: BTreeSet<String> = $key.split_whitespace().map(str::to_owned).collect();
        assert_eq!(refused(|$c| $change), keys, "{}", stringify!($change));
    )*};
}
pub(super) use refuse;

#[test]
fn the_public_url_has_only_scheme_host_port_and_path() {
    refuse! {
        "": |c| c.public_url = url("https://auth.example.com:8443/auth/");
        "public_url cookie.secure": |c| {
            c.public_url = url("ftp://auth.example.com");
            c.cookie.secure = false;
        };
        "public_url": |c| c.public_url = url("https://auth.example.com/?a=1");
        "public_url": |c| c.public_url = url("https://auth.example.com/#a");
        "public_url": |c| c.public_url = url("https://ann@auth.example.com");
        "public_url": |c| c.public_url = url("https://auth.example.com:12/secret@example.com");
        "public_url": |c| c.public_url = url("https://:secret@auth.example.com");
    }
}

#[test]
fn mail_url_and_sender_are_validated() {
    let to = |text: &'static str| move |c: &mut Config| c.mail.url = Secret(text.to_owned());
    for good in ["smtp://localhost", "smtp://u:p@mx:25?tls=none", "smtps://[::1]/", "file:."] {
        assert!(refused(to(good)).is_empty(), "{good}");
    }
    for bad in [
        "dev:",
        "dev:x",
        "",
        "file:",
        "file:no/such/folder",
        "smtp:",
        "smtp://",
        "smtps://u:p@",
        "smtp://u:25/p@mx",
        "smtp://u:25#p@mx",
        "smtp://u:p/p@mx",
        "http://mx",
        "sendmail",
    ] {
        assert_eq!(refused(to(bad)), BTreeSet::from(["mail.url".to_owned()]), "{bad}");
    }
    refuse! {
        "": |c| (c.public_url, c.mail.url) = (url("http://[::1]:8000"), Secret("dev:".to_owned()));
        "mail.from": |c| c.mail.from = "nobody".to_owned();
        "mail.from": |c| c.mail.from = String::new();
        "mail.from": |c| c.mail.from = "A <a@example.com>\r\nBcc: b@example.com".to_owned();
    }
}

#[test]
fn lifetimes_must_be_consistent() {
    refuse! {
        "access_token_lifetime": |c| c.access_token_lifetime = Duration::ZERO;
        "access_token_lifetime": |c| c.access_token_lifetime = DAY + SECOND;
        "refresh_token_lifetime": |c| {
            (c.access_token_lifetime, c.refresh_token_lifetime) = (DAY, 23 * HOUR);
        };
        "refresh_token_lifetime": |c| {
            (c.refresh_token_lifetime, c.session_lifetime) = (401 * DAY, 401 * DAY);
        };
        "session_lifetime": |c| c.session_lifetime = 29 * DAY;
        "session_lifetime": |c| c.session_lifetime = Duration::MAX;
        "refresh_grace": |c| c.refresh_grace = Duration::from_mins(5) + SECOND;
        "refresh_grace": |c| {
            (c.access_token_lifetime, c.refresh_token_lifetime) = (SECOND, 10 * SECOND);
        };
        "": |c| c.refresh_grace = Duration::ZERO;
        "shutdown.drain": |c| c.shutdown.drain = Duration::from_mins(5) + SECOND;
        "": |c| c.shutdown.drain = Duration::ZERO;
        "": |c| c.session_lifetime = c.refresh_token_lifetime;
    }
}

#[test]
fn secrets_have_a_minimum_length_and_the_jwt_secret_needs_hs256() {
    let secret = |n| Some(Secret("x".repeat(n)));
    refuse! {
        "jwt.secret": |c| c.jwt.algorithm = Algorithm::HS256;
        "jwt.secret": |c| (c.jwt.algorithm, c.jwt.secret) = (Algorithm::HS256, secret(31));
        "": |c| (c.jwt.algorithm, c.jwt.secret) = (Algorithm::HS256, secret(32));
        "jwt.secret": |c| c.jwt.secret = secret(32);
        "jwt.issuer": |c| c.jwt.issuer = Some(String::new());
        "jwt.audience": |c| c.jwt.audience = " ".to_owned();
        "brand.name": |c| c.brand.name = Some(" ".to_owned());
        "encryption_key": |c| c.encryption_key = secret(31);
        "": |c| c.encryption_key = secret(32);
        "": |c| (c.encryption_key, c.previous_encryption_key) = (secret(32), secret(33));
        "previous_encryption_key": |c| {
            (c.encryption_key, c.previous_encryption_key) = (secret(32), secret(32));
        };
    }
}

#[test]
fn legacy_tokens_need_hs256_and_an_end_date() {
    let shared = |c: &mut Config| {
        c.jwt.algorithm = Algorithm::HS256;
        c.jwt.secret = Some(Secret("x".repeat(32)));
        c.legacy = Legacy { accept_simplejwt: true, until: Date::from_ordinal_date(2027, 31).ok() };
    };
    refuse! {
        "": |c| shared(c);
        "legacy.until": |c| {
            shared(c);
            c.legacy.until = None;
        };
        "legacy.accept_simplejwt legacy.until": |c| c.legacy.accept_simplejwt = true;
    }
    let last = r#"
        [portcullis.jwt]
        algorithm = "HS256"
        [portcullis.legacy]
        until = "2027-01-31"
    "#;
    let on = ("PORTCULLIS_LEGACY__ACCEPT_SIMPLEJWT", "true");
    let secret = ("PORTCULLIS_JWT__SECRET", "0123456789012345678901234567890123456789");
    let loaded = read(last, &[on, secret]);
    assert_eq!((loaded.problems, loaded.warnings), (vec![], vec![]));
    assert!(serde_json::to_string(&loaded.config).unwrap().contains(r#""until":"2027-01-31""#));
    let at = |text| loaded.config.accepts_simplejwt(Timestamp::parse(text).unwrap());
    assert!(at("2027-01-31T23:59:59Z") && !at("2027-02-01T00:00:00Z"));
    let off = read(last, &[secret]);
    assert_eq!(off.warnings[0].key, "portcullis.legacy.until");
    assert!(!off.config.accepts_simplejwt(Timestamp::from_unix(0)));
    let bad = read(last, &[on, secret, ("PORTCULLIS_LEGACY__UNTIL", "31.01.2027")]);
    let bad: Vec<_> = bad.problems.iter().map(ToString::to_string).collect();
    assert_eq!(bad, ["PORTCULLIS_LEGACY__UNTIL: should be a day such as \"2027-01-31\""]);
}

#[test]
fn hashing_parameters_meet_the_owasp_minimum() {
    for (memory, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
        refuse! {
            "": |c| (c.password.memory, c.password.passes) = (memory, passes);
            "password.memory": |c| (c.password.memory, c.password.passes) = (memory - 1, passes);
        }
    }
    refuse! {
        "password.memory password.passes": |c| c.password.passes = 0;
        "password.passes": |c| c.password.passes = 17;
        "password.memory": |c| c.password.memory = 256 * 1024 + 1;
        "password.lanes": |c| c.password.lanes = 0;
        "password.threads": |c| c.password.threads = 257;
        "password.queue": |c| c.password.queue = 0;
        "password.min_length": |c| c.password.min_length = 7;
        "password.min_length": |c| c.password.min_length = 65;
        "": |c| c.password.min_length = 64;
    }
}

#[test]
fn limits_are_numbers_that_protect_and_delays_that_end() {
    refuse! {
        "limits.logins": |c| c.limits.logins = 0;
        "limits.registrations": |c| c.limits.registrations = 0;
        "limits.refreshes": |c| c.limits.refreshes = 1_000_001;
        "limits.session_refreshes": |c| c.limits.session_refreshes = 0;
        "limits.mails": |c| c.limits.mails = 0;
        "limits.links": |c| c.limits.links = 0;
        "limits.password_checks": |c| c.limits.password_checks = 0;
        "limits.password_strength": |c| c.limits.password_strength = 0;
        "limits.stuffing": |c| c.limits.stuffing = 0;
        "limits.audit_rows": |c| c.limits.audit_rows = 0;
        "limits.log_lines": |c| c.limits.log_lines = 1_000_001;
        "limits.free_failures": |c| c.limits.free_failures = 2;
        "limits.free_failures": |c| c.limits.free_failures = 101;
        "limits.longest_delay": |c| c.limits.longest_delay = Duration::from_millis(999);
        "limits.longest_delay": |c| c.limits.longest_delay = Duration::from_hours(25);
        "": |c| c.limits.longest_delay = Duration::from_hours(24);
        "": |c| c.limits.enabled = false;
    }
}

#[test]
fn templates_must_be_an_existing_folder() {
    let folder = tempfile::tempdir().unwrap();
    refuse! {
        "": |c| c.templates = Some(folder.path().to_owned());
        "templates": |c| c.templates = Some(folder.path().join("none"));
    }
}

#[test]
fn a_public_http_url_causes_a_warning() {
    let reported = |environment: &[(&str, &str)]| {
        let file = "[portcullis]\nencryption_key = '0123456789abcdef0123456789abcdef'";
        read(file, environment).warnings.iter().map(|p| p.key.clone()).collect::<Vec<_>>()
    };
    let public = ("PORTCULLIS_PUBLIC_URL", "http://auth.example.com");
    assert_eq!(reported(&[]), Vec::<String>::new());
    assert_eq!(reported(&[public]), ["PORTCULLIS_PUBLIC_URL", "portcullis.cookie.secure"]);
    assert_eq!(
        reported(&[public, ("PORTCULLIS_COOKIE__SECURE", "false")]),
        ["PORTCULLIS_PUBLIC_URL"]
    );
    assert_eq!(
        reported(&[("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")]),
        Vec::<String>::new()
    );
}

#[test]
fn a_public_service_without_an_encryption_key_causes_a_warning() {
    let reported = |url: &str| {
        let loaded = read("", &[("PORTCULLIS_PUBLIC_URL", url)]);
        loaded.warnings.iter().any(|p| p.key.ends_with("encryption_key"))
    };
    assert!(reported("https://auth.example.com"));
    assert!(!reported("http://localhost:8000") && !reported("http://127.0.0.1:8000"));
}
