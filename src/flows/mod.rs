//! What the service does, with no idea of HTTP: no `rocket` import in here.
mod caller;
mod error;
pub mod policy;

pub use caller::Caller;
pub use error::{Error, Lacking, Result};
