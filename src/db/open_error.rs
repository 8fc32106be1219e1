//! [`OpenError`]: why a database cannot be opened, for its operator.
use super::error::{code, primary};
use sqlx::sqlite::SqliteError;

pub(crate) const POOLER: &str = "the connection goes through a pooler in transaction mode, which \
                                 loses prepared statements and session settings: set \
                                 database.pooler = true (PORTCULLIS_DATABASE__POOLER), or \
                                 pool_mode = session in pgbouncer, or name the server itself in \
                                 DATABASE_URL";

/// Names the file or the server, and the reason. Never contains a user or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(String);

impl OpenError {
    pub(crate) fn with_message(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The text of an error, without what sqlx adds to it.
    pub(crate) fn new(e: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        Self(match e {
            E::Io(e) => e.to_string(),
            E::Tls(e) => format!("TLS: {e}"),
            E::Configuration(e) => e.to_string(),
            E::PoolTimedOut => "no answer within 2.5 s".to_owned(),
            // A prepared statement exists already or is missing: a pooler has changed the backend.
            e if code(e).is_some_and(|c| ["42P05", "26000"].contains(&&*c)) => POOLER.to_owned(),
            E::Database(e) => match e.try_downcast_ref::<SqliteError>() {
                Some(e) => of_sqlite(e),
                None => e.message().to_owned(),
            },
            e => e.to_string(),
        })
    }
}

/// What SQLite says, and what to do about it.
fn of_sqlite(e: &SqliteError) -> String {
    use sqlx::error::DatabaseError as _;
    let what = e.message();
    match e.code().and_then(|code| primary(&code)) {
        Some(8) => format!("{what}: make the file, its folder and its disk writable"),
        Some(11 | 26) => format!("the file is damaged ({what}): restore a backup"),
        _ => what.to_owned(),
    }
}
