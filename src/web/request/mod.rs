//! x
pub mod admission;
pub mod body;
pub mod client;
pub mod deadline;
pub mod fields;
pub mod form_body;
pub mod host;
pub mod json;
