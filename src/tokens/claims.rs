//! The claims of our tokens (RFC 7519), and the strict parsing of a token before any cryptography.
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
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The claims of an access token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer: `jwt.issuer`, or `public_url` without its final slash if that is not set.
    pub iss: String,
    /// The audience: `jwt.audience`.
    pub aud: String,
    /// The user id.
    pub sub: String,
    /// The user id as a number.
    pub user_id: i64,
    /// `access`.
    pub token_type: String,
    /// When the token was issued, in seconds since 1970.
    pub iat: i64,
    /// When the token becomes valid, in seconds since 1970: the same as `iat`.
    pub nbf: i64,
    /// When the token expires, in seconds since 1970.
    pub exp: i64,
    /// The id of the token, a new random one for each.
    pub jti: Uuid,
    /// The session id.
    pub sid: Uuid,
    /// Empty if the user has none.
    pub username: String,
    /// The email address of the user.
    pub email: String,
    /// Whether the user has confirmed that address.
    pub email_verified: bool,
    /// `ADMIN` if among the roles, else the first, else `USER`.
    pub role: String,
    /// All roles of the user, perhaps none.
    pub roles: Vec<String>,
    /// Whether the user is a superuser, who passes every check of a role.
    pub is_superuser: bool,
    /// When the user last proved who they are, in seconds since 1970; 0 if not to this service, because
    /// a superuser opened the session or a token of the replaced service did.
    pub auth_time: i64,
    /// How they did (RFC 8176): `pwd` (the password) or `otp` (a mailed code or link); empty if `auth_time`
    /// is 0.
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
    /// The id of the user.
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
    /// The session id.
    pub sid: Uuid,
}

/// A kind of token: its `token_type`, and the claims that are checked besides issuer and audience.
pub trait Kind: DeserializeOwned {
    const TYPE: &'static str;
    /// The longest lifetime that a token of this kind may claim. We sign none with a longer one, so such a
    /// token was signed by somebody else with a stolen key.
    const LONGEST: Duration;
    fn registered(&self) -> RegisteredClaims<'_>;
}

/// The claims that are checked for every kind of token. Times are seconds since 1970.
pub struct RegisteredClaims<'c> {
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

    fn registered(&self) -> RegisteredClaims<'_> {
        let Self { token_type, sub, user_id, iat, nbf, exp, .. } = self;
        RegisteredClaims { token_type, sub, user_id: *user_id, iat: *iat, nbf: *nbf, exp: *exp }
    }
}

/// It has no `nbf`: it is valid as soon as it is issued.
impl Kind for RefreshClaims {
    const TYPE: &'static str = "refresh";
    const LONGEST: Duration = LONGEST_REFRESH_TOKEN;

    fn registered(&self) -> RegisteredClaims<'_> {
        let Self { token_type, sub, user_id, iat, exp, .. } = self;
        RegisteredClaims { token_type, sub, user_id: *user_id, iat: *iat, nbf: i64::MIN, exp: *exp }
    }
}

/// The header of a token (RFC 7515, 4.1). Parameters that name keys are ignored. `crit` requires extensions,
/// and we support none. A repeated parameter is refused.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub alg: String,
    typ: String,
    #[serde(default, deserialize_with = "text")]
    pub kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// A string. Null is refused.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    String::deserialize(d).map(Some)
}

fn present<'de, D: Deserializer<'de>>(d: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(d).map(|_| true)
}

impl Header {
    /// Parses the header of a well-formed token: at most 8 KiB, three parts, each in canonical base64url.
    ///
    /// # Errors
    /// [`Error::NotValid`].
    pub fn read(token: &str) -> Result<Self> {
        Self::parse(token).ok_or(Error::NotValid)
    }

    fn parse(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        // The engine refuses padding, characters of other alphabets, and trailing bits.
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

/// The claims of a refresh token of djangorestframework-simplejwt. It has an issuer and an audience only if
/// they were configured.
#[derive(Deserialize)]
pub struct SimpleJwt {
    pub token_type: String,
    #[serde(deserialize_with = "number")]
    pub user_id: i64,
    pub jti: Uuid,
    pub exp: i64,
    /// Absent in tokens of older versions.
    pub iat: Option<i64>,
    pub nbf: Option<i64>,
    pub iss: Option<String>,
    pub aud: Option<Value>,
    /// Only our own tokens have it.
    pub sid: Option<IgnoredAny>,
}

/// The id as a number or, from newer versions, as text.
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
