//! What the unit tests share with the tests in `tests/it`.
#[macro_use]
#[path = "../tests/it/support/database.rs"]
mod database;
#[cfg(postgres)]
#[path = "../tests/it/support/database_proxy.rs"]
mod database_proxy;
#[cfg(postgres)]
#[path = "../tests/it/support/locks.rs"]
mod locks;
#[cfg(postgres)]
#[path = "../tests/it/support/pooler.rs"]
mod pooler;

pub use database::{Database, rows_at};
#[cfg(postgres)]
pub use database_proxy::DatabaseProxy;
#[cfg(postgres)]
pub use locks::{holder, say, until_waiting};
#[cfg(postgres)]
pub use pooler::Pooler;
