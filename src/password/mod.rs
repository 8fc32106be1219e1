//! Passwords: argon2id (RFC 9106) with OWASP's parameters, in any Unicode (NFC), never truncated.
pub mod cost;
mod error;
pub mod hasher;
pub mod legacy_hashes;
pub mod phc;
pub mod policy;
pub mod slowest;
pub mod workers;

use crate::{config, field_error::FieldError};
use cost::Costs;
pub use cost::Kind;
pub use error::{Error, Result};
pub use hasher::{is_known, kind, our_kind};
pub use policy::{Policy, Strength};
pub use slowest::{Kinds, SlowestHash};
use std::{
    borrow::Cow,
    sync::{Arc, PoisonError, RwLock},
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
pub use workers::Jobs;
use workers::Pool;
use zeroize::Zeroizing;

/// The longest password, in characters (NIST 800-63B requires at least 64).
pub const LONGEST: usize = 256;

/// The result of verifying a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but the stored hash is not of the current kind.
    Outdated,
}

/// Hashes passwords on its own threads. Clones share them.
#[derive(Clone)]
pub struct Hasher {
    pool: Arc<Pool>,
    /// What a wrong password must cost.
    slowest: Arc<RwLock<Arc<Costs>>>,
    ours: Kind,
}

impl Hasher {
    /// Starts the hashing threads.
    pub fn new(config: &config::Password) -> Self {
        let ours = our_kind(config);
        let hasher = Self { pool: Arc::new(Pool::new(config)), slowest: Arc::default(), ours };
        hasher.expect([]);
        hasher
    }

    /// Makes a wrong password cost as much as the most expensive of these kinds and ours, in each family.
    pub fn expect(&self, stored: impl IntoIterator<Item = Kind>) {
        let mut slowest = Costs::default();
        slowest.note(self.ours);
        stored.into_iter().for_each(|kind| slowest.note(kind));
        *self.slowest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(slowest);
    }

    /// How many passwords are waiting for a thread, were hashed or checked, or were given up.
    pub fn jobs(&self) -> Jobs {
        self.pool.jobs()
    }

    /// Hashes a password to a PHC string.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many passwords are waiting already; [`Error::TooLong`].
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = normal(password).ok_or_else(|| Error::TooLong)?.into_owned();
        let password = Zeroizing::new(password);
        self.pool.run(move |scratch| scratch.hash(&password)).await?
    }

    /// Verifies a password against the stored hash. A wrong one costs the same whether a hash is stored or
    /// not. A password that is too long is wrong, and is not hashed.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many passwords are waiting already.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict> {
        let Some(normal) = normal(password) else { return Ok(Verdict::Wrong) };
        let normal = Zeroizing::new(normal.into_owned());
        let typed = Zeroizing::new(password.to_owned());
        let stored = stored.map(str::to_owned);
        let slowest = self.slowest.read().unwrap_or_else(PoisonError::into_inner).clone();
        let judge = move |scratch: &mut hasher::Scratch| {
            scratch.slowest = slowest;
            scratch.verify(&normal, &typed, stored.as_deref())
        };
        self.pool.run(judge).await?
    }

    /// Why a user with the names `own` may not choose this password; `None` if they may. Every flow that sets
    /// a password calls this.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many passwords are waiting already; [`Error::Internal`] if a list cannot be
    /// read.
    pub async fn refuse(
        &self,
        policy: &Arc<Policy>,
        password: &str,
        own: Vec<String>,
    ) -> Result<Option<FieldError>> {
        let password = match policy.read(password) {
            Ok(password) => password.into_owned(),
            Err(why) => return Ok(Some(why)),
        };
        let policy = Arc::clone(policy);
        // Not on the async threads: it takes about as long as a hash.
        self.pool.run(move |_| policy.refuse(&password, &own)).await?
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

#[cfg(test)]
mod tests;
