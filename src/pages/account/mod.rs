//! The pages of the user's own account.
pub mod export;
pub mod profile;
pub mod security;
pub mod sessions;
pub mod two_step;
pub mod views;
