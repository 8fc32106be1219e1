//! Portcullis: registration, login, sessions and tokens for Rocket applications, or as a service of
//! its own.
//!
//! ```no_run
//! # use rocket::{get, launch, routes};
//! #[get("/hello")]
//! fn hello(who: portcullis::SignedIn) -> String {
//!     format!("Hello, {}!", who.0.user.first_name)
//! }
//!
//! #[launch]
//! fn app() -> _ {
//!     rocket::build().attach(portcullis::stage()).mount("/", routes![hello])
//! }
//! ```
#[cfg(test)]
#[macro_use]
mod support;

mod api;
pub mod cli;
pub mod config;
mod db;
mod dialects;
mod fairing;
mod field_error;
pub mod flows;
mod identifiers;
mod mail;
mod openapi;
mod pages;
mod password;
mod secret;
mod store;
pub mod time;
mod tokens;
mod view;
mod web;
mod workers;

pub use crate::fairing::{Stage, StartError, figment, open, rocket, stage};
pub use crate::openapi::document as docs;
pub use crate::web::catchers::all as catchers;
pub use crate::web::guards::{
    Admin, Bearer, Operating, Role, RoleName, SignedIn, Superuser, Verified,
};
pub use crate::{flows::Auth, tokens::Claims};
