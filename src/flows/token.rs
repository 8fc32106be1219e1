//! What our tokens say (RFC 7519), and how one is read before any cryptography: strictly.
use super::{Error, Result, UserId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The longest token, in bytes.
const LONGEST: usize = 8 * 1024;

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The user id.
    pub sub: String,
    /// The same as a number.
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
    /// `ADMIN` if among the roles, else the first, else `USER`.
    pub role: String,
    pub roles: Vec<String>,
    /// Superusers pass every check of a role.
    pub is_superuser: bool,
    /// When the password was given.
    pub auth_time: i64,
    pub amr: Vec<String>,
}

impl Claims {
    pub fn user(&self) -> UserId {
        UserId(self.user_id)
    }

    /// Whether the bearer had `role` when the token was issued.
    pub fn has_role(&self, role: &str) -> bool {
        self.is_superuser || self.roles.iter().any(|r| r == role)
    }
}

/// The claims of a refresh token in its JWT envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefreshClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub user_id: i64,
    pub token_type: String,
    pub iat: i64,
    pub exp: i64,
    /// The refresh token itself.
    pub jti: Uuid,
    /// The session.
    pub sid: Uuid,
}

/// What a header may say (RFC 7515, 4.1). Parameters that name keys are not even looked at; `crit`
/// asks for extensions, of which we know none.
pub(super) struct Header {
    pub alg: String,
    pub kid: Option<String>,
}

impl Header {
    /// Reads the header of a token that is in shape: at most 8 KiB, three parts, each in canonical
    /// base64url.
    pub fn read(token: &str) -> Result<Self> {
        let bad = || Error::TokenNotValid;
        if token.len() > LONGEST {
            return Err(bad());
        }
        let parts: Vec<_> = token.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else { return Err(bad()) };
        // The engine refuses padding, letters of other alphabets, and bits left over.
        let decode =
            |part: &str| URL_SAFE_NO_PAD.decode(part).ok().filter(|bytes| !bytes.is_empty());
        let header = decode(header).ok_or_else(bad)?;
        decode(payload).ok_or_else(bad)?;
        decode(signature).ok_or_else(bad)?;
        let header: Map<String, Value> = serde_json::from_slice(&header).map_err(|_| bad())?;
        let text = |name| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(bad()),
        };
        if header.contains_key("crit")
            || text("typ")?.is_some_and(|t| !t.eq_ignore_ascii_case("JWT"))
        {
            return Err(bad());
        }
        Ok(Self { alg: text("alg")?.ok_or_else(bad)?, kid: text("kid")? })
    }
}
