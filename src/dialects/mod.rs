//! Five existing APIs, word for word, over the one core. Each is a thin coat: paths, replies and
//! status codes; what differs in surface is said in a `Surface`.
pub mod autor;
pub mod chat;
pub mod cookie;
pub mod role;
mod shared;
pub mod simple;

use crate::config::Dialect;
use rocket::{Route, routes};
use utoipa::{OpenApi, openapi};

/// The routes of the dialects that are switched on.
pub fn routes(on: &[Dialect]) -> Vec<Route> {
    let mut routes = Vec::new();
    for dialect in Dialect::ALL.into_iter().filter(|d| on.contains(d)) {
        routes.extend(match dialect {
            Dialect::Autor => autor::routes(),
            Dialect::Simple => simple::routes(),
            Dialect::Cookie => cookie::routes(),
            Dialect::Role => role::routes(),
            Dialect::Chat => chat::routes(),
        });
    }
    if on.contains(&Dialect::Simple) || on.contains(&Dialect::Chat) {
        routes.extend(routes![shared::register]);
    }
    routes
}

/// What is documented of each dialect that is switched on.
pub fn docs(on: &[Dialect]) -> Vec<openapi::OpenApi> {
    let docs = |dialect| match dialect {
        Dialect::Autor => autor::Docs::openapi(),
        Dialect::Simple => simple::Docs::openapi(),
        Dialect::Cookie => cookie::Docs::openapi(),
        Dialect::Role => role::Docs::openapi(),
        Dialect::Chat => chat::Docs::openapi(),
    };
    Dialect::ALL.into_iter().filter(|d| on.contains(d)).map(docs).collect()
}
