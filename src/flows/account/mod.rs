//! Accounts: registration, and what users do with their own account.
pub mod confirm_email;
pub mod decline;
pub mod delete;
pub mod email;
pub mod invitation;
pub mod links;
pub mod password;
pub mod profile;
pub mod reauthenticate;
pub mod register;
pub mod report_login;
pub mod reset_password;
pub mod restore_email;
pub mod setup;
mod take_back;
