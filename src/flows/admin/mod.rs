//! What operators do.
pub mod audit;
pub mod change_user;
pub mod invitations;
pub mod keys;
pub mod operator;
pub mod settings;
pub mod stats;
pub mod status;
pub mod user_search;
pub mod users;

pub use operator::{ADMIN, Operator, PROOF};
pub(crate) use operator::{LockedUser, demand_superuser_still, lock_with_superusers};
