//! What lies between HTTP and the flows.
pub mod catchers;
pub mod cookie;
pub mod cors;
pub mod csrf;
pub mod csrf_token;
pub mod endpoints;
pub mod guards;
pub mod headers;
pub mod metrics;
mod params;
pub mod reply;
pub mod request;
