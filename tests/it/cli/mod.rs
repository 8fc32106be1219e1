//! The program: commands, start, stop, terminal.
mod commands;
mod prompt;
mod serve;
mod shutdown;

use crate::support::program;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Runs a command and returns its exit code, standard output and standard error.
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

/// Creates an SQLite database in `folder`, as the first start does.
fn migrate(folder: &Path) {
    let (code, out, err) = result(&mut program(folder, &["migrate"]));
    assert!(code == 0 && out.is_empty() && err.is_empty(), "{out}{err}");
}

/// Checks that the command failed with one line on standard error, which contains `why`.
fn failed_with_one_line((code, out, err): &(i32, String, String), why: &str) {
    assert_eq!(*code, 1, "{out}{err}");
    assert!(err.starts_with("portcullis: ") && err.lines().count() == 1, "{err}");
    assert!(err.contains(why), "{why} in {err}");
    assert!(!err.contains("hunter2") && out.is_empty(), "{out}{err}");
}

/// A server that is killed when dropped: process, standard output, port.
struct Serving(Child, BufReader<ChildStdout>, u16);

impl Serving {
    /// Starts the server without waiting until it serves.
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

    fn wait_until_ready(&mut self) {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("listens on http://127.0.0.1:{}", self.2)), "{line:?}");
        // Rocket handles signals a moment after it prints its first line. Once it answers requests, it does.
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
