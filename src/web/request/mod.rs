//! Requests: who sends them, what they ask for, and whether they are admissible.
pub mod accept;
pub mod admission;
pub mod arrival;
pub mod body;
pub mod caller;
pub mod deadline;
pub mod departure;
pub mod fields;
pub mod form_body;
pub mod host;
pub mod identity;
pub mod json;
pub mod language;
