//! The program at its edges: what it says when it cannot start, how it stops, what a terminal sees.
use crate::support::{Database, PASSWORD};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");

pub fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env_remove("ROCKET_CONFIG").env_remove("RUST_LOG").env_remove("DATABASE_URL");
    command
}

/// Exit code, standard output, standard error.
fn result(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn with_input(folder: &Path, args: &[&str], input: &[u8]) -> (i32, String, String) {
    let file = folder.join("input");
    fs::write(&file, input).unwrap();
    result(program(folder, args).stdin(fs::File::open(file).unwrap()))
}

/// Makes an SQLite database in `folder`, as a first start does.
fn migrate(folder: &Path) {
    let (code, out, err) = result(&mut program(folder, &["migrate"]));
    assert!(code == 0 && out.is_empty() && err.is_empty(), "{out}{err}");
}

/// One line that names `why`, no more.
fn told_in_one_line((code, out, err): &(i32, String, String), why: &str) {
    assert_eq!(*code, 1, "{out}{err}");
    assert!(err.starts_with("portcullis: ") && err.lines().count() == 1, "{err}");
    assert!(err.contains(why), "{why} in {err}");
    assert!(!err.contains("hunter2") && out.is_empty(), "{out}{err}");
}

/// A server, killed when dropped.
struct Serving(Child, BufReader<ChildStdout>, u16);

impl Serving {
    /// Does not wait for it to serve.
    fn spawn(folder: &Path, url: &str, environment: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = program(folder, &[]);
        command.env("ROCKET_PORT", port.to_string()).env("DATABASE_URL", url);
        command.env("PORTCULLIS_PUBLIC_URL", format!("http://localhost:{port}"));
        command.envs(environment.iter().copied()).stdout(Stdio::piped());
        let log = fs::File::create(folder.join(format!("log-{port}"))).unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out, port)
    }

    fn wait_until_it_serves(&mut self) {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("listens on http://127.0.0.1:{}", self.2)), "{line:?}");
        // Rocket listens to signals a moment after it has greeted; once it answers, it does.
        assert!(self.ask("/health/live").starts_with("HTTP/1.1 200"));
    }

    fn ask(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.2)).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    fn stops(self, signal: &str) {
        self.stops_within(signal, 3);
    }

    fn stops_within(mut self, signal: &str, seconds: u64) {
        let since = Instant::now();
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
        assert!(since.elapsed() < Duration::from_secs(seconds), "{:?}", since.elapsed());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn servers_may_start_at_once(database: Database) {
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
        servers.iter_mut().for_each(Serving::wait_until_it_serves);
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

mod at_once {
    on_each_engine! { super::servers_may_start_at_once }
}

#[test]
fn a_server_stops_whoever_holds_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    // A request that has begun has 10 s to end, an idle connection none.
    for (signal, half, seconds) in
        [("-INT", false, 3), ("-TERM", false, 3), ("-INT", true, 13), ("-TERM", true, 13)]
    {
        let settings = [("PORTCULLIS_SHUTDOWN__DRAIN", "0s")];
        let mut server = Serving::spawn(folder.path(), "sqlite://a.db", &settings);
        server.wait_until_it_serves();
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
fn a_log_names_no_token_in_a_link_unless_rocket_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for (level, shown) in [("info", false), ("debug", false), ("rocket=info", true)] {
        let mut server = Serving::spawn(folder.path(), "sqlite://a.db", &[("RUST_LOG", level)]);
        server.wait_until_it_serves();
        let log = folder.path().join(format!("log-{}", server.2));
        server.ask("/confirm-email?token=SESAME");
        server.stops("-INT");
        let log = fs::read_to_string(log).unwrap();
        assert_eq!(log.contains("SESAME"), shown, "RUST_LOG={level}: {log}");
    }
}

#[test]
fn whatever_keeps_it_from_starting_is_told_in_one_line() {
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
        // Any free port, unless it is about one.
        let mut serve = program(folder.path(), &["serve"]);
        told_in_one_line(&result(serve.env("ROCKET_PORT", "0").env(key, value)), why);
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
            told_in_one_line(&result(&mut program(folder.path(), args)), why);
        }
        // Of a file that cannot be read at all no setting of Rocket's is known.
        let head = if why == "Rocket.toml" { "[default." } else { "[default]\naddress" };
        let (code, out, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 1 && err.contains(why) && err.lines().count() == 1, "{err}");
        assert!(out.starts_with(head) && !format!("{out}{err}").contains("hunter2"), "{out}{err}");
    }
    // Several of a kind are a line each.
    fs::write(folder.path().join("mine/pages/login.html"), "{{ one }}\n{{ two }}").unwrap();
    fs::write(&file, "[default.portcullis]\ntemplates = 'mine'").unwrap();
    let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
    assert!(code == 1 && err.lines().count() == 2, "{err}");
}

#[test]
fn an_address_in_use_is_named_before_there_is_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut serve = program(folder.path(), &["serve"]);
    let told = result(serve.env("ROCKET_PORT", address.port().to_string()));
    told_in_one_line(&told, &format!("{address} cannot be listened on"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_misspelt_stops_the_start_by_its_name() {
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
            told_in_one_line(&result(&mut program(folder.path(), args)), why);
        }
        let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 1 && err.contains(why), "{err}");
    }
    fs::write(folder.path().join("Rocket.toml"), "[default]\nport = 8000").unwrap();
    for (name, value, why) in [
        ("ROCKET_PROFILE", "staging", "ROCKET_PROFILE: there is no table [staging]"),
        ("ROCKET_PROT", "8001", "ROCKET_PROT: unknown key, did you mean port?"),
    ] {
        told_in_one_line(&result(program(folder.path(), &["serve"]).env(name, value)), why);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Every file in a folder with what is in it, but for the memory that SQLite's processes share.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap());
    let mut all: Vec<_> = files
        .map(|f| (f.file_name().into_string().unwrap(), fs::read(f.path()).unwrap()))
        .filter(|(name, bytes)| {
            !(name.ends_with("-shm") || name.ends_with("-wal") && bytes.is_empty())
        })
        .collect();
    all.sort();
    all
}

/// Moves what is in SQLite's log into its file: a program that ends may leave that to the next one.
fn checkpoint(file: &Path) {
    use sqlx::{Connection, SqliteConnection};
    let url = format!("sqlite://{}", file.display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut db = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    });
}

/// The commands that only look.
const LOOK: [&[&str]; 4] =
    [&["user", "list"], &["user", "show", "1"], &["user", "export"], &["keys", "list"]];

#[test]
fn a_command_makes_no_database_and_migrates_none() {
    let folder = tempfile::tempdir().unwrap();
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    let change: [&[&str]; 3] = [&add, &["user", "delete", "1", "--yes"], &["keys", "rotate"]];
    for args in LOOK.into_iter().chain(change) {
        told_in_one_line(&result(&mut program(folder.path(), args)), "portcullis migrate");
        assert_eq!(contents(folder.path()), []);
    }
    // One of another program, or of an older version.
    let file = folder.path().join("portcullis.db");
    fs::write(&file, "").unwrap();
    #[cfg(unix)]
    {
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(&file, open).unwrap();
        let (code, _, err) = result(&mut program(folder.path(), &["config", "check"]));
        assert!(code == 0 && err.contains("is open to others"), "{err}");
    }
    for args in LOOK.into_iter().chain(change) {
        let (code, out, err) = result(&mut program(folder.path(), args));
        assert!(code == 1 && out.is_empty() && err.lines().count() == 1, "{args:?} {out}{err}");
    }
}

#[test]
fn a_command_with_other_settings_than_the_services_leaves_its_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/a.db", folder.path().display());
    let run = |args: &[&str], algorithm: &str| {
        let mut command = program(folder.path(), args);
        command.env("DATABASE_URL", &url).env("PORTCULLIS_JWT__ALGORITHM", algorithm);
        result(&mut command)
    };
    assert_eq!(run(&["migrate"], "EdDSA").0, 0);
    let keys = run(&["keys", "list"], "EdDSA").1;
    assert_eq!((keys.matches("EdDSA").count(), keys.matches("current").count()), (2, 1), "{keys}");
    let settled = || {
        checkpoint(&folder.path().join("a.db"));
        contents(folder.path())
    };
    let before = settled();
    for args in [&["user", "list"][..], &["keys", "list"], &["config", "check"]] {
        assert_eq!(run(args, "ES256").0, 0);
        assert!(settled() == before, "{args:?}");
    }
    let (code, _, err) = run(&["keys", "rotate", "--force"], "ES256");
    assert!(code == 1 && err.contains("ES256"), "{err}");
    assert_eq!(run(&["keys", "list"], "ES256").1, keys);
    let rotated = run(&["keys", "rotate", "--force"], "EdDSA");
    assert_eq!((rotated.0, rotated.1.lines().count()), (0, 3), "{}", rotated.2);
}

#[test]
fn stolen_keys_are_dropped_and_the_encryption_key_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = ["the old key of 32 bytes, or more", "the new key of 32 bytes, or more"];
    let run = |args: &[&str], environment: &[(&str, &str)]| {
        result(program(folder.path(), args).envs(environment.iter().copied()))
    };
    let kids = |out: &str| -> Vec<String> {
        let kid = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["kid"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        out.lines().map(kid).collect()
    };
    assert_eq!(run(&["migrate"], &[]).0, 0);
    let first = kids(&run(&["keys", "list"], &[]).1);
    told_in_one_line(&run(&["keys", "drop", &first[0], "none"], &[]), "none was removed");
    // A name may begin like an option.
    told_in_one_line(&run(&["keys", "drop", "-3Cq"], &[]), "none was removed");
    assert_eq!(kids(&run(&["keys", "list"], &[]).1), first);
    let (code, out, err) = run(&["keys", "drop", &first[0], &first[1], &first[0]], &[]);
    assert_eq!(code, 0, "{err}");
    let second = kids(&out);
    assert!(second.len() == 2 && second.iter().all(|kid| !first.contains(kid)), "{out}");
    // The next start seals what was in clear.
    let sealed = [("PORTCULLIS_ENCRYPTION_KEY", old)];
    assert_eq!(run(&["migrate"], &sealed).0, 0);
    told_in_one_line(&run(&["keys", "list"], &[]), "encryption_key is missing");
    let other = [("PORTCULLIS_ENCRYPTION_KEY", new)];
    told_in_one_line(&run(&["keys", "reseal"], &other), "another encryption_key");
    let file = folder.path().join("old");
    fs::write(&file, format!("{old}\n")).unwrap();
    let file = file.to_str().unwrap();
    let both = [other[0], ("PORTCULLIS_PREVIOUS_ENCRYPTION_KEY_FILE", file)];
    let (code, out, err) = run(&["keys", "reseal"], &both);
    assert_eq!((code, out.as_str()), (0, "{\"resealed\":3}\n"), "{err}");
    assert_eq!(kids(&run(&["keys", "list"], &other).1), second);
    told_in_one_line(&run(&["keys", "list"], &sealed), "another encryption_key");
    assert_eq!(run(&["migrate"], &other).0, 0);
}

#[test]
fn a_user_is_made_a_superuser_and_is_named_without_doubt() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let run = |args: &[&str]| result(&mut program(folder.path(), args));
    for (name, username) in [("ann", "ann"), ("bob", "1")] {
        let email = format!("{name}@example.com");
        let add =
            ["user", "add", &email, "--username", username, "--confirmed", "--password-stdin"];
        assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    }
    // The id of one, the username of the other.
    told_in_one_line(&run(&["user", "show", "1"]), "use id:1 or username:1");
    for (who, id) in [("id:1", 1), ("username:1", 2), ("2", 2), ("ann", 1), ("bob@example.com", 2)]
    {
        let (code, out, err) = run(&["user", "show", who]);
        assert!(code == 0 && out.contains(&format!("\"id\":{id},")), "{who} {out}{err}");
    }
    for who in ["id:3", "id:ann", "username:3", "3", "nobody", "id:", "x:1"] {
        told_in_one_line(&run(&["user", "show", who]), "there is no such user");
    }
    let (code, out, err) = run(&["user", "grant-superuser", "ann"]);
    assert!(code == 0 && out.contains("\"is_superuser\":true"), "{out}{err}");
    told_in_one_line(&run(&["user", "revoke-superuser", "ann"]), "the last superuser");
    // One who cannot log in does not count.
    assert_eq!(run(&["user", "grant-superuser", "id:2"]).0, 0);
    assert_eq!(run(&["user", "disable", "id:2"]).0, 0);
    told_in_one_line(&run(&["user", "revoke-superuser", "ann"]), "the last superuser");
    assert_eq!(run(&["user", "enable", "id:2"]).0, 0);
    let (code, out, err) = run(&["user", "revoke-superuser", "ann", "--end-sessions"]);
    assert!(code == 0 && out.contains("\"is_superuser\":false"), "{out}{err}");
}

#[test]
fn passwords_come_whole_or_not_at_all_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    let long = "hunter2".repeat(1000);
    for (input, why) in [
        (long.as_bytes(), "1024 bytes"),
        (b"hunter2 \xff\n", "UTF-8"),
        (b"hunter2\n", "8 characters"),
        (b"", "password"),
    ] {
        told_in_one_line(&with_input(folder.path(), &add, input), why);
    }
    let (code, out, err) = with_input(folder.path(), &add, PASSWORD.as_bytes());
    assert!(code == 0 && err.is_empty(), "{err}");
    assert!(!out.contains(PASSWORD) && !out.contains("argon2"), "{out}");
    // An argument is no way in.
    let wrong = ["user", "add", "bob@example.com", "--password", "hunter2 hunter2"];
    let (code, out, err) = result(&mut program(folder.path(), &wrong));
    assert!(code == 2 && out.is_empty() && !err.contains("hunter2"), "{err}");
}

#[test]
fn output_that_nobody_takes_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    for name in ["ann", "bob"] {
        let email = format!("{name}@example.com");
        let add = ["user", "add", &email, "--password-stdin"];
        assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    }
    let list = || program(folder.path(), &["user", "list"]);
    let full = fs::File::create("/dev/full").unwrap();
    told_in_one_line(&result(list().stdout(full)), "space");
    let mut child = list().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
}

/// Whether the terminal shows what is typed.
fn echoes(folder: &Path) -> bool {
    let tty = fs::read_to_string(folder.join("tty")).unwrap();
    let out = Command::new("stty").args(["-F", tty.trim(), "-a"]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    !String::from_utf8(out.stdout).unwrap().contains("-echo ")
}

/// What a terminal shows of a shell `script` when `keys` are typed, each at its prompt.
fn at_a_terminal(folder: &Path, script: &str, keys: &[(&str, &[u8])]) -> String {
    let mut child = Command::new("script")
        .args(["-qec", &format!("tty >tty; {script}"), "/dev/null"])
        .current_dir(folder)
        .env_remove("ROCKET_CONFIG")
        .env_remove("DATABASE_URL")
        .env("PORTCULLIS", PROGRAM)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of Debian's bsdutils, makes a terminal");
    let (mut typed, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut seen) = (Vec::new(), 0);
    for (prompt, key) in keys {
        loop {
            let text = String::from_utf8_lossy(&shown);
            if let Some(at) = text[seen..].find(prompt) {
                seen += at + prompt.len();
                break;
            }
            let mut some = [0; 256];
            let n = screen.read(&mut some).unwrap();
            assert!(n > 0, "no {prompt:?} in {text}");
            shown.extend(&some[..n]);
        }
        // The prompt is written before the terminal is told not to show what is typed.
        let since = Instant::now();
        while !prompt.ends_with("[y/N] ") && echoes(folder) {
            assert!(since.elapsed() < Duration::from_secs(10), "{prompt} is for all to see");
        }
        if *key == SIGINT {
            let id = fs::read_to_string(folder.join("pid")).unwrap();
            assert!(Command::new("kill").args(["-INT", id.trim()]).status().unwrap().success());
        } else {
            typed.write_all(key).unwrap();
        }
    }
    screen.read_to_end(&mut shown).unwrap();
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

/// Adds a user, between looks at the terminal.
const AROUND: &str = r#"stty -a > before
    sh -c 'echo $$ > pid; exec "$PORTCULLIS" user add ann@example.com'; echo "code $?"
    stty -a > after"#;

/// Not typed, but sent by somebody else to the process in the file `pid`.
const SIGINT: &[u8] = b"SIGINT";

#[test]
fn a_password_is_asked_for_twice_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let line = format!("{PASSWORD}\n");
    let (typed, other) = (line.as_bytes(), b"another long one\n".as_slice());
    let shown = at_a_terminal(folder.path(), AROUND, &[("Password: ", typed), ("Again: ", other)]);
    assert!(shown.contains("the passwords differ") && shown.contains("code 1"), "{shown}");
    let shown = at_a_terminal(folder.path(), AROUND, &[("Password: ", typed), ("Again: ", typed)]);
    assert!(shown.contains("\"id\":1") && shown.contains("code 0"), "{shown}");
    assert!(!shown.contains(PASSWORD), "{shown}");
}

#[test]
fn an_interrupted_question_leaves_the_terminal_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let line = format!("{PASSWORD}\n");
    for keys in [
        &[("Password: ", b"\x03".as_slice())][..],
        &[("Password: ", SIGINT)],
        &[("Password: ", line.as_bytes()), ("Again: ", b"\x03")],
    ] {
        let shown = at_a_terminal(folder.path(), AROUND, keys);
        assert!(shown.contains("portcullis: interrupted") && shown.contains("code 1"), "{shown}");
        assert_eq!(read("before"), read("after"));
    }
}

#[test]
fn deleting_asks_where_somebody_can_answer() {
    let folder = tempfile::tempdir().unwrap();
    migrate(folder.path());
    let add = ["user", "add", "ann@example.com", "--password-stdin"];
    assert_eq!(with_input(folder.path(), &add, PASSWORD.as_bytes()).0, 0);
    let delete = r#""$PORTCULLIS" user delete ann@example.com; echo "code $?""#;
    for (answer, code, left) in [("\n", 1, true), ("n\n", 1, true), ("y\n", 0, false)] {
        let shown = at_a_terminal(folder.path(), delete, &[("[y/N] ", answer.as_bytes())]);
        assert!(shown.contains(&format!("code {code}")), "{shown}");
        let list = result(&mut program(folder.path(), &["user", "list"])).1;
        assert_eq!(list.contains("ann@example.com"), left, "{list}");
    }
}
