//! What is told of the service itself: keys, health, figures.
use crate::{
    flows::{Auth, Error},
    tokens,
    web::{
        endpoints::{Endpoints, endpoints},
        metrics,
        reply::{
            json::Reply,
            problem::{Problem, ProblemDocument},
        },
    },
};
use rocket::{
    State, get,
    http::{ContentType, Header, Status},
    response::Redirect,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub fn endpoints(metrics: bool) -> Vec<Endpoints> {
    let mut all = vec![endpoints!["service", jwks, metadata, change_password, live, ready]];
    if metrics {
        all.push(endpoints!["service", figures]);
    }
    all
}

/// A document that may be kept for a while.
#[derive(rocket::Responder)]
#[response(content_type = "json")]
pub struct Kept(String, Header<'static>);

fn keep(document: &Value) -> Kept {
    let age = format!("public, max-age={}", tokens::MAX_AGE.as_secs());
    Kept(document.to_string(), Header::new("Cache-Control", age))
}

/// The public keys that verify our tokens (RFC 7517)
#[utoipa::path(responses((status = 200, body = Value)))]
#[get("/.well-known/jwks.json")]
fn jwks(auth: &State<Auth>) -> Kept {
    keep(&auth.keys().jwks(auth.clock().now()))
}

/// Who issues tokens, and where the keys are (OIDC Discovery, 3)
#[utoipa::path(responses((status = 200, body = Value)))]
#[get("/.well-known/openid-configuration")]
fn metadata(auth: &State<Auth>) -> Kept {
    let config = auth.config();
    keep(&json!({
        "issuer": config.issuer(),
        "jwks_uri": config.link("/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": ["refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [config.jwt.algorithm],
        "claims_supported": ["sub", "iss", "aud", "iat", "nbf", "exp", "jti", "sid", "username", "email",
            "email_verified", "role", "roles", "auth_time", "amr"],
    }))
}

/// Leads password managers to where a password is changed
#[utoipa::path(responses((status = 303)))]
#[get("/.well-known/change-password")]
fn change_password() -> Redirect {
    Redirect::to("/account#password")
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    /// What an operator should look at. `clock_skew`: the clock of this machine differs from the
    /// database's by more than 3 s.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

impl Health {
    const fn good() -> Self {
        Self { status: "ok", warnings: Vec::new() }
    }
}

/// Whether the process answers
#[utoipa::path(responses((status = 200, body = Health)))]
#[get("/health/live")]
fn live() -> Reply<Health> {
    Reply::ok(Health::good())
}

/// Whether the database answers, has every migration and takes writes
#[utoipa::path(responses(
    (status = 200, body = Health),
    (status = 503, body = ProblemDocument, content_type = "application/problem+json"),
))]
#[get("/health/ready")]
async fn ready(auth: &State<Auth>) -> Result<Reply<Health>, Problem> {
    if auth.ready().await {
        let warnings = if auth.clock_is_off() { vec!["clock_skew"] } else { Vec::new() };
        Ok(Reply::ok(Health { warnings, ..Health::good() }))
    } else {
        Err(Error::Unavailable.into())
    }
}

/// Figures for Prometheus
#[utoipa::path(responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
fn figures() -> (Status, (ContentType, String)) {
    let kind = ContentType::Plain.with_params(("version", "0.0.4"));
    match metrics::render() {
        Some(text) => (Status::Ok, (kind, text)),
        None => (Status::NotFound, (kind, String::new())),
    }
}
