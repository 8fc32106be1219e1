//! Unix sockets, and sockets that systemd passes.
use super::{Running, get_head, rest};
use crate::support::{PROGRAM, program};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::{fd::OwnedFd, unix::fs::PermissionsExt},
    process::{Command, Stdio},
};
use tokio::{io::AsyncWriteExt, net::UnixStream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unix_socket_is_served_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("front.sock");
    // A service that was killed leaves its socket.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let front = Running::start(|c| c.server.unix_socket = Some(path.clone())).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(get_head("/app/seen").as_bytes()).await.unwrap();
    let reply = rest(&mut stream).await;
    assert!(reply.contains("from 127.0.0.1:0"), "{reply}");
    assert!(front.get("/app/seen").await.contains("from 127.0.0.1:"));
    front.end().await;
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unix_socket_in_use_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("front.sock");
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let out = program(folder.path(), &["serve"])
        .env("ROCKET_PORT", "0")
        .env("PORTCULLIS_SERVER__UNIX_SOCKET", &path)
        .output()
        .unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(told.contains("front.sock") && told.contains("server.unix_socket"), "{told}");
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn sockets_that_are_passed_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let path = folder.path().join("passed.sock");
    let unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
    // The shell moves the sockets to the numbers 3 and 4, as systemd does.
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "exec 3<&0 4>&2 0</dev/null 2>/dev/null; LISTEN_PID=$$ LISTEN_FDS=2 exec \"$0\"",
        ])
        .arg(PROGRAM)
        .current_dir(folder.path())
        .env_remove("ROCKET_CONFIG")
        .env("PORTCULLIS_SHUTDOWN__DRAIN", "0s")
        .stdin(Stdio::from(OwnedFd::from(tcp)))
        .stderr(Stdio::from(OwnedFd::from(unix)))
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut greeting = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    let places = format!("http://{address}, unix:{}\n", path.display());
    assert!(greeting.ends_with(&places), "{greeting}");
    let mut replies = [String::new(), String::new()];
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(get_head("/health/live").as_bytes()).unwrap();
    stream.read_to_string(&mut replies[0]).unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(get_head("/health/live").as_bytes()).unwrap();
    stream.read_to_string(&mut replies[1]).unwrap();
    for reply in replies {
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // systemd keeps its socket.
    assert!(path.exists());
}
