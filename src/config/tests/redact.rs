//! The output of `config check`.
use super::read;
use figment::{
    Figment,
    providers::{Format, Toml},
};

#[test]
fn printed_settings_can_be_read_back() {
    let shown = read("", &[("PORTCULLIS_CORS__ORIGINS", "https://a.example.com")]).shown();
    let again = Figment::from(Toml::string(&shown).nested());
    let again = crate::config::tests::load_from(again, [("", ""); 0]);
    assert_eq!(again.problems, [], "{shown}");
    assert_eq!(again.shown(), shown);
    for line in [
        "[default.portcullis]",
        "public_url = \"http://localhost:8000/\"",
        "session_lifetime = \"90d\"",
        "origins = [\"https://a.example.com\"]",
        "url = \"dev:\"",
        "[default.databases.portcullis]",
        "url = \"sqlite://portcullis.db\"",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
    }
}

#[test]
fn derived_settings_are_printed_with_their_values() {
    let shown = read("address = '127.0.0.1'\nport = 9000", &[]).shown();
    for line in [
        "[default]",
        "address = \"127.0.0.1\"",
        "port = 9000",
        "public_url = \"http://localhost:9000/\"",
        "issuer = \"http://localhost:9000\"",
        "url = \"dev:\"",
    ] {
        assert!(shown.lines().any(|l| l == line), "{line}\n{shown}");
    }
    let shown = read("", &[("PORTCULLIS_JWT__ISSUER", "https://issuer.example.com")]).shown();
    assert!(shown.contains("issuer = \"https://issuer.example.com\""), "{shown}");
}

#[test]
fn durations_are_printed_in_human_readable_form() {
    for (written, shown) in
        [("90d", "90d"), ("25h", "1d 1h"), ("1500ms", "1s 500ms"), ("24h", "1d")]
    {
        let all = read("", &[("PORTCULLIS_SESSION_LIFETIME", written)]).shown();
        assert!(all.contains(&format!("session_lifetime = \"{shown}\"")), "{written} {all}");
    }
}

/// Sets every kind of setting to a secret, and puts the secret wherever a mistake might put it.
#[test]
fn secrets_are_never_printed() {
    let secret = "hunter2hunter2hunter2hunter2hunter2";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, secret).unwrap();
    let mut environments: Vec<(String, String)> = Vec::new();
    for key in [
        "PUBLIC_URL",
        "MAIL__URL",
        "ACCESS_TOKEN_LIFETIME",
        "JWT__ALGORITHM",
        "JWT__SECRET",
        "REGISTRATION",
        "COOKIE__SECURE",
        "COOKIE__SAME_SITE",
        "TRUSTED_PROXIES",
        "DIALECTS",
        "LANGUAGE",
        "PASSWORD__MEMORY",
        "ENCRYPTION_KEY",
        "PREVIOUS_ENCRYPTION_KEY",
        "JWT_SECRET",
        "SECRET",
    ] {
        environments.push((format!("PORTCULLIS_{key}"), secret.to_owned()));
        environments.push((format!("PORTCULLIS_{key}"), format!("9 {secret}")));
        let file = file.to_str().unwrap().to_owned();
        environments.push((format!("PORTCULLIS_{key}_FILE"), file));
    }
    let urls = [
        "://u:S@localhost/x",
        "://S@localhost/x",
        "://u:12/S@localhost/x",
        "://u:12?S@localhost/x",
        "://u:12#S@localhost/x",
        "://u:/S@localhost/x",
        "://localhost/x?password=S",
        "://localhost/x?S",
        ":S",
        "://localhost:S",
    ];
    for url in urls.map(|u| u.replace('S', secret)) {
        environments.push(("PORTCULLIS_MAIL__URL".to_owned(), format!("smtps{url}")));
        environments.push(("PORTCULLIS_MAIL__URL".to_owned(), format!("imap{url}")));
        if !url.starts_with(":hunter2") {
            environments.push(("PORTCULLIS_PUBLIC_URL".to_owned(), format!("http{url}")));
        }
        // The user of a database is not a secret.
        if !url.starts_with("://hunter2") {
            environments.push(("DATABASE_URL".to_owned(), format!("postgres{url}")));
            environments.push(("DATABASE_URL".to_owned(), format!("mysql{url}")));
        }
    }
    for (name, value) in environments {
        let loaded = read("", &[(&name, &value)]);
        let reported = loaded.problems.iter().chain(&loaded.warnings).map(ToString::to_string);
        let reported = reported.collect::<Vec<_>>().join("\n");
        let json = serde_json::to_string(&loaded.config).unwrap();
        assert!(!reported.contains("hunter2"), "{name}={value} {reported}");
        assert!(!loaded.shown().contains("hunter2"), "{name}={value} {}", loaded.shown());
        assert!(!format!("{loaded:?} {json}").contains("hunter2"), "{name}={value}");
    }
}

/// The code that reads Rocket's own settings reports the error.
#[test]
fn a_toml_error_reports_the_position_without_the_content() {
    let loaded = read("[portcullis.jwt]\nsecret = \"hunter2\n", &[("DATABASE_URL", "sqlite:x")]);
    let e = loaded.figment.extract_inner::<String>("databases.portcullis.url").unwrap_err();
    assert!(e.to_string().contains("cannot be read: line 2, column 18"), "{e}");
    assert!(!format!("{e:?} {:?} {}", loaded.figment, loaded.shown()).contains("hunter2"));
}
