//! Starting and stopping a server.
use super::{Serving, failed_with_one_line, result};
use crate::support::{Database, PASSWORD, Server, program, program_with_database};
use serde_json::json;
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

on_both_databases!(several_servers_can_start_at_once);
async fn several_servers_can_start_at_once(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.clone());
    tokio::task::spawn_blocking(move || {
        let mut servers: Vec<_> =
            (0..3).map(|_| Serving::spawn(folder.path(), &url, &[])).collect();
        let migrates: Vec<_> = (0..2)
            .map(|_| {
                program(folder.path(), &["migrate"]).env("DATABASE_URL", &url).spawn().unwrap()
            })
            .collect();
        for mut migrate in migrates {
            assert!(migrate.wait().unwrap().success());
        }
        servers.iter_mut().for_each(Serving::wait_until_ready);
        let key_set = |s: &Serving| {
            s.ask("/.well-known/jwks.json").split_once("\r\n\r\n").unwrap().1.to_owned()
        };
        let first = key_set(&servers[0]);
        assert!(first.contains("\"kid\""), "{first}");
        for server in &servers {
            assert!(server.ask("/health/ready").starts_with("HTTP/1.1 200"));
            assert_eq!(key_set(server), first);
        }
        for server in servers {
            server.stops("-INT");
        }
    })
    .await
    .unwrap();
    database.end().await;
}

#[test]
fn a_server_stops_while_clients_hold_connections() {
    let folder = tempfile::tempdir().unwrap();
    // A request that has begun has 10 s to finish, an idle connection none.
    for (signal, half, seconds) in
        [("-INT", false, 3), ("-TERM", false, 3), ("-INT", true, 13), ("-TERM", true, 13)]
    {
        let settings = [("PORTCULLIS_SHUTDOWN__DRAIN", "0s")];
        let mut server = Serving::spawn(folder.path(), "sqlite://a.db", &settings);
        server.wait_until_ready();
        let mut idle = TcpStream::connect(("127.0.0.1", server.2)).unwrap();
        idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
        let mut other = TcpStream::connect(("127.0.0.1", server.2)).unwrap();
        if half {
            other.write_all(b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{").unwrap();
        }
        server.stops_within(signal, seconds);
    }
}

#[test]
fn the_log_shows_no_token_of_a_link() {
    let folder = tempfile::tempdir().unwrap();
    for (level, shown) in [("info", false), ("debug", false), ("rocket=info", true)] {
        let mut server = Serving::spawn(folder.path(), "sqlite://a.db", &[("RUST_LOG", level)]);
        server.wait_until_ready();
        let log = folder.path().join(format!("log-{}", server.2));
        server.ask("/confirm-email?token=SESAME");
        server.stops("-INT");
        let log = fs::read_to_string(log).unwrap();
        assert_eq!(log.contains("SESAME"), shown, "RUST_LOG={level}: {log}");
    }
}

#[test]
fn a_failed_start_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Rocket.toml");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (key, value, why) in [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x", "127.0.0.1:1: Connection refused"),
        ("DATABASE_URL", "sqlite:///nowhere/a.db", "/nowhere/a.db: "),
        ("DATABASE_URL", "mysql://u:hunter2@x/y", "DATABASE_URL"),
        ("ROCKET_PORT", "many", "ROCKET_PORT"),
        ("ROCKET_PORT", &port, "ROCKET_PORT"),
        ("ROCKET_WORKERS", "0", "ROCKET_WORKERS"),
        ("ROCKET_TLS", "{certs=\"none.pem\",key=\"none.key\"}", "none.pem"),
        ("PORTCULLIS_NONSENSE", "hunter2", "PORTCULLIS_NONSENSE"),
        ("PORTCULLIS_REGISTRATION", "maybe", "PORTCULLIS_REGISTRATION"),
        ("PORTCULLIS_PASSWORD__BREACHED_FILE", "none.txt", "portcullis.password.breached_file: "),
        ("PORTCULLIS_PASSWORD__BREACHED_FILE", "/dev/null", "portcullis.password.breached_file: "),
    ] {
        // Use any free port, unless the case sets the port.
        let mut serve = program(folder.path(), &["serve"]);
        failed_with_one_line(&result(serve.env("ROCKET_PORT", "0").env(key, value)), why);
    }
    fs::create_dir_all(folder.path().join("mine/pages")).unwrap();
    fs::write(folder.path().join("mine/pages/login.html"), "\n{{ nobody }}").unwrap();
    for (toml, why) in [
        ("[default.portcullis]\ntemplates = 'mine'", "pages/login.html:2: "),
        ("[default.portcullis.brand]\nlogo = 'none.png'", "portcullis.brand.logo: "),
        ("[default.portcullis.brand]\nname = ''", "portcullis.brand.name"),
        ("[default]\nport = 'many'", "port: "),
        ("[default.portcullis]\nnonsense = 1", "portcullis.nonsense"),
        ("[default.databases.portcullis]\nmax_connections = 'x'", "portcullis.max_connections"),
        ("[default.portcullis.jwt]\nsecret = 'hunter2", "Rocket.toml"),
    ] {
        fs::write(&file, toml).unwrap();
        for args in [&["serve"][..], &["user", "list"], &["migrate"]] {
            failed_with_one_line(&result(&mut program(folder.path(), args)), why);
        }
        // If the file cannot be parsed, none of Rocket's settings is known.
        let head = if why == "Rocket.toml" { "[default." } else { "[default]\naddress" };
        let (code, out, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 1 && err.contains(why) && err.lines().count() == 1, "{err}");
        assert!(out.starts_with(head) && !format!("{out}{err}").contains("hunter2"), "{out}{err}");
    }
    // Each of several errors of one kind gets its own line.
    fs::write(folder.path().join("mine/pages/login.html"), "{{ one }}\n{{ two }}").unwrap();
    fs::write(&file, "[default.portcullis]\ntemplates = 'mine'").unwrap();
    let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
    assert!(code == 1 && err.lines().count() == 2, "{err}");
}

#[test]
fn an_address_in_use_is_reported_before_a_database_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut serve = program(folder.path(), &["serve"]);
    let output = result(serve.env("ROCKET_PORT", address.port().to_string()));
    failed_with_one_line(&output, &format!("{address} cannot be listened on"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_misspelt_setting_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    for (toml, why) in [
        (
            "[defualt.portcullis]\nregistration = 'closed'",
            "[defualt]: unknown profile, did you mean [default]?",
        ),
        ("[default]\nprot = 8001", "prot in Rocket.toml: unknown key, did you mean port?"),
        ("[default.databases.portculis]\nurl = 'sqlite://x'", "databases.portculis"),
    ] {
        fs::write(folder.path().join("Rocket.toml"), toml).unwrap();
        for args in [&["serve"][..], &["migrate"], &["user", "list"]] {
            failed_with_one_line(&result(&mut program(folder.path(), args)), why);
        }
        let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 1 && err.contains(why), "{err}");
    }
    fs::write(folder.path().join("Rocket.toml"), "[default]\nport = 8000").unwrap();
    for (name, value, why) in [
        ("ROCKET_PROFILE", "staging", "ROCKET_PROFILE: there is no table [staging]"),
        ("ROCKET_PROT", "8001", "ROCKET_PROT: unknown key, did you mean port?"),
    ] {
        failed_with_one_line(&result(program(folder.path(), &["serve"]).env(name, value)), why);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_invalid_setting_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "hunter2";
    let with = |args: &[&str]| {
        program_with_database(folder.path(), Some("postgres://u:hunter2@127.0.0.1:1/x"))
            .args(args)
            .env("PORTCULLIS_PUBLIC_ULR", "x")
            .env("PORTCULLIS_JWT__SECRET", secret)
            .output()
            .unwrap()
    };
    for args in [&["config", "check"][..], &["serve"], &["user", "list"]] {
        let out = with(args);
        let output = format!(
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(out.status.code(), Some(1), "{output}");
        assert!(
            output.contains("PORTCULLIS_PUBLIC_ULR") && output.contains("PORTCULLIS_JWT__SECRET"),
            "{output}"
        );
        assert!(!output.contains(secret), "{output}");
        assert!(!output.contains("panicked"), "{output}");
    }
    let fine =
        program_with_database(folder.path(), None).args(["config", "check"]).output().unwrap();
    assert!(fine.status.success());
    assert!(String::from_utf8_lossy(&fine.stdout).contains("access_token_lifetime = \"5m\""));
    let url = "postgres://u@127.0.0.1:1/x?password=hunter2";
    let shown =
        program_with_database(folder.path(), Some(url)).args(["config", "check"]).output().unwrap();
    let output = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(output.contains("127.0.0.1:1/x") && !output.contains(secret), "{output}");
    // An unreachable database is reported in one line.
    let gone = program_with_database(folder.path(), Some("postgres://u:hunter2@127.0.0.1:1/x"))
        .args(["migrate"])
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert!(
        gone.status.code() == Some(1)
            && !output.contains(secret)
            && output.contains("portcullis: "),
        "{output}"
    );
}

on_both_databases!(the_first_start_prints_a_setup_link);
/// While there are no users, each start prints a link, only on standard output.
async fn the_first_start_prints_a_setup_link(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.as_str());
    let folder = folder.path();
    let first = Server::start(folder, Some(url));
    let link = first.setup_link().unwrap().to_owned();
    let path = link.strip_prefix(&format!("http://localhost:{}", first.port)).unwrap();
    let (status, head, _) = first.ask("GET", path, "", "").await;
    assert!(status == 303 && head.contains("__Host-portcullis-setup="), "{head}");
    let second = Server::start(folder, Some(url));
    assert_ne!(
        second.setup_link().unwrap().split_once('=').unwrap().1,
        link.split_once('=').unwrap().1
    );
    let new = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    assert_eq!(second.ask("POST", "/auth/register", "", &new).await.0, 201);
    let third = Server::start(folder, Some(url));
    assert_eq!(third.setup_link(), None);
    for server in [&first, &second, &third] {
        let log = fs::read_to_string(&server.log).unwrap();
        let token = link.split_once("token=").unwrap().1;
        assert!(!log.contains("token=") && !log.contains(token), "{log}");
    }
    drop((first, second, third));
    database.end().await;
}
