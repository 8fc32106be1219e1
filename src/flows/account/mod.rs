//! x
pub mod confirm_email;
pub mod decline;
pub mod links;
pub mod profile;
pub mod register;
pub mod reset_password;
pub mod restore_email;
pub mod setup;
