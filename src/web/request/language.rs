//! The language of a reply. For a program it depends on the request alone. For a person who is logged in,
//! the language in their profile takes precedence over that of the browser.
use super::identity;
use crate::{
    config::Language,
    flows::{Auth, User},
    web::cookies,
};
use rocket::{Request, http::Cookie};

/// The cookie that stores the language that was chosen in this browser.
const COOKIE: &str = "portcullis-lang";

/// The longest `Accept-Language`, in bytes. A longer one is ignored.
const LONGEST_LANGUAGES: usize = 1024;

/// The language that a request asks for, by `?lang`, the cookie or `Accept-Language`, or else that of the
/// settings.
pub fn of_request(req: &Request<'_>) -> Language {
    chosen(req).unwrap_or_else(|| of_browser(req))
}

/// The language of the person who reads a page: from `?lang`, the cookie, their profile or the browser.
pub fn of_reader(req: &Request<'_>, user: Option<&User>) -> Language {
    let own = user.and_then(|user| user.language.as_deref()).and_then(Language::from_tag);
    of_person(req, own)
}

/// As [`of_reader`], for a reply that is made after all guards of the request have run.
pub fn of_reply(req: &Request<'_>) -> Language {
    of_person(req, identity::own_language(req))
}

fn of_person(req: &Request<'_>, own: Option<Language>) -> Language {
    chosen(req).or(own).unwrap_or_else(|| of_browser(req))
}

fn of_browser(req: &Request<'_>) -> Language {
    let configured = || req.rocket().state::<Auth>().map(|auth| auth.config().language);
    accepted(req).or_else(configured).unwrap_or_default()
}

fn asked(req: &Request<'_>) -> Option<Language> {
    req.query_value::<&str>("lang").and_then(Result::ok).and_then(Language::from_tag)
}

fn chosen(req: &Request<'_>) -> Option<Language> {
    asked(req).or_else(|| cookies::one(req, COOKIE).and_then(Language::from_tag))
}

/// Sets the cookie if `?lang` asks for a language.
pub fn keep_choice(req: &Request<'_>) {
    if let (Some(language), Some(auth)) = (asked(req), req.rocket().state::<Auth>()) {
        req.cookies().add(cookie(auth, Some(language)));
    }
}

/// The cookie that stores a language for a year, or removes the stored one.
pub fn cookie(auth: &Auth, language: Option<Language>) -> Cookie<'static> {
    let tag = language.map(Language::tag).unwrap_or_default();
    cookies::cookie(auth.config(), COOKIE, tag, Some(time::Duration::days(365)))
}

/// Our language that `Accept-Language` prefers (RFC 9110, 12.5.4).
fn accepted(req: &Request<'_>) -> Option<Language> {
    let header = req.headers().get_one("accept-language").unwrap_or_default();
    let header = if header.len() > LONGEST_LANGUAGES { "" } else { header };
    let weighted = header.split(',').take(16).filter_map(|range| {
        let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
        let q = match rest.trim().strip_prefix("q=") {
            Some(q) => q.parse::<f32>().ok()?,
            None => 1.0,
        };
        Some((Language::from_tag(tag)?, q)).filter(|(_, q)| *q > 0.0 && *q <= 1.0)
    });
    // If two are equal, the first one wins.
    weighted
        .fold(None, |best: Option<(Language, f32)>, new| {
            best.filter(|(_, q)| *q >= new.1).or(Some(new))
        })
        .map(|(language, _)| language)
}
