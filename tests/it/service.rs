//! The program itself: started, talked to by HTTP, killed, and asked at the command line.
use crate::support::Database;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn program(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.current_dir(folder).env_remove("ROCKET_CONFIG").env_remove("RUST_LOG");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    command
}

/// A running server, killed when dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
    log: std::path::PathBuf,
    greeting: Vec<String>,
}

impl Server {
    pub fn start(folder: &Path, database: Option<&str>) -> Self {
        // Without a drain, a server that is told to stop does so at once.
        Self::start_with(folder, database, |command| {
            command.env("PORTCULLIS_SHUTDOWN__DRAIN", "0s");
        })
    }

    /// Starts the program after `change` has added to its environment, or redirected its log.
    pub fn start_with(
        folder: &Path,
        database: Option<&str>,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = folder.join(format!("log-{port}"));
        let mut command = program(folder, database);
        command
            .env("ROCKET_PORT", port.to_string())
            .env("PORTCULLIS_PUBLIC_URL", format!("http://localhost:{port}"))
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap());
        change(&mut command);
        // The last line of the greeting.
        let sends = command.get_envs().any(|(name, _)| name == "PORTCULLIS_MAIL__URL");
        let last = if sends { "/setup" } else { "/dev/mail" };
        let mut child = command.spawn().unwrap();
        let mut greeting = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            greeting.push(line);
            if greeting.iter().any(|line| line.contains(last)) {
                break;
            }
        }
        assert!(greeting.len() >= 4, "{}", fs::read_to_string(&log).unwrap());
        assert!(greeting[0].contains(&format!("http://127.0.0.1:{port}")), "{greeting:?}");
        Self { child, port, log, greeting }
    }

    /// The link with which the first superuser is made, if one was printed.
    fn setup_link(&self) -> Option<&str> {
        self.greeting
            .iter()
            .find_map(|line| Some(&line[line.find("http")?..]).filter(|l| l.contains("/setup")))
    }

    pub async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Status, head and body of a reply.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String, Value) {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let mut stream = self
            .send(&format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}{headers}Content-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), serde_json::from_str(body).unwrap_or_default())
    }

    /// A whole reply as it came.
    pub async fn text(&self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut reply = String::new();
        self.send(&request).await.read_to_string(&mut reply).await.unwrap();
        reply
    }

    fn origin(&self) -> String {
        format!("Origin: http://localhost:{}\r\n", self.port)
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub fn end(&mut self, signal: &str) -> std::process::ExitStatus {
        self.signal(signal);
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cookie(head: &str) -> String {
    let value = head.split("__Host-portcullis=").nth(1).unwrap();
    value.split(';').next().unwrap().to_owned()
}

/// The first shell block of the section that shows the start.
fn session(readme: &str, heading: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(readme)).unwrap();
    let section = text.split(heading).nth(1).unwrap_or_else(|| panic!("no {heading} in {readme}"));
    section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_session_in_the_readme_works_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), None);
    for (readme, heading) in
        [("README.md", "## In 60 seconds"), ("README.ru.md", "## За 60 секунд")]
    {
        let here = format!("localhost:{}", server.port);
        let script = session(readme, heading).replace("localhost:8000", &here);
        let script = script.replace("ann@example.com", &format!("{}@example.com", readme.len()));
        let out = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success(), "{script}\n{told}{}", String::from_utf8_lossy(&out.stderr));
        assert!(told.contains("\"is_email_confirmed\":true"), "{told}");
        assert!(!told.contains("\"status\":4"), "{told}");
    }
    assert!(folder.path().join("portcullis.db").exists());
    let since = Instant::now();
    assert!(server.end("-INT").success());
    assert!(since.elapsed() < Duration::from_secs(5));
    let log = fs::read_to_string(&server.log).unwrap();
    for secret in ["@example.com", "correct horse", "eyJ", "token="] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(log.contains("act=\"login\""), "{log}");
}

/// Where nobody is there yet, each start prints a link, on the standard output only.
async fn an_empty_service_prints_a_setup_link(database: Database) {
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
    let new =
        json!({ "email": "ann@example.com", "password": crate::support::PASSWORD }).to_string();
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

mod empty {
    on_each_engine! { super::an_empty_service_prints_a_setup_link }
}

/// A refresh is committed and the server killed before anybody reads the answer.
async fn a_killed_server_logs_nobody_out(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.as_str());
    let folder = folder.path();
    let server = Server::start(folder, Some(url));
    let new =
        json!({ "email": "ann@example.com", "password": crate::support::PASSWORD }).to_string();
    assert_eq!(server.ask("POST", "/auth/register", "", &new).await.0, 201);
    let (status, head, _) = server.ask("POST", "/auth/login", "", &new).await;
    assert_eq!(status, 200);
    let token = cookie(&head);
    let with_cookie =
        |server: &Server| format!("Cookie: __Host-portcullis={token}\r\n{}", server.origin());
    let request = format!(
        "POST /auth/refresh HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: 0\r\n\r\n",
        with_cookie(&server)
    );
    let _unread = server.send(&request).await;
    let sql = "SELECT 'used' FROM auth_refresh_tokens WHERE used_at IS NOT NULL";
    while crate::store::rows_at(url, sql).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let mut server = server;
    server.end("-KILL");
    let again = Server::start(folder, Some(url));
    let (status, head, _) = again.ask("POST", "/auth/refresh", &with_cookie(&again), "").await;
    assert_eq!(status, 200, "{head}");
    let next = format!("Cookie: __Host-portcullis={}\r\n{}", cookie(&head), again.origin());
    assert_eq!(again.ask("POST", "/auth/refresh", &next, "").await.0, 200);
    drop(again);
    database.end().await;
}

mod killed {
    on_each_engine! { super::a_killed_server_logs_nobody_out }
}

/// What a command answers: exit code, standard output, standard error.
fn run(folder: &Path, url: &str, args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = program(folder, Some(url))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it may be gone already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn commands(folder: &Path, url: &str) {
    let ok = |args: &[&str], stdin: &str| {
        let (code, out, err) = run(folder, url, args, stdin);
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        out.lines().map(|l| serde_json::from_str(l).unwrap_or(Value::Null)).collect::<Vec<Value>>()
    };
    let failed = |args: &[&str], stdin: &str, why: &str| {
        let (code, out, err) = run(folder, url, args, stdin);
        assert_eq!(code, 1, "{args:?}: {out}{err}");
        let last = err.lines().last().unwrap();
        assert!(last.starts_with("portcullis: ") && last.contains(why), "{args:?}: {err}");
        assert!(out.is_empty(), "{out}");
    };
    ok(&["migrate"], "");
    let add = [
        "user",
        "add",
        "root@example.com",
        "--username",
        "root",
        "--first-name",
        "Root",
        "--role",
        "ADMIN",
        "--superuser",
        "--confirmed",
        "--password-stdin",
    ];
    let user = &ok(&add, "correct horse battery\n")[0];
    assert_eq!(
        (&user["id"], &user["is_superuser"], &user["role"]),
        (&json!(1), &json!(true), &json!("ADMIN"))
    );
    assert_eq!((&user["is_email_confirmed"], &user["first_name"]), (&json!(true), &json!("Root")));
    failed(&add, "correct horse battery\n", "taken");
    failed(&["user", "add", "b@example.com", "--password-stdin"], "short\n", "At least 8");
    failed(&["user", "add", "no address", "--password-stdin"], "correct horse battery\n", "e-mail");
    let bob =
        &ok(&["user", "add", "bob@example.com", "--password-stdin"], "correct horse battery")[0];
    let bob = bob["id"].to_string();
    let bob = bob.as_str();
    assert_eq!(ok(&["user", "list"], "").len(), 2);
    assert_eq!(
        ok(&["user", "list", "--after", "1", "--limit", "1"], "")[0]["email"],
        "bob@example.com"
    );
    for who in [bob, "bob@example.com"] {
        assert_eq!(ok(&["user", "show", who], "")[0]["id"].to_string(), bob);
    }
    failed(&["user", "show", "nobody"], "", "no such user");
    assert_eq!(ok(&["user", "grant", bob, "EDITOR"], "")[0]["roles"], json!(["EDITOR"]));
    failed(&["user", "grant", bob, "a,b"], "", "role");
    assert_eq!(ok(&["user", "revoke", bob, "EDITOR"], "")[0]["roles"], json!([]));
    ok(&["user", "grant", bob, "EDITOR", "--end-sessions"], "");
    failed(&["user", "revoke", bob, "OTHER"], "", "no role");
    ok(&["user", "revoke", bob, "EDITOR", "--end-sessions"], "");
    ok(&["user", "passwd", bob, "--password-stdin"], "another good password\n");
    assert_eq!(ok(&["user", "disable", bob], "")[0]["is_active"], false);
    assert_eq!(ok(&["user", "enable", bob], "")[0]["is_active"], true);
    failed(&["user", "delete", bob], "", "--yes");
    ok(&["user", "delete", bob, "--yes"], "");
    failed(&["user", "disable", "root"], "", "superuser");
    failed(&["user", "delete", "root", "--yes"], "", "superuser");
    assert_eq!(ok(&["keys", "list"], "").len(), 2);
    failed(&["keys", "rotate"], "", "--force");
    ok(&["keys", "rotate", "--force"], "");
    assert_eq!(ok(&["keys", "list"], "").len(), 3);
    ok(&["mail", "test", "ann@example.com"], "");
    failed(&["mail", "test", "nonsense"], "", "e-mail");
    for wrong in [&["nonsense"][..], &["user"], &["user", "add"], &["user", "list", "--limit", "x"]]
    {
        assert_eq!(run(folder, url, wrong, "").0, 2, "{wrong:?}");
    }
    assert_eq!(run(folder, url, &["--help"], "").0, 0);
    assert_eq!(
        run(folder, url, &["--version"], "").1,
        concat!("portcullis ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

async fn the_command_line_does_what_it_says(database: Database) {
    let (folder, url) = (tempfile::tempdir().unwrap(), database.url.clone());
    tokio::task::spawn_blocking(move || commands(folder.path(), &url)).await.unwrap();
    database.end().await;
}

mod command_line {
    on_each_engine! { super::the_command_line_does_what_it_says }
}

#[test]
fn what_is_wrong_with_the_settings_stops_the_start_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "hunter2";
    let with = |args: &[&str]| {
        program(folder.path(), Some("postgres://u:hunter2@127.0.0.1:1/x"))
            .args(args)
            .env("PORTCULLIS_PUBLIC_ULR", "x")
            .env("PORTCULLIS_JWT__SECRET", secret)
            .output()
            .unwrap()
    };
    for args in [&["config", "check"][..], &["serve"], &["user", "list"]] {
        let out = with(args);
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        assert_eq!(out.status.code(), Some(1), "{told}");
        assert!(
            told.contains("PORTCULLIS_PUBLIC_ULR") && told.contains("PORTCULLIS_JWT__SECRET"),
            "{told}"
        );
        assert!(!told.contains(secret), "{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
    let fine = program(folder.path(), None).args(["config", "check"]).output().unwrap();
    assert!(fine.status.success());
    assert!(String::from_utf8_lossy(&fine.stdout).contains("access_token_lifetime = \"5m\""));
    let url = "postgres://u@127.0.0.1:1/x?password=hunter2";
    let shown = program(folder.path(), Some(url)).args(["config", "check"]).output().unwrap();
    let told = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(told.contains("127.0.0.1:1/x") && !told.contains(secret), "{told}");
    // A database that is not there is one line.
    let gone = program(folder.path(), Some("postgres://u:hunter2@127.0.0.1:1/x"))
        .args(["migrate"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert!(
        gone.status.code() == Some(1) && !told.contains(secret) && told.contains("portcullis: "),
        "{told}"
    );
}
