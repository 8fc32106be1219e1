//! The flows of operators.
pub mod audit;
pub mod change_user;
mod factors;
pub mod invitations;
pub mod keys;
pub mod operator;
pub mod outbox;
pub mod settings;
pub mod stats;
pub mod status;
pub mod user_search;
pub mod users;

pub use operator::{ADMIN, Admin, Operator, PROOF};
pub(crate) use operator::{LockedUser, lock_with_superusers};
