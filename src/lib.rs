//! Portcullis: registration, login, sessions and tokens for Rocket applications, or as a service of
//! its own.
pub mod config;
mod fairing;
pub mod flows;
pub mod store;
pub mod time;

pub use fairing::{Stage, stage};
