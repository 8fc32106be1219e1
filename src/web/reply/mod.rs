//! x
pub mod csv;
pub mod field_errors;
pub mod flash;
pub mod json;
pub mod page;
pub mod problem;
pub mod return_to;
pub mod setting_effects;
