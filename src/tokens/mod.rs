//! The keys that sign tokens, and what is believed of a token that is presented.
//!
//! A key is published before it signs, so that verifiers that keep our key set for a while know it,
//! and verifies until the last token it signed has expired: nobody is logged out by a rotation.
pub mod claims;
pub mod encryption;
mod error;
pub mod key_pair;
pub mod key_ring;
pub mod provision;
pub mod rotation;

use self::{claims::RefreshClaims, encryption::Encryption, key_ring::KeyRing};
use crate::{
    config::{Algorithm, Config},
    db::{Channel, Db, Tx},
    secret,
    store::{
        keys::{self, Key},
        secrets,
    },
    time::{Clock, Timestamp},
    tokens::claims::SimpleJwt,
};
pub use claims::Claims;
pub use error::{Error, Result};
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
    seal: Encryption,
    ring: RwLock<Arc<KeyRing>>,
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
    pub retired_at: Option<Timestamp>,
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
        let seal = seal_of(config)?;
        let rows =
            crate::tokens::provision::provision(db, config, lifetime, &seal, clock.now()).await?;
        Self::of(config, seal, rows)
    }

    /// Reads the keys as they are, and changes nothing.
    ///
    /// # Errors
    /// `Internal`, in words for the operator, if the keys are sealed with another encryption key.
    pub async fn read(db: &Db, config: &Arc<Config>, clock: &Clock) -> Result<Self> {
        let rows = keys::all(&mut db.read().await?, clock.now()).await?;
        Self::of(config, seal_of(config)?, rows)
    }

    fn of(config: &Arc<Config>, seal: Encryption, rows: Vec<Key>) -> Result<Self> {
        let ring = RwLock::new(Arc::new(KeyRing::new(config, &seal, rows)?));
        Ok(Self(Arc::new(Inner { config: Arc::clone(config), seal, ring })))
    }

    /// Reads the keys again, if there are others now; cheap if not.
    pub async fn reload(&self, db: &Db, now: Timestamp) -> Result<()> {
        let mut db = db.read().await?;
        if !self.ring().is_of(&keys::outline(&mut db, now).await?) {
            let rows = keys::all(&mut db, now).await?;
            let ring = Arc::new(KeyRing::new(&self.0.config, &self.0.seal, rows)?);
            *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
        Ok(())
    }

    /// After a change of `jwt.algorithm`: lets the first key of the new kind sign once it has been
    /// published for as long as any next key; cheap if there is nothing to do.
    pub(crate) async fn advance(&self, db: &Db, lifetime: Duration, now: Timestamp) -> Result<()> {
        if !self.ring().is_due(now) {
            return Ok(());
        }
        let fresh = self.fresh(now).await?;
        let mut tx = db.write().await?;
        match crate::tokens::rotation::rotate(&mut tx, &fresh, lifetime, now, false).await {
            Ok(()) => {}
            // Another replica was faster.
            Err(Error::KeyTooYoung { .. }) => return Ok(()),
            Err(e) => return Err(e),
        }
        crate::tokens::provision::note(&mut tx, &fresh.algorithm, now).await?;
        tx.notify(Channel::Keys).await?;
        tx.commit().await?;
        self.reload(db, now).await
    }

    fn ring(&self) -> Arc<KeyRing> {
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
    pub(crate) fn verify_simplejwt(&self, token: &str, now: Timestamp) -> Result<SimpleJwt> {
        self.ring().verify_simplejwt(token, now)
    }

    /// The public keys of the configured kind (RFC 7517), and of another one while `jwt.algorithm` is
    /// being changed; none with HS256.
    pub fn jwks(&self, now: Timestamp) -> serde_json::Value {
        self.ring().jwks(now)
    }

    /// The keys that sign or verify, the newest first.
    pub async fn list(&self, db: &Db, now: Timestamp) -> Result<Vec<KeyInfo>> {
        let info = |k: Key| KeyInfo {
            kid: k.kid,
            algorithm: k.algorithm,
            state: k.state,
            created_at: k.created_at,
            expires_at: k.expires_at,
            retired_at: k.retired_at,
        };
        Ok(keys::all(&mut db.read().await?, now).await?.into_iter().map(info).collect())
    }

    /// A key for [`Keys::rotate`], made before the transaction because that takes a while.
    ///
    /// # Errors
    /// `NoKeys` with HS256, whose secret is in the configuration.
    pub(crate) async fn fresh(&self, now: Timestamp) -> Result<Key> {
        crate::tokens::provision::make(self.0.config.jwt.algorithm, &self.0.seal, "next", now).await
    }

    /// Lets the next key sign, retires the current one and publishes `fresh` as the next one;
    /// `lifetime` is the longest of a token.
    ///
    /// # Errors
    /// `KeyTooYoung` (unless `force`) while verifiers may not have seen the next key.
    pub(crate) async fn rotate(
        &self,
        db: &mut Tx,
        fresh: &Key,
        lifetime: Duration,
        now: Timestamp,
        force: bool,
    ) -> Result<()> {
        crate::tokens::rotation::rotate(db, fresh, lifetime, now, force).await?;
        Ok(db.notify(Channel::Keys).await?)
    }

    /// Keys for [`Keys::remove`], made before the transaction; none with HS256.
    pub(crate) async fn spare(&self, now: Timestamp) -> Result<Vec<Key>> {
        match self.0.config.jwt.algorithm {
            Algorithm::HS256 => Ok(Vec::new()),
            _ => Ok(vec![self.fresh(now).await?, self.fresh(now).await?]),
        }
    }

    /// Removes keys at once: nothing that they signed is believed any more. Others, out of `spare` if
    /// need be, take their places.
    ///
    /// # Errors
    /// `NotFound` if one of them is not there.
    pub(crate) async fn remove(
        &self,
        db: &mut Tx,
        kids: &[String],
        spare: Vec<Key>,
        now: Timestamp,
    ) -> Result<()> {
        crate::tokens::rotation::remove(db, kids, self.0.config.jwt.algorithm, spare, now).await?;
        Ok(db.notify(Channel::Keys).await?)
    }

    /// Seals every key and secret anew, with the encryption key of today; how many there are.
    ///
    /// # Errors
    /// `Internal`, in words for the operator, if one is sealed with an encryption key that is neither
    /// the configured one nor the previous one.
    pub(crate) async fn reseal(&self, db: &mut Tx) -> Result<usize> {
        let seal = &self.0.seal;
        let rows = keys::all(db, Timestamp::default()).await?;
        for key in &rows {
            let old = &key.private_key;
            let new = seal.close(&key.kid, &seal.open(&key.kid, old)?)?;
            keys::seal(db, &key.kid, old, &new).await?;
        }
        let secrets = secrets::all(db).await?;
        for (purpose, old) in &secrets {
            let new = seal.close_secret(purpose, &seal.open_secret(purpose, old)?)?;
            secrets::replace(db, purpose, old, &new).await?;
        }
        Ok(rows.len() + secrets.len())
    }

    /// The random secret of the service for `purpose`, made if there is none, and sealed if it is in
    /// clear and could be.
    pub(crate) async fn provision_secret(&self, db: &Db, purpose: &str) -> Result<Vec<u8>> {
        let seal = &self.0.seal;
        let fresh: [u8; crate::tokens::encryption::SECRET] = secret::random()?;
        let mut tx = db.write().await?;
        let fresh = seal.close_secret(purpose, &fresh)?;
        let stored = secrets::get_or_insert(&mut tx, purpose, &fresh).await?;
        let secret = seal.open_secret(purpose, &stored)?;
        if seal.is_lacking_secret(&stored) {
            let sealed = seal.close_secret(purpose, &secret)?;
            secrets::replace(&mut tx, purpose, &stored, &sealed).await?;
        }
        tx.commit().await?;
        Ok(secret)
    }

    /// The same as it is; `None` if no service has ever made it.
    pub(crate) async fn read_secret(&self, db: &Db, purpose: &str) -> Result<Option<Vec<u8>>> {
        let all = secrets::all(&mut db.read().await?).await?;
        let stored = all.into_iter().find(|(p, _)| p == purpose);
        stored.map(|(_, stored)| self.0.seal.open_secret(purpose, &stored)).transpose()
    }
}

fn seal_of(config: &Config) -> Result<Encryption> {
    Encryption::new(config.encryption_key.as_ref(), config.previous_encryption_key.as_ref())
}

#[cfg(test)]
mod tests;
