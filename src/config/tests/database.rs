//! Which database the settings name.
use super::{problems, read};
use figment::{
    Figment,
    providers::{Format, Toml},
};

fn url(toml: &str, environment: &[(&str, &str)]) -> String {
    let loaded = read(toml, environment);
    assert_eq!(loaded.problems, [], "{toml} {environment:?}");
    loaded.figment.extract_inner("databases.portcullis.url").unwrap()
}

const TABLE: &str = "[databases.portcullis]\n";

#[test]
fn the_database_url_comes_from_the_environment_the_file_or_the_default() {
    let file = format!("{TABLE}url = \"postgres://file/x\"\nmax_connections = 7");
    assert_eq!(url("", &[]), "sqlite://portcullis.db");
    assert_eq!(url(&format!("{TABLE}max_connections = 7"), &[]), "sqlite://portcullis.db");
    assert_eq!(url(&file, &[]), "postgres://file/x");
    let variable = [("DATABASE_URL", "sqlite:other.db?mode=rwc")];
    assert_eq!(url(&file, &variable), "sqlite:other.db?mode=rwc");
    let kept = read(&file, &variable).figment;
    assert_eq!(kept.extract_inner::<u32>("databases.portcullis.max_connections").unwrap(), 7);
}

#[test]
fn a_pooler_is_announced_in_the_settings() {
    let variable = ("PORTCULLIS_DATABASE__POOLER", "true");
    let loaded = read("", &[variable, ("DATABASE_URL", "postgres://localhost/x")]);
    assert!(loaded.config.database.pooler);
    assert_eq!((loaded.problems, loaded.warnings), (vec![], vec![]));
    let warnings = read("", &[variable]).warnings;
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(warning.to_string(), "database.pooler: has no effect with SQLite");
}

#[test]
fn each_profile_can_have_its_own_database() {
    let toml = "[default.databases.portcullis]\nurl = \"postgres://a/x\"\n\
                [release.databases.portcullis]\nurl = \"postgres://b/x\"";
    let figment = Figment::from(Toml::string(toml).nested()).select("release");
    let loaded = super::load_from(figment, [("", ""); 0]);
    let url: String = loaded.figment.extract_inner("databases.portcullis.url").unwrap();
    assert_eq!((url.as_str(), loaded.problems), ("postgres://b/x", vec![]));
}

#[test]
fn only_persistent_databases_are_accepted() {
    for good in [
        "sqlite:x.db",
        "sqlite:///var/lib/x.db",
        "sqlite://x.db?mode=rw",
        "sqlite://a%3Fb.db",
        "postgres://localhost/x",
        "postgresql://u:hunter2%2F@[::1]:5432/x?sslmode=require&application_name=y",
        "postgres:///x?host=/run/postgresql&options[search_path]=auth",
    ] {
        assert_eq!(url("", &[("DATABASE_URL", good)]), good);
    }
    for bad in [
        "",
        "hunter2",
        "mysql://u:hunter2@localhost/x",
        "sqlite",
        "sqlite:",
        "sqlite://",
        "sqlite://?mode=rwc",
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite:%3Amemory%3A",
        "sqlite://x?mode=memory",
        "sqlite://x?mode=mem%6Fry",
        "sqlite://x?cache=shared&mode=memory",
        "sqlite://x?vfs=memdb",
        "sqlite://file:x?mode=memory",
        "sqlite://file%3Ax%3Fmode%3Dmemory",
        "sqlite://x?hunter2=1",
        "postgres:",
        "postgres://u:hunter2/@localhost/x",
        "postgres://u:12/hunter2@localhost/x",
        "postgres://u:12?hunter2@localhost/x",
        "postgres://u:12#hunter2@localhost/x",
        "postgres://localhost:port/x",
        "postgres://localhost/x?pasword=hunter2",
    ] {
        let reported = problems("", &[("DATABASE_URL", bad)]);
        assert!(
            reported.len() == 1 && reported[0].starts_with("DATABASE_URL: "),
            "{bad} {reported:?}"
        );
        assert!(!reported[0].contains("hunter2"), "{reported:?}");
        let reported = problems(&format!("{TABLE}url = \"{bad}\""), &[]);
        assert!(reported[0].starts_with("databases.portcullis.url: "), "{bad} {reported:?}");
    }
}

#[test]
fn an_invalid_database_table_does_not_select_the_default_database() {
    for (toml, key) in [
        (format!("{TABLE}url = 5"), "databases.portcullis.url: "),
        (format!("{TABLE}ulr = \"postgres://localhost/x\""), "databases.portcullis.ulr: "),
        (format!("{TABLE}max_connections = 0"), "databases.portcullis.max_connections: "),
        (format!("{TABLE}max_connections = 10001"), "databases.portcullis.max_connections: "),
        ("databases.portcullis = \"postgres://localhost/x\"".to_owned(), "databases.portcullis: "),
    ] {
        let reported = problems(&toml, &[]);
        assert!(reported.len() == 1 && reported[0].starts_with(key), "{toml} {reported:?}");
        let figment = read(&toml, &[]).figment;
        let url: String = figment.extract_inner("databases.portcullis.url").unwrap();
        let is_url = key.ends_with("url: ") || key.ends_with("portcullis: ");
        assert_eq!(url, if is_url { "unusable:" } else { "sqlite://portcullis.db" });
    }
    let loaded = read(&format!("{TABLE}idle_timeout = 5"), &[]);
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.warnings[0].to_string(), "databases.portcullis.idle_timeout: has no effect");
}

#[test]
fn an_unencrypted_connection_to_a_remote_database_causes_a_warning() {
    let warned = |url: &str| {
        let loaded = read("", &[("DATABASE_URL", url)]);
        assert_eq!(loaded.problems, [], "{url}");
        loaded.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for remote in [
        "postgres://u:hunter2@db.example.com/x",
        "postgres://u:hunter2@10.0.0.7/x?sslmode=prefer",
        "postgres://u:hunter2@[2001:db8::1]/x?sslmode=allow",
        "postgres://u@localhost/x?host=db.example.com",
    ] {
        let reported = warned(remote);
        assert!(
            reported.len() == 1 && reported[0].starts_with("DATABASE_URL: may connect"),
            "{remote} {reported:?}"
        );
        assert!(!reported[0].contains("hunter2"), "{reported:?}");
    }
    for fine in [
        "sqlite:x.db",
        "postgres://u@localhost/x",
        "postgres://u@127.0.0.1:5433/x",
        "postgres://u@[::1]/x",
        "postgres:///x?host=/run/postgresql",
        "postgres://u@db.example.com/x?sslmode=verify-full",
        "postgres://u@db.example.com/x?sslmode=require",
        "postgres://u@db.example.com/x?sslmode=disable",
    ] {
        assert_eq!(warned(fine), [""; 0], "{fine}");
    }
}
