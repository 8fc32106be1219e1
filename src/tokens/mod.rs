//! The keys that sign tokens, and the verification of tokens.
//!
//! A key is published before it signs, so that verifiers that cache our key set know it. It verifies until
//! the last token that it signed has expired, so a rotation logs nobody out.
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
        keys::{self, Key, KeyState},
        secrets,
        text_enum::Stored,
        totp,
        users::UserId,
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
use zeroize::Zeroizing;

/// How long verifiers may cache the key set. A key is published for this long before it signs.
pub const MAX_AGE: Duration = Duration::from_mins(5);

/// The keys of the service. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    encryption: Encryption,
    ring: RwLock<Arc<KeyRing>>,
}

/// A key as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct KeyInfo {
    /// The key id, as in the header `kid` of tokens.
    pub kid: String,
    /// The JWA name (RFC 7518), such as `ES256`.
    pub algorithm: String,
    /// Whether the key signs, will sign, or only verifies.
    pub state: Stored<KeyState>,
    /// When the key was generated.
    pub created_at: Timestamp,
    /// Until when a retired key verifies.
    pub expires_at: Option<Timestamp>,
    /// When a retired key stops signing.
    pub retired_at: Option<Timestamp>,
}

impl Keys {
    /// Reads the keys, and generates those that are missing. `lifetime` is the longest lifetime of a token.
    /// Several processes may do so at once.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if the keys are sealed with another encryption
    /// key.
    pub async fn load(
        db: &Db,
        config: &Arc<Config>,
        lifetime: Duration,
        clock: &Clock,
    ) -> Result<Self> {
        let encryption = encryption_of(config)?;
        let rows = provision::provision(db, config, lifetime, &encryption, clock.now()).await?;
        Self::of(config, encryption, rows)
    }

    /// Reads the keys and changes nothing.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if the keys are sealed with another encryption
    /// key.
    pub async fn read(db: &Db, config: &Arc<Config>, clock: &Clock) -> Result<Self> {
        let rows = keys::all(&mut db.read().await?, clock.now()).await?;
        Self::of(config, encryption_of(config)?, rows)
    }

    fn of(config: &Arc<Config>, encryption: Encryption, rows: Vec<Key>) -> Result<Self> {
        let ring = RwLock::new(Arc::new(KeyRing::new(config, &encryption, rows)?));
        Ok(Self(Arc::new(Inner { config: Arc::clone(config), encryption, ring })))
    }

    /// Reads the keys again if they have changed; cheap if not.
    pub async fn reload(&self, db: &Db, now: Timestamp) -> Result<()> {
        let mut db = db.read().await?;
        if !self.ring().is_of(&keys::outline(&mut db, now).await?) {
            let rows = keys::all(&mut db, now).await?;
            let ring = Arc::new(KeyRing::new(&self.0.config, &self.0.encryption, rows)?);
            *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        }
        Ok(())
    }

    /// After a change of `jwt.algorithm`: promotes the first key of the new algorithm to sign once it has
    /// been published for as long as any next key. Cheap if there is nothing to do.
    pub(crate) async fn advance(&self, db: &Db, lifetime: Duration, now: Timestamp) -> Result<()> {
        if !self.ring().is_due(now) {
            return Ok(());
        }
        let fresh = self.fresh(now).await?;
        let mut tx = db.write().await?;
        match rotation::rotate(&mut tx, &fresh, lifetime, now, false).await {
            Ok(()) => {}
            // Another replica has already rotated.
            Err(Error::KeyTooYoung { .. }) => return Ok(()),
            Err(e) => return Err(e),
        }
        provision::note(&mut tx, &fresh.algorithm, now).await?;
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

    /// Verifies an access token at `now`, and returns its claims.
    ///
    /// # Errors
    /// [`Error::NotValid`].
    pub fn verify_access(&self, token: &str, now: Timestamp) -> Result<Claims> {
        self.ring().verify(token, now)
    }

    /// Verifies a refresh token in its JWT envelope at `now`, and returns its claims.
    ///
    /// # Errors
    /// [`Error::NotValid`].
    pub fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<RefreshClaims> {
        self.ring().verify(token, now)
    }

    /// Verifies a refresh token of simplejwt, signed with our secret, at `now`, and returns its claims.
    ///
    /// # Errors
    /// [`Error::NotValid`].
    pub(crate) fn verify_simplejwt(&self, token: &str, now: Timestamp) -> Result<SimpleJwt> {
        self.ring().verify_simplejwt(token, now)
    }

    /// The public keys (RFC 7517) of the configured algorithm, and of the other one while `jwt.algorithm` is
    /// being changed; none with HS256.
    pub fn jwks(&self, now: Timestamp) -> serde_json::Value {
        self.ring().jwks(now)
    }

    /// The keys that sign or verify, newest first.
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

    /// Generates a key for [`Keys::rotate`]. Call it before the transaction, because it takes a while.
    ///
    /// # Errors
    /// [`Error::NoKeys`] with HS256, whose secret is in the configuration.
    pub(crate) async fn fresh(&self, now: Timestamp) -> Result<Key> {
        let algorithm = self.0.config.jwt.algorithm;
        provision::make(algorithm, &self.0.encryption, KeyState::Next, now).await
    }

    /// Promotes the next key to sign, retires the current one and publishes `fresh` as the next one.
    /// `lifetime` is the longest lifetime of a token.
    ///
    /// # Errors
    /// [`Error::KeyTooYoung`] (unless `force`) while verifiers may not have seen the next key.
    pub(crate) async fn rotate(
        &self,
        db: &mut Tx,
        fresh: &Key,
        lifetime: Duration,
        now: Timestamp,
        force: bool,
    ) -> Result<()> {
        rotation::rotate(db, fresh, lifetime, now, force).await?;
        Ok(db.notify(Channel::Keys).await?)
    }

    /// Generates keys for [`Keys::remove`]; none with HS256. Call it before the transaction.
    pub(crate) async fn spare(&self, now: Timestamp) -> Result<Vec<Key>> {
        match self.0.config.jwt.algorithm {
            Algorithm::HS256 => Ok(Vec::new()),
            _ => Ok(vec![self.fresh(now).await?, self.fresh(now).await?]),
        }
    }

    /// Removes keys immediately: tokens that they signed are not valid any more. Other keys replace them,
    /// from `spare` if necessary.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one of the keys does not exist.
    pub(crate) async fn remove(
        &self,
        db: &mut Tx,
        kids: &[String],
        spare: Vec<Key>,
        now: Timestamp,
    ) -> Result<()> {
        rotation::remove(db, kids, self.0.config.jwt.algorithm, spare, now).await?;
        Ok(db.notify(Channel::Keys).await?)
    }

    /// Seals every key and secret again, with the current encryption key, and returns how many there are.
    ///
    /// # Errors
    /// [`Error::Internal`], with a message for the operator, if one is sealed with an encryption key that is
    /// neither the configured one nor the previous one.
    pub(crate) async fn reseal(&self, db: &mut Tx) -> Result<usize> {
        let encryption = &self.0.encryption;
        let rows = keys::all(db, Timestamp::default()).await?;
        for key in &rows {
            let old = &key.private_key;
            let new = encryption.encrypt(&key.kid, &encryption.decrypt(&key.kid, old)?)?;
            keys::seal(db, &key.kid, old, &new).await?;
        }
        let secrets = secrets::all(db).await?;
        for (purpose, old) in &secrets {
            let plain = encryption.decrypt_secret(purpose, old)?;
            let new = encryption.encrypt_secret(purpose, &plain)?;
            secrets::replace(db, purpose, old, &new).await?;
        }
        Ok(rows.len() + secrets.len() + self.reseal_totp(db).await?)
    }

    /// Seals the secrets of authenticator apps again, and returns how many there are.
    async fn reseal_totp(&self, db: &mut Tx) -> Result<usize> {
        const BATCH: i64 = 500;
        let (mut after, mut count) = (UserId(0), 0);
        loop {
            let batch = totp::secrets(db, after, BATCH).await?;
            let Some((last, _)) = batch.last() else { return Ok(count) };
            after = *last;
            count += batch.len();
            for (user, old) in batch {
                let new = self.seal_totp(user, &self.open_totp(user, &old)?)?;
                totp::reseal(db, user, &old, &new).await?;
            }
        }
    }

    /// Seals the secrets of authenticator apps that are stored in clear, if an encryption key is configured.
    pub(crate) async fn seal_totp_in_clear(&self, db: &Db) -> Result<()> {
        const BATCH: i64 = 500;
        if self.0.config.encryption_key.is_none() {
            return Ok(());
        }
        let length = i64::try_from(crate::totp::SECRET).map_err(Error::internal)?;
        loop {
            let mut tx = db.write().await?;
            let batch = totp::in_clear(&mut tx, length, BATCH).await?;
            if batch.is_empty() {
                return Ok(());
            }
            for (user, clear) in batch {
                totp::reseal(&mut tx, user, &clear, &self.seal_totp(user, &clear)?).await?;
            }
            tx.commit().await?;
        }
    }

    /// Seals the secret of a user's authenticator app for storage.
    pub(crate) fn seal_totp(&self, user: UserId, secret: &[u8]) -> Result<Vec<u8>> {
        self.0.encryption.encrypt_totp(user, secret)
    }

    /// The secret of a user's authenticator app in `stored`.
    pub(crate) fn open_totp(&self, user: UserId, stored: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.0.encryption.decrypt_totp(user, stored)
    }

    /// The service's random secret for `purpose`. Generates it if there is none, and seals it if it is stored
    /// in clear and an encryption key is configured.
    pub(crate) async fn provision_secret(
        &self,
        db: &Db,
        purpose: &str,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let encryption = &self.0.encryption;
        let fresh: [u8; encryption::SECRET] = secret::random()?;
        let mut tx = db.write().await?;
        let fresh = encryption.encrypt_secret(purpose, &fresh)?;
        let stored = secrets::get_or_insert(&mut tx, purpose, &fresh).await?;
        let secret = encryption.decrypt_secret(purpose, &stored)?;
        if encryption.secret_needs_encryption(&stored) {
            let sealed = encryption.encrypt_secret(purpose, &secret)?;
            secrets::replace(&mut tx, purpose, &stored, &sealed).await?;
        }
        tx.commit().await?;
        Ok(secret)
    }

    /// Reads the secret for `purpose` and changes nothing; `None` if it was never generated.
    pub(crate) async fn read_secret(
        &self,
        db: &Db,
        purpose: &str,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let all = secrets::all(&mut db.read().await?).await?;
        let stored = all.into_iter().find(|(p, _)| p == purpose);
        stored.map(|(_, stored)| self.0.encryption.decrypt_secret(purpose, &stored)).transpose()
    }
}

fn encryption_of(config: &Config) -> Result<Encryption> {
    Encryption::new(config.encryption_key.as_ref(), config.previous_encryption_key.as_ref())
}

#[cfg(test)]
mod tests;
