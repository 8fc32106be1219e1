//! What the guards of a request have found out about its user: for the log, and for the language of the
//! reply. The guards of a handler may run in any order, so no guard replaces what another one recorded.
use crate::{
    config::Language,
    flows::{User, UserId},
};
use rocket::Request;
use std::sync::OnceLock;

/// The user that a credential of the request proves.
struct Proven(UserId);

/// The owner of a cookie that another site may have sent.
struct CookieOwner(UserId);

/// The language that the user of the request has chosen.
struct OwnLanguage(Option<Language>);

/// Records the user that a credential proves.
pub fn record_user(req: &Request<'_>, user: UserId) {
    let _ = req.local_cache(OnceLock::<Proven>::new).set(Proven(user));
}

/// Records the owner of the cookie in a refused request.
pub fn record_cookie_owner(req: &Request<'_>, owner: UserId) {
    let _ = req.local_cache(OnceLock::<CookieOwner>::new).set(CookieOwner(owner));
}

/// Whether a credential of the request proves a user.
pub fn is_proven(req: &Request<'_>) -> bool {
    req.local_cache(OnceLock::<Proven>::new).get().is_some()
}

/// The user of a request, for the log: the proven one, or else the owner of a refused cookie.
pub fn user(req: &Request<'_>) -> Option<UserId> {
    let proven = req.local_cache(OnceLock::<Proven>::new).get().map(|proven| proven.0);
    proven.or_else(|| req.local_cache(OnceLock::<CookieOwner>::new).get().map(|owner| owner.0))
}

/// Records the language of the user who is logged in.
pub fn record_language(req: &Request<'_>, user: &User) {
    let language = user.language.as_deref().and_then(Language::from_tag);
    let _ = req.local_cache(OnceLock::new).set(OwnLanguage(language));
}

/// The language of the user who is logged in, if they have chosen one.
pub fn own_language(req: &Request<'_>) -> Option<Language> {
    req.local_cache(OnceLock::<OwnLanguage>::new).get().and_then(|own| own.0)
}
