//! The layer between HTTP and the flows: guards, requests, replies, and what all surfaces share.
mod access_log;
pub mod catchers;
pub mod context;
pub mod cookies;
pub mod cors;
pub mod csp;
pub mod csrf;
pub mod csrf_token;
pub mod endpoints;
pub mod error;
pub mod guards;
mod headers;
pub mod hooks;
pub mod metrics;
mod params;
pub mod reply;
pub mod request;
pub mod routes;

pub use error::{Error, Result};
