//! What all tests share: a database, a service, people, and the servers and clients around them.
#[macro_use]
mod database;
#[macro_use]
mod service;
mod authenticator;
mod browser;
#[cfg(postgres)]
#[allow(dead_code, reason = "the unit tests use the rest")]
mod database_proxy;
#[cfg(postgres)]
mod locks;
mod mail_server;
mod person;
mod program;
mod request;
mod transcript;

pub use authenticator::Authenticator;
pub use browser::{FORM_HEADER, SESSION, says, visitor};
pub use database::{Database, rows_at};
#[cfg(postgres)]
pub use database_proxy::DatabaseProxy;
#[cfg(postgres)]
pub use locks::{holder, say, until_waiting};
pub use mail_server::MailServer;
pub use person::{ORIGIN, PASSWORD, Person};
pub use program::{PROGRAM, Server, program, program_with_database};
pub use request::{Reply, bearing, by_cookie, cookie, present, raw};
pub use service::{Service, acts, config, eventually, figment, root, rows, set_superuser};
pub use transcript::replay;
