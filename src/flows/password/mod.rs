//! Passwords: argon2id (RFC 9106) with OWASP's parameters, in any Unicode (NFC), none of it cut off.
mod foreign;
mod phc;
mod pool;
mod stored;

use super::{Error, Lacking, Result};
use crate::config;
use pool::Pool;
use std::{borrow::Cow, sync::Arc};
pub use stored::is_known;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The longest password, in characters (NIST 800-63B asks for 64 at least).
pub const LONGEST: usize = 256;

/// What a password turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but its hash is not what we would make today.
    Outdated,
}

/// Hashes passwords on threads of its own; its clones share them.
#[derive(Clone)]
pub struct Hasher(Arc<Pool>);

impl Hasher {
    pub fn new(config: &config::Password) -> Self {
        Self(Arc::new(Pool::new(config)))
    }

    /// A hash as a PHC string.
    ///
    /// # Errors
    /// `Busy` if too many wait already; `Fields` if the password is too long.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normal(password)
            .ok_or_else(|| Error::field("password", Lacking::TooLong(LONGEST)))?
            .into_owned();
        self.0.run(move |bench| bench.hash(&password)).await?
    }

    /// Judges a password by what is stored. A wrong one costs as much whether there is something
    /// stored or not; a longer one than is allowed is wrong without being hashed.
    ///
    /// # Errors
    /// `Busy` if too many wait already.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict> {
        let Some(normal) = normal(password) else { return Ok(Verdict::Wrong) };
        let (normal, typed) = (normal.into_owned(), password.to_owned());
        let stored = stored.map(str::to_owned);
        self.0.run(move |bench| bench.verify(&normal, &typed, stored.as_deref())).await?
    }
}

/// The NFC form of a password, or `None` if it is too long.
fn normal(password: &str) -> Option<Cow<'_, str>> {
    if password.len() > 4 * LONGEST {
        return None;
    }
    let normal = match is_nfc_quick(password.chars()) {
        IsNormalized::Yes => Cow::Borrowed(password),
        _ => Cow::Owned(password.nfc().collect()),
    };
    (normal.chars().count() <= LONGEST).then_some(normal)
}

/// Whether a password may be chosen by somebody with the names `own`; `min_length` is in characters.
pub fn check(password: &str, min_length: usize, own: &[&str]) -> Result<(), Lacking> {
    let password = normal(password).ok_or(Lacking::TooLong(LONGEST))?;
    if password.is_empty() {
        return Err(Lacking::Blank);
    }
    if password.chars().any(char::is_control) {
        return Err(Lacking::NotPrintable);
    }
    if password.chars().count() < min_length {
        return Err(Lacking::TooShort(min_length));
    }
    let local_parts = own.iter().filter_map(|name| Some(name.split_once('@')?.0));
    let mut names = own.iter().copied().chain(local_parts);
    if names.any(|name| caseless::compatibility_caseless_match_str(name, &password)) {
        return Err(Lacking::TooSimilar);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
