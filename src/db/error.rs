//! [`Error`]: what failed at the database, and what the failure means on each engine.
use super::Throttle;
use std::{borrow::Cow, io};

/// The outcome of an operation on the database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed connection, statement or transaction. Its text is that of the driver.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] sqlx::Error);

/// What an [`Error`] means for the work that met it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The database cannot be reached, or cannot be written at present.
    Unavailable,
    /// The transaction was rolled back in favour of another one. It may be tried again at once.
    Contention,
    /// A unique index refuses the row.
    UniqueViolation,
    /// A defect in the statement, the schema or the data.
    Other,
}

impl Error {
    /// What the error means.
    pub fn kind(&self) -> ErrorKind {
        use sqlx::Error as E;
        match &self.0 {
            // A proxy whose server is gone answers with bytes that are not PostgreSQL's protocol.
            E::Io(_)
            | E::Tls(_)
            | E::Protocol(_)
            | E::PoolTimedOut
            | E::PoolClosed
            | E::WorkerCrashed => ErrorKind::Unavailable,
            E::Database(d) if d.is_unique_violation() => ErrorKind::UniqueViolation,
            e => code(e).map_or(ErrorKind::Other, |code| kind_of(&code)),
        }
    }

    /// The code that the database gave: five characters of PostgreSQL, or SQLite's number.
    pub fn code(&self) -> Option<Cow<'_, str>> {
        code(&self.0)
    }

    /// Whether a unique index refuses the row.
    pub(crate) fn is_unique_violation(&self) -> bool {
        self.kind() == ErrorKind::UniqueViolation
    }

    /// Whether a table does not exist. PostgreSQL has a code for this, SQLite only a text.
    pub(crate) fn is_missing_table(&self) -> bool {
        let text = self.0.as_database_error().map(sqlx::error::DatabaseError::message);
        self.code().as_deref() == Some("42P01")
            || text.is_some_and(|text| text.starts_with("no such table"))
    }

    /// The kind of an error of the operating system, such as that of a file.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match &self.0 {
            sqlx::Error::Io(e) => Some(e.kind()),
            _ => None,
        }
    }

    /// Logs an outage or contention, once for all requests of a while. The error that the caller of a flow gets
    /// contains no details of either.
    pub fn log(&self) {
        static OUTAGE: Throttle = Throttle::new();
        static CONTENTION: Throttle = Throttle::new();
        match self.kind() {
            ErrorKind::Unavailable if OUTAGE.admits() => {
                tracing::error!(error = %self, "the database cannot be reached");
            }
            ErrorKind::Contention if CONTENTION.admits() => {
                tracing::warn!(error = %self, "the database rolled back a transaction that conflicts with another");
            }
            _ => {}
        }
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self(e.into())
    }
}

/// The code of an error of the driver, see [`Error::code`].
pub(crate) fn code(e: &sqlx::Error) -> Option<Cow<'_, str>> {
    e.as_database_error().and_then(sqlx::error::DatabaseError::code)
}

/// SQLite's primary result code (<https://www.sqlite.org/rescode.html>).
pub(crate) fn primary(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

fn kind_of(code: &str) -> ErrorKind {
    match code {
        code if is_contention(code) => ErrorKind::Contention,
        code if is_outage(code) => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    }
}

/// PostgreSQL: serialization failure, deadlock.
fn is_contention(code: &str) -> bool {
    ["40001", "40P01"].contains(&code)
}

/// PostgreSQL: connection exceptions (08), insufficient resources (53), operator intervention (57P),
/// a time limit (57014, 55P03, 25P03, 25P04), read-only standby (25006), transaction rollback (40),
/// I/O (58). SQLite: busy, locked, read-only, I/O, full, cannot open.
fn is_outage(code: &str) -> bool {
    const STARTS: [&str; 10] =
        ["08", "53", "57P", "57014", "55P03", "25P03", "25P04", "25006", "40", "58"];
    matches!(primary(code), Some(5 | 6 | 8 | 10 | 13 | 14))
        || code.len() == 5 && STARTS.iter().any(|start| code.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_of_both_engines_are_classified() {
        for code in ["40001", "40P01"] {
            assert_eq!(kind_of(code), ErrorKind::Contention, "{code}");
        }
        // 261 and 1546 are extended codes of SQLite: busy while it recovers, a truncated file.
        for code in ["08006", "53300", "57P01", "57014", "25006", "58030", "5", "261", "13", "1546"]
        {
            assert_eq!(kind_of(code), ErrorKind::Unavailable, "{code}");
        }
        for code in ["23505", "42601", "22001", "1", "19", "2067"] {
            assert_eq!(kind_of(code), ErrorKind::Other, "{code}");
        }
    }

    #[test]
    fn a_failure_of_the_driver_is_an_outage() {
        for e in [sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::WorkerCrashed] {
            assert_eq!(Error::from(e).kind(), ErrorKind::Unavailable);
        }
        assert_eq!(Error::from(sqlx::Error::RowNotFound).kind(), ErrorKind::Other);
        let file = Error::from(io::Error::from(io::ErrorKind::AlreadyExists));
        assert_eq!(file.io_kind(), Some(io::ErrorKind::AlreadyExists));
    }
}
