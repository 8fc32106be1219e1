//! What our tokens say (RFC 7519), and how one is read before any cryptography: strictly.
use crate::{
    config::{LONGEST_ACCESS_TOKEN, LONGEST_REFRESH_TOKEN},
    store::users::UserId,
    tokens::{Error, Result},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use std::time::Duration;
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
    /// Who acts for the user (RFC 8693, 4.1): the superuser who opened the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}

/// The value of the claim `act`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Actor {
    /// The superuser's id.
    pub sub: String,
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

/// A kind of token: what is in its `token_type`, and what is checked of its claims beside issuer and
/// audience.
pub trait Kind: DeserializeOwned {
    const TYPE: &'static str;
    /// The longest that a token of this kind may say it lives. We sign none that lives longer, so such
    /// a token was made by somebody else, with a stolen key.
    const LONGEST: Duration;
    fn said(&self) -> Said<'_>;
}

pub struct Said<'c> {
    pub token_type: &'c str,
    pub sub: &'c str,
    pub user_id: i64,
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
}

impl Kind for Claims {
    const TYPE: &'static str = "access";
    const LONGEST: Duration = LONGEST_ACCESS_TOKEN;

    fn said(&self) -> Said<'_> {
        let Self { token_type, sub, user_id, iat, nbf, exp, .. } = self;
        Said { token_type, sub, user_id: *user_id, iat: *iat, nbf: *nbf, exp: *exp }
    }
}

/// It is good from the beginning.
impl Kind for RefreshClaims {
    const TYPE: &'static str = "refresh";
    const LONGEST: Duration = LONGEST_REFRESH_TOKEN;

    fn said(&self) -> Said<'_> {
        let Self { token_type, sub, user_id, iat, exp, .. } = self;
        Said { token_type, sub, user_id: *user_id, iat: *iat, nbf: i64::MIN, exp: *exp }
    }
}

/// What a header may say (RFC 7515, 4.1). Parameters that name keys are not even looked at; `crit`
/// asks for extensions, of which we know none. A parameter that comes twice is refused.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub alg: String,
    typ: String,
    #[serde(default, deserialize_with = "text")]
    pub kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// A string, if it is there at all: not null.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    String::deserialize(d).map(Some)
}

fn present<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(d).map(|_| true)
}

impl Header {
    /// Reads the header of a token that is in shape: at most 8 KiB, three parts, each in canonical
    /// base64url.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn read(token: &str) -> Result<Self> {
        Self::parse(token).ok_or(Error::NotValid)
    }

    fn parse(token: &str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let mut parts = token.split('.');
        // The engine refuses padding, letters of other alphabets, and bits left over.
        let mut part = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            (!bytes.is_empty()).then_some(bytes)
        };
        let (header, _claims, _signature) = (part()?, part()?, part()?);
        if parts.next().is_some() {
            return None;
        }
        let header: Self = serde_json::from_slice(&header).ok()?;
        (!header.crit && header.typ.eq_ignore_ascii_case("JWT")).then_some(header)
    }
}

/// What a refresh token of djangorestframework-simplejwt says. Issuer and audience are in it where they were configured.
#[derive(Deserialize)]
pub struct SimpleJwt {
    pub token_type: String,
    #[serde(deserialize_with = "number")]
    pub user_id: i64,
    pub jti: Uuid,
    pub exp: i64,
    /// Older versions said nothing.
    pub iat: Option<i64>,
    pub nbf: Option<i64>,
    pub iss: Option<String>,
    pub aud: Option<Value>,
    /// In ours only.
    pub sid: Option<IgnoredAny>,
}

/// The id as a number or, as newer versions have it, as text.
fn number<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Number(i64),
        Text(String),
    }
    match Id::deserialize(d)? {
        Id::Number(id) => Ok(id),
        Id::Text(id) => id.parse().map_err(serde::de::Error::custom),
    }
}
