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
mod dialects;
mod fairing;
pub mod flows;
mod mail;
mod openapi;
mod pages;
mod store;
pub mod time;
mod view;
mod web;
mod workers;

pub use fairing::{Stage, StartError, figment, open, rocket, stage};
pub use flows::{Auth, Claims};
pub use openapi::document as docs;
pub use web::catchers::all as catchers;
pub use web::guards::{Admin, Bearer, Operating, Role, RoleName, SignedIn, Superuser, Verified};
