//! Sessions: login, refresh, logout, revocation, acting for another user, tokens from before a migration.
mod acting;
#[cfg(postgres)]
mod clocks;
mod derived;
mod legacy_tokens;
mod limit;
mod load;
mod login;
mod logout;
mod mail_login;
mod new_device;
mod refresh;
mod refresh_chain;
mod refresh_replicas;
mod revocation;
mod rotation_rules;
mod signing_keys;
mod superseded_cookies;
mod timing;
mod verify;

use crate::support::{Person, Reply, Service, bearing, cookie, rows};
use portcullis::Claims;
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const LIVING: &str = "SELECT 'living' FROM auth_sessions WHERE ended_at IS NULL";
const REVOKED: &str = "SELECT 'revoked' FROM auth_revocations";

async fn verify(service: &Service, token: &str) -> u16 {
    bearing(service, Method::Get, "/auth/verify", token, None).await.status
}

fn text(reply: &Reply, key: &str) -> String {
    reply.expect(200)[key].as_str().unwrap_or_else(|| panic!("no {key}: {reply:#?}")).to_owned()
}

fn claims(service: &Service, token: &str) -> Claims {
    service.auth().verify_access(token).unwrap()
}

/// Opens a session with the access token of `person`: the new access token and cookie.
async fn another(person: &Person<'_>) -> (String, String) {
    let own = json!({ "id": person.id });
    let token = person.access().unwrap();
    let reply = bearing(person.service, Method::Post, "/api/tokens", &token, Some(own)).await;
    (text(&reply, "token"), cookie(&reply))
}

/// The access token that a superuser gets to act for another user.
async fn act_for(root: &Person<'_>, bob: &Person<'_>) -> String {
    let reply = root.post("/api/tokens", json!({ "id": bob.id })).await;
    assert_eq!(reply.header("set-cookie"), None);
    text(&reply, "token")
}

async fn count(service: &Service, sql: &'static str) -> usize {
    rows(service, sql).await.len()
}

/// Gives every user `many` more sessions, as a program may open them.
async fn fill(service: &Service, many: usize) {
    let (id, yes) = if service.url().starts_with("sqlite:") {
        ("randomblob(16)", "1")
    } else {
        ("gen_random_uuid()", "TRUE")
    };
    let (now, later) =
        (service.clock.now().micros(), service.clock.now().plus(5 * MINUTE).micros());
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
         INSERT INTO auth_sessions (id, user_id, client, rotation, remember, created_at,
                                    authenticated_at, last_seen_at, expires_at, access_expires_at)
         SELECT {id}, u.id, 'cookie', 'keep', {yes}, {now}, {now}, {now}, {later}, {later}
         FROM n, auth_users u RETURNING 'new'"
    );
    assert_eq!(rows(service, sql.leak()).await.len(), many);
}
