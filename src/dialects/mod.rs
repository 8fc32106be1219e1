//! Five existing APIs, reproduced exactly on top of the same flows. A dialect consists of paths, replies and
//! status codes. Its rules for sessions are the fields of its `Surface`.
mod autor;
mod chat;
mod cookie;
mod role;
mod shared;
mod simple;

use crate::{config::Dialect, web::Endpoints};

/// The endpoints of the dialects in `on`, to mount and to document.
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
