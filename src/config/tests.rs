mod browser;
mod check;
mod database;
mod redact;
pub(crate) mod reference;
mod server;

use super::*;
use figment::{
    Figment, Source,
    providers::{Format, Toml},
};

fn read(toml: &str, environment: &[(&str, &str)]) -> Loaded {
    load_from(Figment::from(Toml::string(toml)), environment.iter().copied())
}

fn problems(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    read(toml, environment).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_have_no_problems_or_warnings() {
    let loaded = read("", &[]);
    assert_eq!((loaded.problems, loaded.warnings), (vec![], vec![]));
}

#[test]
fn the_environment_overrides_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "12345678901234567890123456789012\n").unwrap();
    let loaded = read(
        "[portcullis]\naccess_token_lifetime = \"7m\"\nlanguage = \"ru\"\n[portcullis.jwt]\nalgorithm = \"RS256\"",
        &[
            ("PORTCULLIS_JWT__ALGORITHM", "HS256"),
            ("PORTCULLIS_JWT__SECRET_FILE", file.to_str().unwrap()),
            ("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8"),
            ("PORTCULLIS_LIMITS__ENABLED", "false"),
            ("PORTCULLIS_PASSWORD__QUEUE", "9"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(loaded.problems, []);
    let c = loaded.config;
    assert_eq!(c.access_token_lifetime, Duration::from_mins(7));
    assert_eq!((c.language, c.jwt.algorithm), (Language::Ru, Algorithm::HS256));
    assert_eq!(c.jwt.secret.unwrap().0, "12345678901234567890123456789012");
    assert_eq!((c.trusted_proxies.len(), c.limits.enabled, c.password.queue), (1, false, 9));
}

#[test]
fn numeric_strings_in_the_environment_stay_text() {
    for secret in ["12345678901234567890123456789012", "1e99999999999999999999999999999999", "true"]
    {
        let c = read("", &[("PORTCULLIS_JWT__SECRET", secret), ("PORTCULLIS_JWT__AUDIENCE", "1")]);
        assert_eq!(c.config.jwt.secret.unwrap().0, secret);
        assert_eq!(c.config.jwt.audience, "1");
    }
}

#[test]
fn lists_are_parsed_with_or_without_brackets() {
    for (written, read_as) in [
        ("https://a.example.com, https://b.example.com", 2),
        ("https://a.example.com,https://b.example.com,", 2),
        ("[\"https://a.example.com\", 'https://b.example.com']", 2),
        ("[https://a.example.com,https://b.example.com]", 2),
        (" https://a.example.com ", 1),
        ("[]", 0),
        ("", 0),
    ] {
        let loaded = read("", &[("PORTCULLIS_CORS__ORIGINS", written)]);
        assert_eq!(loaded.problems, [], "{written}");
        let all = ["https://a.example.com", "https://b.example.com"];
        assert_eq!(loaded.config.cors.origins, all[..read_as], "{written}");
    }
    let c = read("", &[("PORTCULLIS_DIALECTS", "simple,chat")]).config;
    assert_eq!(c.dialects, [Dialect::Simple, Dialect::Chat]);
    let c = read("", &[("PORTCULLIS_TRUSTED_PROXIES", "[10.0.0.0/8, ::1/128]")]).config;
    assert_eq!(c.trusted_proxies.len(), 2);
}

#[test]
fn all_problems_are_reported_at_once_by_the_name_in_the_source() {
    let reported = problems(
        "[portcullis]\npublic_ulr = \"x\"\nregistration = \"maybe\"\npassword = 1\n\
         [portcullis.cookie]\nsecure = \"yes\"\n[portcullis.jwt]\nalgoritm = 1\nissuer = 1",
        &[
            ("PORTCULLIS_ACCES_TOKEN_LIFETIME", "5m"),
            ("PORTCULLIS_REFRESH_GRACE", "soon"),
            ("PORTCULLIS_PASSWORD__MEMORY", "lots"),
            ("PORTCULLIS_COOKIE__SAME_SITE", "lax"),
            ("PORTCULLIS_JWT__ALGORITHM", "hs256"),
            ("PORTCULLIS_JWT__SECRET_FILE", "/nowhere"),
            ("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8,all"),
            ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ],
    );
    let expected = [
        "portcullis.jwt.algoritm: unknown key, expected one of algorithm, audience, issuer, secret",
        "portcullis.password: should be a table",
        "portcullis.public_ulr: unknown key, expected one of access_token_lifetime, ",
        "PORTCULLIS_ACCES_TOKEN_LIFETIME: unknown key, expected one of \
         PORTCULLIS_ACCESS_TOKEN_LIFETIME, PORTCULLIS_AUDIT_LIFETIME, ",
        "PORTCULLIS_JWT__SECRET_FILE: the file cannot be read: it does not exist",
        "PORTCULLIS_PASSWORD__MEMORY: should be a whole number",
        "PORTCULLIS_REFRESH_GRACE: should be a time such as",
        "PORTCULLIS_JWT__ALGORITHM: should be one of ES256, EdDSA, RS256, HS256",
        "portcullis.jwt.issuer: should be text, in quotes",
        "portcullis.registration: should be one of open, invite, closed",
        "portcullis.cookie.secure: should be true or false",
        "PORTCULLIS_COOKIE__SAME_SITE: should be one of Strict, Lax, None",
        "PORTCULLIS_TRUSTED_PROXIES: should be a list of networks",
        "DATABASE_URL: should start with",
    ];
    for start in expected {
        assert!(reported.iter().any(|line| line.starts_with(start)), "{start} {reported:#?}");
    }
    // No problem is reported that only follows from another.
    assert_eq!(reported.len(), expected.len(), "{reported:#?}");
}

#[test]
fn wrong_underscores_get_a_suggestion() {
    for (written, meant) in [
        ("PORTCULLIS_JWT_SECRET", "PORTCULLIS_JWT__SECRET"),
        ("PORTCULLIS_JWT_SECRET_FILE", "PORTCULLIS_JWT__SECRET_FILE"),
        ("PORTCULLIS_PUBLIC__URL", "PORTCULLIS_PUBLIC_URL"),
    ] {
        let reported = problems("", &[(written, "hunter2")]);
        assert_eq!(reported, [format!("{written}: unknown key, did you mean {meant}?")]);
    }
    let reported = problems("", &[("PORTCULLIS_JWT", "{secret=hunter2}")]);
    let all = "PORTCULLIS_JWT__ALGORITHM, PORTCULLIS_JWT__AUDIENCE, PORTCULLIS_JWT__ISSUER, \
               PORTCULLIS_JWT__SECRET";
    assert_eq!(reported, [format!("PORTCULLIS_JWT: unknown key, expected one of {all}")]);
}

#[test]
fn a_value_and_its_file_variant_are_mutually_exclusive() {
    let reported = problems(
        "",
        &[("PORTCULLIS_JWT__SECRET_FILE", "/x"), ("PORTCULLIS_JWT__SECRET", "hunter2")],
    );
    let only = "PORTCULLIS_JWT__SECRET is also set; set only one of them";
    assert_eq!(reported, [format!("PORTCULLIS_JWT__SECRET_FILE: {only}")]);
}

#[cfg(unix)]
#[test]
fn secret_files_must_not_be_accessible_to_others() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "x".repeat(32)).unwrap();
    let path = file.to_str().unwrap();
    for (mode, says, stops) in [
        (0o600, None, false),
        (0o400, None, false),
        (0o640, Some("can be read by others"), false),
        (0o444, Some("can be read by others"), false),
        (0o666, Some("can be changed by others"), true),
        (0o620, Some("can be changed by others"), true),
    ] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let loaded = read("", &[("PORTCULLIS_ENCRYPTION_KEY_FILE", path)]);
        assert_eq!(!loaded.problems.is_empty(), stops, "{mode:o}");
        let reported: Vec<_> = loaded.problems.iter().chain(&loaded.warnings).collect();
        assert_eq!(reported.len(), usize::from(says.is_some()), "{mode:o} {reported:?}");
        for reported in reported.iter().map(ToString::to_string) {
            let name = format!("PORTCULLIS_ENCRYPTION_KEY_FILE: the file {path} ");
            assert!(reported.starts_with(&name) && reported.contains(says.unwrap()), "{reported}");
        }
        // The permissions of a file matter only if it contains a secret.
        let brand = read("", &[("PORTCULLIS_BRAND__NAME_FILE", path)]);
        assert!(brand.problems.is_empty() && brand.warnings.is_empty());
    }
    fs::remove_file(&file).unwrap();
    let reported = problems("", &[("PORTCULLIS_JWT__SECRET_FILE", path)]);
    let missing = format!("the file {path} cannot be read: it does not exist");
    assert_eq!(reported, [format!("PORTCULLIS_JWT__SECRET_FILE: {missing}")]);
}

#[cfg(unix)]
#[test]
fn a_database_file_readable_by_others_causes_a_warning() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b.db");
    let url = format!("sqlite://{}?mode=rw", file.display()).replace(' ', "%20");
    let reported = || read("", &[("DATABASE_URL", &url)]).warnings;
    assert_eq!(reported(), []);
    fs::write(&file, "").unwrap();
    for (mode, warns) in [(0o600, false), (0o644, true), (0o660, true)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let reported: Vec<_> = reported().iter().map(ToString::to_string).collect();
        let warning = format!(
            "DATABASE_URL: the file {} can be accessed by others: chmod 600",
            file.display()
        );
        assert_eq!(reported, if warns { vec![warning] } else { vec![] }, "{mode:o}");
    }
}

#[test]
fn the_default_public_url_is_the_address_of_rocket() {
    for (rocket, url) in [
        ("", "http://localhost:8000/"),
        ("port = 9000", "http://localhost:8000/"),
        ("address = '127.0.0.1'\nport = 9000", "http://localhost:9000/"),
        ("address = '0.0.0.0'\nport = 80", "http://localhost/"),
        ("address = '::'\nport = 9000", "http://localhost:9000/"),
        ("address = '127.0.0.1'\nport = 0", "http://localhost:8000/"),
        ("address = '127.0.0.1'\nport = 443\ntls = { certs = 'x' }", "https://localhost/"),
        ("address = '127.0.0.2'\nport = 81", "http://127.0.0.2:81/"),
        (
            "address = '127.0.0.1'\nport = 81\n[portcullis]\npublic_url = 'http://a.localhost'",
            "http://a.localhost/",
        ),
    ] {
        let loaded = read(rocket, &[]);
        assert_eq!((loaded.config.public_url.as_str(), loaded.problems), (url, vec![]), "{rocket}");
    }
    let at = "address = '127.0.0.1'\nport = 81";
    let loaded = read(at, &[("PORTCULLIS_PUBLIC_URL", "https://auth.example.com")]);
    assert_eq!(loaded.config.public_url.as_str(), "https://auth.example.com/");
    // `dev:` shows mails on this machine only.
    let reported = problems("address = '192.0.2.1'\nport = 81", &[]);
    assert!(
        reported.len() == 1 && reported[0].starts_with("portcullis.mail.url: "),
        "{reported:?}"
    );
    let loaded = read(at, &[("PORTCULLIS_PUBLIC_URL", "what")]);
    assert_eq!(loaded.problems.len(), 1);
}

#[cfg(unix)]
#[test]
fn values_that_are_not_utf_8_are_reported() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let bytes = OsStr::from_bytes(b"closed\xff");
    for (name, start) in [
        ("PORTCULLIS_REGISTRATION", "PORTCULLIS_REGISTRATION: is not UTF-8"),
        ("DATABASE_URL", "DATABASE_URL: should start with"),
    ] {
        let reported = load_from(Figment::new(), [(name, bytes)]).problems;
        assert!(reported.len() == 1 && reported[0].to_string().starts_with(start), "{reported:?}");
    }
}

#[test]
fn problems_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Rocket.toml");
    let reported = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let figment = Figment::from(Toml::file(&file).nested());
        load_from(figment, [("", ""); 0]).problems[0].to_string()
    };
    let written = reported("[default.portcullis.jwt]\nalgoritm = \"x\"");
    // The path may be shown relative to the working directory.
    let place = format!("in {}", Source::from(file.as_path()));
    let expected =
        format!("portcullis.jwt.algoritm {place}: unknown key, expected one of algorithm");
    assert!(written.starts_with(&expected), "{written}");
    let written = reported("[default.portcullis]\nregistration = \"x\"");
    assert!(written.starts_with(&format!("portcullis.registration {place}: ")), "{written}");
    let written = reported("[default.portcullis]\nencryption_key = \"x\"");
    assert!(written.starts_with(&format!("portcullis.encryption_key {place}: ")), "{written}");
    let written = reported("[default.databases.portcullis]\nurl = \"x\"");
    assert!(written.starts_with(&format!("databases.portcullis.url {place}: ")), "{written}");
    let written = reported("default.portcullis = 1");
    assert_eq!(written, format!("portcullis {place}: should be a table"));
}

/// Rocket takes `[portcullis]` for a profile and would ignore it.
#[test]
fn a_table_outside_a_profile_is_reported() {
    for table in ["portcullis", "databases"] {
        let toml = format!("[{table}.portcullis]\nurl = \"postgres://localhost/x\"");
        let reported =
            load_from(Figment::from(Toml::string(&toml).nested()), [("", ""); 0]).problems;
        let expected = format!("[{table}]: has no effect: use [default.{table}] instead");
        assert_eq!(reported.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }
}
