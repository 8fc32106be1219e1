//! The program as a process: a command, and a server that is killed when dropped.
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The path of the compiled program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");

/// The program in `folder` with these arguments, without settings from this environment.
pub fn program(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.env_remove("ROCKET_CONFIG").env_remove("RUST_LOG").env_remove("DATABASE_URL");
    command
}

/// The program in `folder`, with `DATABASE_URL` if `database` is given.
pub fn program_with_database(folder: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.current_dir(folder).env_remove("ROCKET_CONFIG").env_remove("RUST_LOG");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
    command
}

/// A running server that is killed when dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub log: std::path::PathBuf,
    pub greeting: Vec<String>,
}

impl Server {
    pub fn start(folder: &Path, database: Option<&str>) -> Self {
        // Without a drain, the server stops as soon as it gets the signal.
        Self::start_with(folder, database, |command| {
            command.env("PORTCULLIS_SHUTDOWN__DRAIN", "0s");
        })
    }

    /// Starts the program after `change` has added to its environment or redirected its log.
    pub fn start_with(
        folder: &Path,
        database: Option<&str>,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = folder.join(format!("log-{port}"));
        let mut command = program_with_database(folder, database);
        command
            .env("ROCKET_PORT", port.to_string())
            .env("PORTCULLIS_PUBLIC_URL", format!("http://localhost:{port}"))
            .env("PORTCULLIS_LIMITS__ENABLED", "false")
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap());
        change(&mut command);
        // A part of the last line that the server prints at the start.
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

    /// The link that creates the first superuser, if the server printed one.
    pub fn setup_link(&self) -> Option<&str> {
        self.greeting
            .iter()
            .find_map(|line| Some(&line[line.find("http")?..]).filter(|l| l.contains("/setup")))
    }

    /// Sends a request and returns the connection, from which the reply is still to be read.
    pub async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Sends a request and returns the status, head and body of the reply.
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

    /// The whole reply, unparsed.
    pub async fn text(&self, path: &str) -> String {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut reply = String::new();
        self.send(&request).await.read_to_string(&mut reply).await.unwrap();
        reply
    }

    /// The `Origin` header of a browser on a page of this server.
    pub fn origin(&self) -> String {
        format!("Origin: http://localhost:{}\r\n", self.port)
    }

    /// Sends a signal, such as `-TERM`, to the server.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Sends a signal to the server and waits until it ends.
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
