//! What the service does. Flows know no HTTP: nothing in here imports `rocket`.
pub mod account;
mod admin;
mod audit;
mod auth;
mod background;
mod caller;
mod clock_skew;
mod error;
mod hash_kinds;
mod lifecycle;
mod limits;
mod mail;
mod maintenance;
mod metrics;
mod paging;
mod probe;
mod retry;
mod revision;
mod runtime_settings;
pub mod session;
pub mod surface;
pub(crate) mod transfer;
mod work;

pub use crate::{
    db::as_one_request,
    field_error::FieldError,
    password::{Jobs, Strength},
    store::{
        audit::{ActorKind, AuditKind, Event, Logged},
        invitations::Invitation,
        keys::KeyState,
        outbox::{MailKind, OutboxMessage, OutboxState},
        sessions::{Session, SessionId},
        users::{User, UserId},
    },
    tokens::{Claims, KeyInfo, MAX_AGE as KEY_SET_MAX_AGE},
};
pub use account::confirm_email::{AccountProof, Confirmation};
pub use account::decline::Declined;
pub use account::links::LinkState;
pub use account::profile::ProfileChange;
pub use account::register::{NewAccount, Registered};
pub use admin::change_user::UserChange;
pub use admin::invitations::NewInvitation;
pub use admin::settings::{Changed, PastChange, Settings};
pub use admin::stats::{Day, Overview};
pub use admin::user_search::{MOST_COUNTED, UserList, UserQuery};
pub use admin::users::NewUser;
pub use admin::{ADMIN, Admin, Operator, PROOF};
pub use admin::{audit::AuditQuery, outbox::MailQuery};
pub use auth::Auth;
pub use caller::Caller;
pub use error::{Error, Result};
pub(crate) use limits::REQUEST_LINE;
pub use limits::Stuffing;
pub use metrics::Figures;
pub use paging::Page;
pub use session::issue::{Proof, RefreshToken, SignedIn, Tokens};
pub use session::login::Login;
pub use session::mail_login::{LIFETIME as MAIL_LOGIN_LIFETIME, LoginLink};
pub use session::revoke::MOST_SESSIONS;
pub use session::revoked::RevokedSessions;
pub use transfer::{Dump, Exported, Import, Outcome, Refusal, Source, SourceError};
