//! `/.well-known/…`: the public keys, the metadata of the issuer and the page to change a password.
use crate::{
    flows::{Auth, KEY_SET_MAX_AGE},
    web::{Endpoints, endpoints},
};
use rocket::{State, get, http::Header, response::Redirect};
use serde_json::{Value, json};

/// The well-known documents.
pub fn endpoints() -> Endpoints {
    endpoints!["service", jwks, metadata, change_password]
}

/// A document that clients may cache.
#[derive(rocket::Responder)]
#[response(content_type = "json")]
pub struct Cached(String, Header<'static>);

fn cached(document: &Value) -> Cached {
    let age = format!("public, max-age={}", KEY_SET_MAX_AGE.as_secs());
    Cached(document.to_string(), Header::new("Cache-Control", age))
}

/// Returns the public keys that verify access tokens (RFC 7517)
#[utoipa::path(responses((status = 200, body = Value)))]
#[get("/.well-known/jwks.json")]
fn jwks(auth: &State<Auth>) -> Cached {
    cached(&auth.keys().jwks(auth.clock().now()))
}

/// Returns the issuer and the address of the keys (`OpenID` Connect Discovery, 3)
#[utoipa::path(responses((status = 200, body = Value)))]
#[get("/.well-known/openid-configuration")]
fn metadata(auth: &State<Auth>) -> Cached {
    let config = auth.config();
    cached(&json!({
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

/// Redirects password managers to the page that changes a password
#[utoipa::path(responses((status = 303)))]
#[get("/.well-known/change-password")]
fn change_password() -> Redirect {
    Redirect::to("/account#password")
}
