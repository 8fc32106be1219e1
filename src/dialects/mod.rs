//! Five existing APIs, word for word, over the one core. Each is a thin coat: paths, replies and
//! status codes; what differs in surface is said in a `Surface`.
mod autor;
mod chat;
mod cookie;
mod role;
mod shared;
mod simple;

use crate::{config::Dialect, web::endpoints::Endpoints};

/// What is mounted and documented of the dialects in `on`.
pub fn endpoints(on: &[Dialect]) -> Vec<Endpoints> {
    let of = |dialect| match dialect {
        Dialect::Autor => vec![autor::endpoints()],
        Dialect::Simple => vec![simple::endpoints(), shared::endpoints()],
        Dialect::Cookie => vec![cookie::endpoints()],
        Dialect::Role => vec![role::endpoints()],
        Dialect::Chat if on.contains(&Dialect::Simple) => vec![chat::endpoints()],
        Dialect::Chat => vec![shared::endpoints(), chat::endpoints()],
    };
    Dialect::ALL.into_iter().filter(|dialect| on.contains(dialect)).flat_map(of).collect()
}
