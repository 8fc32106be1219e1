//! Replies: JSON, pages, problems and CSV.
pub mod csv;
mod error_codes;
pub mod field_errors;
pub mod flash;
pub mod form_errors;
pub mod json;
pub mod outcome;
pub mod page;
pub mod problem;
mod problem_reply;
pub mod return_to;
pub mod setting_effects;
pub mod text_file;
