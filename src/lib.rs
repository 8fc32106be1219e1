//! Portcullis: registration, login, sessions and tokens for Rocket applications, or as a service of
//! its own.
//!
//! There are two ways to use it.
//!
//! **As a binary.** `portcullis serve` runs the service; [`cli::main`] is its entry point. Other
//! applications, in any language, verify its access tokens with the public keys at
//! `/.well-known/jwks.json`.
//!
//! **As a fairing.** A Rocket application attaches [`stage`] and protects its own routes with guards:
//!
//! ```no_run
//! # use rocket::{get, launch, routes};
//! #[get("/hello")]
//! fn hello(who: portcullis::SignedIn) -> String {
//!     format!("Hello, {}!", who.first_name)
//! }
//!
//! #[launch]
//! fn app() -> _ {
//!     rocket::build().attach(portcullis::stage()).mount("/", routes![hello])
//! }
//! ```
//!
//! | for | there is |
//! | --- | --- |
//! | attaching the service | [`stage`], [`Stage`], [`figment`](fn@figment), [`rocket`](fn@rocket) |
//! | serving an application with limits | [`serve`], [`Front`] |
//! | who the caller is | the guards [`SignedIn`], [`Bearer`], [`Verified`] |
//! | what the caller may do | the guards [`Role`], [`Admin`], [`Superuser`], [`Operating`] |
//! | acting without HTTP | [`Auth`], with the types in [`flows`] |
//! | the claims of an access token | [`Claims`] |
//! | settings | [`config::Config`] |
//! | errors of the routes and guards | [`catchers`], [`Error`] |
//! | the OpenAPI document | [`docs`] |
#![warn(missing_docs)]
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
mod front;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod identifiers;
mod mail;
mod openapi;
mod pages;
mod password;
mod secret;
mod store;
pub mod time;
mod tokens;
mod totp;
mod view;
mod web;
mod workers;

pub use crate::fairing::{Stage, StartError, figment, open, rocket, stage};
pub use crate::front::{Front, FrontError, serve};
pub use crate::openapi::document as docs;
pub use crate::web::catchers::all as catchers;
pub use crate::web::guards::{
    Admin, Bearer, Operating, Role, RoleName, SignedIn, Superuser, Verified,
};
pub use crate::{flows::Auth, tokens::Claims, web::Error};
