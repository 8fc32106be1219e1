//! The service while its database is slow, locked, broken or unreachable.
mod faults;
#[cfg(postgres)]
mod locks;
mod outage;
#[cfg(postgres)]
mod outage_postgres;

use crate::support::{PASSWORD, Person, Reply};
use rocket::http::Method;
use serde_json::json;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(3);

async fn everything_else_is_unavailable(ann: &Person<'_>) {
    ann.get("/auth/verify").await.expect(200);
    ann.get("/.well-known/jwks.json").await.expect(200);
    ann.get("/health/live").await.expect(200);
    for (method, path, body) in [
        (
            Method::Post,
            "/auth/login",
            Some(json!({ "email": "ann@example.com", "password": PASSWORD })),
        ),
        (Method::Post, "/auth/refresh", None),
        (Method::Post, "/auth/logout", None),
        (
            Method::Post,
            "/auth/register",
            Some(json!({ "email": "bob@example.com", "password": PASSWORD })),
        ),
        (Method::Post, "/auth/password/forgot", Some(json!({ "email": "ann@example.com" }))),
        (
            Method::Post,
            "/api/token",
            Some(json!({ "email": "ann@example.com", "password": PASSWORD })),
        ),
    ] {
        let since = Instant::now();
        let kind = [("Content-Type", "application/json")];
        let kind = if body.is_some() { &kind[..] } else { &[] };
        let reply = ann.send(method, path, body.map(|b| b.to_string()), kind).await;
        reply.refused(503, "unavailable");
        assert!(reply.header("retry-after").is_some());
        assert!(since.elapsed() < SOON, "{path} took {:?}", since.elapsed());
    }
}

async fn wrong_password(ann: &Person<'_>) -> Reply {
    let wrong = json!({ "email": "ann@example.com", "password": "wrong password" });
    ann.post("/auth/login", wrong).await
}
