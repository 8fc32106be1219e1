//! The keys that sign tokens, and what is believed of a token that is presented.
//!
//! A key is published before it signs, so that verifiers that keep our key set for a while know it,
//! and verifies until the last token it signed has expired: nobody is logged out by a rotation.
mod pair;
mod ring;
mod seal;
mod settle;

use super::{
    Error, Result,
    legacy::SimpleJwt,
    token::{Claims, RefreshClaims},
};
use crate::{
    config::Config,
    store::{
        Channel, Conn, Db,
        keys::{self, Key},
    },
    time::{Clock, Timestamp},
};
use pair::Pair;
use ring::Ring;
use seal::Seal;
use serde::Serialize;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// How long verifiers may keep the key set; a key is published for this long before it signs.
pub const MAX_AGE: Duration = Duration::from_mins(5);

/// The keys of the service; clones are the same.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    seal: Seal,
    ring: RwLock<Arc<Ring>>,
}

/// A key as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct KeyInfo {
    pub kid: String,
    pub algorithm: String,
    /// `next` (published, does not sign yet), `current` (signs) or `retired` (verifies only).
    pub state: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

impl Keys {
    /// Reads the keys, and makes those that are missing; `lifetime` is the longest of a token. Several
    /// processes may do so at once.
    ///
    /// # Errors
    /// `Internal`, in words for the operator, if the keys are sealed with another encryption key.
    pub async fn load(
        db: &Db,
        config: &Arc<Config>,
        lifetime: Duration,
        clock: &Clock,
    ) -> Result<Self> {
        let seal = Seal::new(config.encryption_key.as_ref())?;
        let rows = settle::settle(db, config, lifetime, &seal, clock.now()).await?;
        let ring = RwLock::new(Arc::new(Ring::new(config, &seal, rows)?));
        Ok(Self(Arc::new(Inner { config: Arc::clone(config), seal, ring })))
    }

    /// Reads the keys again, if there are others now; cheap if not.
    pub async fn reload(&self, db: &Db, now: Timestamp) -> Result<()> {
        let mut db = db.read().await?;
        if !self.ring().is_of(&keys::outline(&mut db, now).await?) {
            let rows = keys::all(&mut db, now).await?;
            let ring = Arc::new(Ring::new(&self.0.config, &self.0.seal, rows)?);
            *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs claims as a JWT with the current key.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        self.ring().sign(claims)
    }

    /// What an access token says, if it is one of ours and good at `now`.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_access(&self, token: &str, now: Timestamp) -> Result<Claims> {
        self.ring().verify(token, now)
    }

    /// What a refresh token in its JWT envelope says, if it is one of ours and good at `now`.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<RefreshClaims> {
        self.ring().verify(token, now)
    }

    /// What a refresh token of simplejwt's says, if it is signed with our secret and good at `now`.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub(super) fn verify_simplejwt(&self, token: &str, now: Timestamp) -> Result<SimpleJwt> {
        self.ring().verify_simplejwt(token, now)
    }

    /// The public keys of the configured kind (RFC 7517); none with HS256.
    pub fn jwks(&self) -> serde_json::Value {
        self.ring().jwks()
    }

    /// The keys that sign or verify, the newest first.
    pub async fn list(&self, db: &Db, now: Timestamp) -> Result<Vec<KeyInfo>> {
        let info = |k: Key| KeyInfo {
            kid: k.kid,
            algorithm: k.algorithm,
            state: k.state,
            created_at: k.created_at,
            expires_at: k.expires_at,
        };
        Ok(keys::all(&mut db.read().await?, now).await?.into_iter().map(info).collect())
    }

    /// A key for [`Keys::rotate`], made before the transaction because that takes a while.
    ///
    /// # Errors
    /// `NoKeys` with HS256, whose secret is in the configuration.
    pub(super) async fn fresh(&self, now: Timestamp) -> Result<Key> {
        settle::make(self.0.config.jwt.algorithm, &self.0.seal, "next", now).await
    }

    /// Lets the next key sign, retires the current one and publishes `fresh` as the next one;
    /// `lifetime` is the longest of a token.
    ///
    /// # Errors
    /// `KeyTooYoung` (unless `force`) while verifiers may not have seen the next key.
    pub(super) async fn rotate(
        &self,
        db: &mut Conn,
        fresh: &Key,
        lifetime: Duration,
        now: Timestamp,
        force: bool,
    ) -> Result<()> {
        let rows = keys::all(db, now).await?;
        let in_state =
            |state: &str| rows.iter().find(|k| k.state == state && k.algorithm == fresh.algorithm);
        let missing = || Error::internal("a signing key is missing: start the service once");
        let current = in_state("current").ok_or_else(missing)?;
        let next = in_state("next").ok_or_else(missing)?;
        let published = next.created_at.plus(MAX_AGE);
        if published > now && !force {
            return Err(Error::KeyTooYoung { retry_after: now.until(published) });
        }
        let expires_at = settle::last_use(db, lifetime, now).await?;
        if !keys::retire(db, &current.kid, expires_at).await?
            || !keys::promote(db, &next.kid).await?
            || !keys::insert(db, fresh).await?
        {
            // Somebody else has just rotated.
            return Err(Error::KeyTooYoung { retry_after: MAX_AGE });
        }
        Ok(db.notify(Channel::Keys).await?)
    }
}

#[cfg(test)]
mod forgery_tests;
#[cfg(test)]
mod rotation_tests;
#[cfg(test)]
mod tests;
