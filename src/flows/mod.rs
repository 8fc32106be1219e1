//! What the service does, with no idea of HTTP: no `rocket` import in here.
mod account;
pub mod address;
mod admin;
mod auth;
mod caller;
mod chain;
mod change;
mod confirm;
mod decline;
mod deliver;
mod derived;
mod end;
mod ended;
mod error;
mod figures;
mod hashes;
mod invite;
pub mod keys;
mod later;
mod legacy;
mod letter;
mod links;
mod log;
mod moving;
mod operator;
mod overview;
mod page;
pub mod password;
mod people;
pub mod policy;
mod post;
mod probe;
mod record;
mod refresh;
mod reset;
mod restore;
mod retry;
mod revisions;
mod secret;
mod session;
mod settings;
mod setup;
mod shared_time;
mod sign_in;
mod sign_out;
mod sign_up;
mod signing;
mod standing;
mod state;
mod sweep;
pub mod token;

pub use crate::store::{
    as_one_request,
    audit::{Event, Logged},
    invitations::Invitation,
    outbox::Posted,
    sessions::{Session, SessionId},
    users::{User, UserId},
};
pub use account::ProfileChange;
pub use admin::{By, NewUser};
pub use auth::Auth;
pub use caller::Caller;
pub use change::UserChange;
pub use confirm::{AccountProof, Confirmation};
pub use decline::Declined;
pub use end::MOST_SESSIONS;
pub use ended::EndedSessions;
pub use error::{Error, Lacking, Result};
pub use figures::Figures;
pub use invite::NewInvitation;
pub use links::LinkState;
pub use log::{AuditQuery, MailQuery};
pub use moving::{Dump, Exported, Import, Outcome, Refusal, Source, SourceError, backup, copy};
pub use operator::{ADMIN, Operator, PROOF};
pub use overview::{Day, Overview};
pub use page::Page;
pub use people::{MOST_COUNTED, UserList, UserQuery};
pub use session::{Proof, RefreshToken, SignedIn, Tokens};
pub use settings::{Changed, PastChange, Settings};
pub use sign_in::Login;
pub use sign_up::{NewAccount, SignedUp};
pub use token::Claims;
