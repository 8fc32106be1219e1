//! The database. Only `pool`, `args`, `file`, `sync`, `postgres`, `backup` and `copy` know that there
//! are two engines.
pub mod accounts;
mod args;
pub mod audit;
mod backup;
mod copy;
pub mod emails;
mod file;
pub mod hash_kinds;
pub mod invitations;
pub mod keys;
pub mod legacy_tokens;
pub mod listing;
pub mod mail_tokens;
pub mod outbox;
mod pool;
mod postgres;
pub mod refresh_tokens;
pub mod revocations;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
mod sync;
pub mod users;

pub use args::{Args, Record, Value};
pub use copy::{Copied, TABLES};
pub use pool::{AuthDb, Channel, Conn, Db, Listener};

pub type Error = sqlx::Error;
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A SHA-256 of something secret; what is stored in its place.
#[derive(Clone, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Digest(pub Vec<u8>);
