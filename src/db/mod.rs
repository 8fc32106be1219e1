//! The database: the only room that knows that there are two engines.
mod backup;
mod copy;
mod deadline;
mod engine;
mod error;
mod health;
mod migrate;
mod notify;
mod open_error;
mod outages;
mod pg_conn;
mod pg_server;
mod pool;
mod query;
mod readiness;
mod shared_state;
mod sqlite_conn;
mod sqlite_file;
#[cfg(test)]
mod tests;
mod throttle;
mod wal_sync;

pub use copy::Copied;
pub use deadline::as_one_request;
pub use engine::Connections;
pub use error::{Error, ErrorKind, Result};
pub use notify::{Channel, Listener};
pub use open_error::OpenError;
pub use pg_server::Pooler;
pub use pool::{Conn, Db, Tx};
pub use shared_state::Horizon;
pub(crate) use throttle::Throttle;
