//! The database room, on both engines.
mod connections;
mod migrations;
#[cfg(postgres)]
mod postgres;
#[cfg(postgres)]
mod shared_state;
#[cfg(postgres)]
mod silent_postgres;
mod sqlite_file;
mod transactions;
