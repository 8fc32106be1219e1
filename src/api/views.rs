//! Users and sessions in the form that the API shows.
use crate::{
    flows::{Session, SessionId, Tokens, User, UserId},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the reply")]
pub struct UserView {
    pub id: UserId,
    pub email: String,
    pub username: Option<String>,
    pub first_name: String,
    pub is_email_confirmed: bool,
    pub is_active: bool,
    /// `ADMIN` if the user has it, otherwise their first role, otherwise `USER`.
    pub role: String,
    pub roles: Vec<String>,
    pub is_superuser: bool,
    pub language: Option<String>,
    /// Whether logins from new devices are mailed to the user.
    pub notify_new_devices: bool,
    pub created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(u: User) -> Self {
        Self {
            id: u.id,
            is_email_confirmed: u.email_confirmed_at.is_some(),
            is_active: u.is_active,
            role: u.roles.main().to_owned(),
            roles: u.roles.0,
            is_superuser: u.is_superuser,
            email: u.email,
            username: u.username,
            first_name: u.first_name,
            language: u.language,
            notify_new_devices: u.notify_new_devices,
            created_at: u.created_at,
        }
    }
}

/// The body of a login or a refresh. The refresh token is in the cookie.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenView {
    /// The access token.
    pub token: String,
    pub token_type: &'static str,
    /// The remaining lifetime of the access token, in seconds.
    pub expires_in: u64,
    pub user: UserView,
}

impl From<Tokens> for TokenView {
    fn from(t: Tokens) -> Self {
        Self {
            token: t.access,
            token_type: "Bearer",
            expires_in: t.expires_in.as_secs(),
            user: t.user.into(),
        }
    }
}

/// One login on one device.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    /// Whether the request was made in this session.
    pub current: bool,
}

impl SessionView {
    /// The view of `s` in a request of the session `current`, or of none.
    pub fn new(s: Session, current: Option<SessionId>) -> Self {
        Self {
            current: current == Some(s.id),
            id: s.id,
            created_at: s.created_at,
            last_seen_at: s.last_seen_at,
            ip: s.ip,
            user_agent: s.user_agent,
        }
    }
}

/// A message for the caller.
#[derive(Serialize, ToSchema)]
pub struct Detail {
    pub detail: String,
}
