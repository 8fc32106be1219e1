//! What our tokens say (RFC 7519).
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user id.
    pub sub: String,
    pub user_id: i64,
    pub token_type: String,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    pub jti: Uuid,
    /// The session.
    pub sid: Uuid,
    /// Empty if the user has none.
    pub username: String,
    pub email: String,
    pub email_verified: bool,
    pub role: String,
    pub roles: Vec<String>,
    pub is_superuser: bool,
    pub auth_time: i64,
    pub amr: Vec<String>,
}
