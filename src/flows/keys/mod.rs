//! The keys that sign tokens, and what is believed of a token that is presented.
//!
//! A key is published before it signs, so that verifiers that keep our key set for a while know it,
//! and verifies until the last token it signed has expired: nobody is logged out by a rotation.
mod pair;
mod ring;
mod seal;

use super::{
    Error, Result,
    token::{Claims, RefreshClaims},
};
use crate::{
    config::{Algorithm, Config},
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
    /// Reads the keys, and makes those that are missing.
    pub async fn load(db: &Db, config: &Arc<Config>, clock: &Clock) -> Result<Self> {
        let seal = Seal::new(config.encryption_key.as_ref())?;
        let now = clock.now();
        let mut tx = db.write().await?;
        retire_other_kinds(&mut tx, config, now).await?;
        if config.jwt.algorithm != Algorithm::HS256 {
            for state in ["current", "next"] {
                make(&mut tx, config.jwt.algorithm, &seal, state, now).await?;
            }
        }
        let rows = keys::all(&mut tx, now).await?;
        tx.commit().await?;
        let ring = RwLock::new(Arc::new(Ring::new(config, &seal, rows)?));
        Ok(Self(Arc::new(Inner { config: Arc::clone(config), seal, ring })))
    }

    /// Reads the keys again, if there are others now.
    pub async fn reload(&self, db: &Db, now: Timestamp) -> Result<()> {
        let rows = keys::all(&mut db.read().await?, now).await?;
        if !self.ring().is_of(&rows) {
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
        let claims: Claims = self.ring().verify(token, now, "access")?;
        if claims.sub == claims.user_id.to_string() {
            Ok(claims)
        } else {
            Err(Error::TokenNotValid)
        }
    }

    /// What a refresh token in its JWT envelope says, if it is one of ours and good at `now`.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<RefreshClaims> {
        self.ring().verify(token, now, "refresh")
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

    /// Lets the next key sign, retires the current one and publishes another next one.
    ///
    /// # Errors
    /// `KeyTooYoung` (unless `force`) while verifiers may not have seen the next key; `NoKeys` with
    /// HS256, whose secret is in the configuration.
    pub(super) async fn rotate(&self, db: &mut Conn, now: Timestamp, force: bool) -> Result<()> {
        let algorithm = self.0.config.jwt.algorithm;
        if algorithm == Algorithm::HS256 {
            return Err(Error::NoKeys);
        }
        let rows = keys::all(db, now).await?;
        let in_state = |state: &str| {
            rows.iter().find(|k| k.state == state && k.algorithm == pair::name(algorithm))
        };
        let missing = || Error::internal("a signing key is missing");
        let current = in_state("current").ok_or_else(missing)?;
        let next = in_state("next").ok_or_else(missing)?;
        let published = next.created_at.plus(MAX_AGE);
        if published > now && !force {
            return Err(Error::KeyTooYoung { retry_after: now.until(published) });
        }
        let expires_at = last_use(&self.0.config, now);
        if !keys::retire(db, &current.kid, expires_at).await?
            || !keys::promote(db, &next.kid).await?
        {
            return Err(missing());
        }
        make(db, algorithm, &self.0.seal, "next", now).await?;
        Ok(db.notify(Channel::Keys).await?)
    }
}

/// When the last token that is signed at `now` will have expired.
fn last_use(config: &Config, now: Timestamp) -> Timestamp {
    now.plus(config.access_token_lifetime.max(config.refresh_token_lifetime))
}

/// After a change of the configured algorithm the keys of the old kind sign no more.
async fn retire_other_kinds(db: &mut Conn, config: &Config, now: Timestamp) -> Result<()> {
    for key in keys::all(db, now).await? {
        if key.algorithm != pair::name(config.jwt.algorithm) && key.state == "current" {
            keys::retire(db, &key.kid, last_use(config, now)).await?;
        }
    }
    Ok(())
}

/// Makes a key of `state` unless there is one.
async fn make(
    db: &mut Conn,
    algorithm: Algorithm,
    seal: &Seal,
    state: &str,
    now: Timestamp,
) -> Result<()> {
    let of_kind = |k: &Key| k.state == state && k.algorithm == pair::name(algorithm);
    if keys::all(db, now).await?.iter().any(of_kind) {
        return Ok(());
    }
    let pkcs8 = pair::generate(algorithm)?;
    let kid = Pair::read(algorithm, &pkcs8)?.kid;
    let key = Key {
        private_key: seal.close(&kid, &pkcs8)?,
        kid,
        algorithm: pair::name(algorithm).to_owned(),
        state: state.to_owned(),
        created_at: now,
        expires_at: None,
    };
    keys::insert(db, &key).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
