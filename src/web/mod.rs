//! What lies between HTTP and the flows.
pub mod body;
pub mod catchers;
pub mod client;
pub mod cookie;
pub mod cors;
pub mod csrf;
pub mod form;
pub mod guards;
pub mod headers;
pub mod host;
pub mod metrics;
pub mod next;
pub mod notice;
pub mod page;
pub mod problem;
pub mod reply;
pub mod settings;
