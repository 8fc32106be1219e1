//! Portcullis: registration, login, sessions and tokens for Rocket applications, or as a service of
//! its own.
mod api;
pub mod config;
mod dialects;
mod fairing;
pub mod flows;
mod mail;
mod pages;
pub mod store;
pub mod time;
mod view;
pub mod web;

pub use fairing::{Stage, stage};
