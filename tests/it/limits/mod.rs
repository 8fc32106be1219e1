//! Limits: by address, by account, and against credential stuffing.
mod accounts;
mod addresses;
mod devices;
mod floods;
mod stuffing;

use crate::support::{PASSWORD, Person, Reply, Service};
use rocket::http::Method;
use serde_json::json;

/// Where all surfaces except the pages log in.
const LOGINS: [&str; 6] =
    ["/auth/login", "/token", "/api/login", "/api/tokens", "/u/api/login", "/api/token"];

const WRONG: &str = "not the password";

/// Sends JSON from an address that a trusted proxy reports.
async fn post_from(who: &Person<'_>, ip: &str, path: &str, body: serde_json::Value) -> Reply {
    let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", ip)];
    who.send(Method::Post, path, Some(body.to_string()), &headers).await
}

/// A login at `path`.
async fn log_in_at(who: &Person<'_>, path: &str, email: &str, password: &str) -> Reply {
    who.post(path, json!({ "email": email, "password": password })).await
}

/// A wrong password for `email`.
async fn guess(service: &Service, email: &str) -> Reply {
    log_in_at(&service.stranger(), "/auth/login", email, WRONG).await
}

/// Guesses until the limit is reached. Returns how many guesses were judged.
async fn guess_until_limited(service: &Service, email: &str) -> usize {
    for n in 0.. {
        let reply = guess(service, email).await;
        if reply.status == 429 {
            return n;
        }
        reply.refused(401, "invalid_credentials");
    }
    unreachable!()
}

/// Checks a 429 and returns its `Retry-After` in seconds.
#[track_caller]
fn wait(reply: &Reply) -> u64 {
    reply.refused(429, "rate_limited");
    reply.header("retry-after").unwrap().parse().unwrap()
}

/// Logs in with the right password.
async fn log_in(who: &Person<'_>) -> Reply {
    who.login_with(json!({ "email": who.email(), "password": PASSWORD })).await
}
