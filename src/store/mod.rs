//! The database. Only `pool`, `args`, `engine`, `file`, `sync`, `sqlite`, `postgres`, `shared`, `server`,
//! `health`, `migrate`, `version`, `backup` and `copy` know that there are two engines.
pub mod accounts;
mod args;
pub mod audit;
mod backup;
mod channel;
mod copy;
mod deadline;
pub mod emails;
mod engine;
mod file;
pub mod hash_kinds;
mod health;
pub mod invitations;
pub mod keys;
pub mod legacy_tokens;
pub mod listing;
pub mod mail_tokens;
mod migrate;
pub mod oldest;
mod open_error;
mod outages;
pub mod outbox;
mod pool;
mod postgres;
pub mod refresh_tokens;
pub mod revocations;
pub mod roles;
pub mod secrets;
mod server;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
mod shared;
mod sqlite;
mod sync;
#[cfg(test)]
mod tests;
pub mod users;
mod version;

pub use channel::{Channel, Listener};
pub use copy::Copied;
pub use deadline::as_one_request;
pub use engine::Connections;
pub use open_error::OpenError;
pub use pool::{AuthDb, Conn, Db};
pub use shared::Horizon;

/// `forget!(db, TABLE, KEY, SELECT)`: the text that deletes the rows of `TABLE` whose `KEY` is given by
/// `SELECT`, which names at most `$2` rows. What another transaction holds is left for the next time,
/// so that nobody waits for anybody.
macro_rules! forget {
    ($db:expr, $table:literal, $key:literal, $select:literal) => {{
        macro_rules! text {
            ($lock:literal) => {
                concat!(
                    "WITH old AS MATERIALIZED (",
                    $select,
                    $lock,
                    ") DELETE FROM ",
                    $table,
                    " WHERE ",
                    $key,
                    " IN (SELECT ",
                    $key,
                    " FROM old)"
                )
            };
        }
        if $db.locks_rows() { text!(" FOR UPDATE SKIP LOCKED") } else { text!("") }
    }};
}
use forget;

pub type Error = sqlx::Error;
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A SHA-256 of something secret; what is stored in its place.
#[derive(Clone, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Digest(pub Vec<u8>);
