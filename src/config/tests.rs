use super::*;
use rocket::figment::{
    Figment,
    providers::{Format, Toml},
};

fn read(toml: &str, environment: &[(&str, &str)]) -> Loaded {
    let pairs = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    load_from(Figment::from(Toml::string(toml)), pairs)
}

fn problems(toml: &str, environment: &[(&str, &str)]) -> Vec<String> {
    read(toml, environment).problems.iter().map(ToString::to_string).collect()
}

#[test]
fn the_defaults_are_good() {
    let loaded = read("", &[]);
    assert_eq!(loaded.problems, []);
    let url: String = loaded.figment.extract_inner("databases.portcullis.url").unwrap();
    assert_eq!(url, "sqlite://portcullis.db");
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "12345678901234567890123456789012\n").unwrap();
    let loaded = read(
        "[portcullis]\naccess_token_lifetime = \"7m\"\nlanguage = \"ru\"\n[portcullis.jwt]\nalgorithm = \"RS256\"",
        &[
            ("PORTCULLIS_JWT__ALGORITHM", "HS256"),
            ("PORTCULLIS_JWT__SECRET_FILE", file.to_str().unwrap()),
            ("PORTCULLIS_CORS__ORIGINS", "https://a.example.com, https://b.example.com"),
            ("PORTCULLIS_DIALECTS", "[\"simple\"]"),
            ("PORTCULLIS_TRUSTED_PROXIES", "10.0.0.0/8"),
            ("PORTCULLIS_LIMITS__ENABLED", "false"),
            ("DATABASE_URL", "postgres://localhost/x"),
            ("PATH", "/bin"),
        ],
    );
    assert_eq!(loaded.problems, []);
    let c = loaded.config;
    assert_eq!(c.access_token_lifetime, Duration::from_mins(7));
    assert_eq!((c.language, c.jwt.algorithm), (Language::Ru, Algorithm::HS256));
    assert_eq!(c.jwt.secret.unwrap().0, "12345678901234567890123456789012");
    assert_eq!(c.cors.origins, ["https://a.example.com", "https://b.example.com"]);
    assert_eq!(
        (c.dialects, c.trusted_proxies.len(), c.limits.enabled),
        (vec![Dialect::Simple], 1, false)
    );
    let url: String = loaded.figment.extract_inner("databases.portcullis.url").unwrap();
    assert_eq!(url, "postgres://localhost/x");
}

#[test]
fn whatever_is_wrong_is_named_as_it_was_written_all_at_once() {
    let told = problems(
        "[portcullis]\npublic_ulr = \"x\"\nregistration = \"maybe\"\n[portcullis.cookie]\nsecure = \"yes\"",
        &[
            ("PORTCULLIS_ACCES_TOKEN_LIFETIME", "5m"),
            ("PORTCULLIS_REFRESH_GRACE", "soon"),
            ("PORTCULLIS_PASSWORD__MEMORY", "lots"),
            ("PORTCULLIS_JWT__SECRET_FILE", "/nowhere"),
            ("DATABASE_URL", "mysql://root:hunter2@localhost/x"),
        ],
    );
    for key in [
        "portcullis.public_ulr:",
        "portcullis.registration:",
        "portcullis.cookie.secure:",
        "PORTCULLIS_ACCES_TOKEN_LIFETIME:",
        "PORTCULLIS_REFRESH_GRACE:",
        "PORTCULLIS_PASSWORD__MEMORY:",
        "PORTCULLIS_JWT__SECRET_FILE:",
        "DATABASE_URL:",
    ] {
        assert!(told.iter().any(|line| line.starts_with(key)), "{key} {told:#?}");
    }
    assert!(!told.join("").contains("hunter2"));
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (environment, key) in [
        (("PORTCULLIS_PUBLIC_URL", "https://auth.example.com"), "portcullis.mail.url"),
        (("PORTCULLIS_JWT__ALGORITHM", "HS256"), "portcullis.jwt.secret"),
        (("PORTCULLIS_JWT__SECRET", "x"), "PORTCULLIS_JWT__SECRET"),
        (("PORTCULLIS_CORS__ORIGINS", "*"), "PORTCULLIS_CORS__ORIGINS"),
        (("PORTCULLIS_CORS__ORIGINS", "https://a.example.com/"), "PORTCULLIS_CORS__ORIGINS"),
        (("PORTCULLIS_CORS__ORIGINS", "null"), "PORTCULLIS_CORS__ORIGINS"),
        (("PORTCULLIS_COOKIE__DOMAIN", "example.com"), "PORTCULLIS_COOKIE__DOMAIN"),
        (("PORTCULLIS_PASSWORD__MEMORY", "1024"), "PORTCULLIS_PASSWORD__MEMORY"),
        (("PORTCULLIS_ACCESS_TOKEN_LIFETIME", "60d"), "PORTCULLIS_ACCESS_TOKEN_LIFETIME"),
        (("PORTCULLIS_SESSION_LIFETIME", "1h"), "PORTCULLIS_SESSION_LIFETIME"),
        (("PORTCULLIS_ENCRYPTION_KEY", "short"), "PORTCULLIS_ENCRYPTION_KEY"),
        (("PORTCULLIS_MAIL__FROM", "nobody"), "PORTCULLIS_MAIL__FROM"),
        (("DATABASE_URL", "sqlite::memory:"), "DATABASE_URL"),
    ] {
        let told = problems("", &[environment]);
        assert!(told.iter().any(|line| line.starts_with(key)), "{environment:?} {told:#?}");
    }
}

#[test]
fn secrets_do_not_print() {
    let loaded = read(
        "",
        &[
            ("PORTCULLIS_JWT__ALGORITHM", "HS256"),
            ("PORTCULLIS_JWT__SECRET", "hunter2hunter2hunter2hunter2hunter2"),
            ("PORTCULLIS_MAIL__URL", "smtp://user:hunter2@localhost"),
        ],
    );
    let printed = format!("{:?} {}", loaded.config, serde_json::to_string(&loaded.config).unwrap());
    assert!(!printed.contains("hunter2"), "{printed}");
}
