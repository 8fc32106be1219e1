//! What operators do through the API.
mod access;
mod audit;
mod factors;
mod invitations;
mod keys;
mod outbox;
mod reauthenticate;
mod roles;
mod settings;
mod stats;
mod superusers;
mod user_search;
mod users;

use crate::support::{Person, Reply};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rocket::http::Method;
use serde_json::Value;
use std::time::Duration;

/// Longer than a given password counts as recent.
const LATE: Duration = Duration::from_secs(601);

fn kinds(reply: &Reply) -> Vec<String> {
    let all = reply.expect(200)["results"].as_array().unwrap();
    all.iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
}

fn path(person: &Person<'_>, rest: &str) -> String {
    format!("/auth/admin/users/{}{rest}", person.id)
}

async fn patch(by: &Person<'_>, whom: &Person<'_>, change: Value) -> Reply {
    by.json(Method::Patch, &path(whom, ""), change).await
}

async fn send(by: &Person<'_>, method: Method, path: &str) -> Reply {
    by.send(method, path, None, &[]).await
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn ids(reply: &Reply) -> Vec<i64> {
    reply.expect(200)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["id"].as_i64().unwrap())
        .collect()
}
