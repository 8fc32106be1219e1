//! A server that is told to stop, and one whose log cannot be written.
use crate::{
    service::Server,
    support::PASSWORD,
};
use serde_json::json;
use std::process::Stdio;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_answered_although_nobody_reads_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start_with(folder.path(), None, |command| {
        command.stderr(Stdio::piped());
    });
    drop(server.child.stderr.take());
    for _ in 0..3 {
        assert_eq!(server.ask("GET", "/health/live", "", "").await.0, 200);
    }
    let new = json!({ "email": "ann@example.com", "password": PASSWORD }).to_string();
    assert_eq!(server.ask("POST", "/auth/register", "", &new).await.0, 201);
    assert_eq!(server.ask("POST", "/auth/login", "", &new).await.0, 200);
}
