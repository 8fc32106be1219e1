//! Brings the stored keys in line with the settings when a server starts: there is a current key and a next
//! key, and no key is in clear if an encryption key is configured.
//!
//! After a change of `jwt.algorithm` the first key of the new algorithm is published like any next key, and
//! the old one continues to sign meanwhile; see [`crate::tokens::Keys::advance`].
use super::{
    encryption::Encryption,
    key_pair::{self, KeyPair},
};
use crate::{
    config::{Algorithm, Config},
    db::{Channel, Conn, Db, Tx},
    store::{
        audit::{self, ActorKind, AuditKind},
        keys::{self, Key, KeyState},
        refresh_tokens,
    },
    time::Timestamp,
    tokens::{Error, Result},
};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How long a retired key verifies after the last token that it may have signed has expired.
const MARGIN: Duration = Duration::from_mins(30);
/// How long replicas that are configured for another algorithm may still sign with its key once a replica
/// uses `HS256`, whose secret they do not have.
const OVERLAP: Duration = Duration::from_hours(1);
/// How old a next key of an algorithm that is not configured may be before it is removed.
const STALE: Duration = Duration::from_hours(24);

/// Generates missing keys, seals keys in clear, and returns all keys. If several processes do so at once, the
/// keys of the first one are stored.
pub async fn provision(
    db: &Db,
    config: &Config,
    lifetime: Duration,
    encryption: &Encryption,
    now: Timestamp,
) -> Result<Vec<Key>> {
    let algorithm = config.jwt.algorithm;
    let rows = keys::all(&mut db.read().await?, now).await?;
    // Before the transaction: generating a key takes a while.
    let mut fresh = Vec::new();
    for state in missing(&rows, algorithm) {
        fresh.push(make(algorithm, encryption, state, now).await?);
    }
    let lacking = |k: &Key| encryption.needs_encryption(&k.private_key);
    let left = |k: &Key| is_left(k, &rows, algorithm, now);
    if fresh.is_empty() && !rows.iter().any(|k| lacking(k) || left(k)) {
        return Ok(rows);
    }
    let mut tx = db.write().await?;
    let rows = keys::all(&mut tx, now).await?;
    for state in missing(&rows, algorithm) {
        if let Some(key) = fresh.iter().find(|k| k.state == state) {
            keys::insert(&mut tx, key).await?;
        }
    }
    if algorithm == Algorithm::HS256 {
        let end = now.plus(OVERLAP);
        for key in rows.iter().filter(|k| k.state == KeyState::Current) {
            let expires_at = last_use(&mut tx, lifetime, end).await?;
            keys::retire(&mut tx, &key.kid, end, expires_at).await?;
        }
        keys::drop_next_of_others(&mut tx, key_pair::name(algorithm), now).await?;
    } else if rows.iter().any(|k| is_left(k, &rows, algorithm, now)) {
        keys::drop_next_of_others(&mut tx, key_pair::name(algorithm), now.minus(STALE)).await?;
    }
    for key in keys::all(&mut tx, now).await?.iter().filter(|k| lacking(k)) {
        let sealed = encryption.encrypt(&key.kid, &key.private_key)?;
        keys::seal(&mut tx, &key.kid, &key.private_key, &sealed).await?;
    }
    let rows = keys::all(&mut tx, now).await?;
    note(&mut tx, key_pair::name(algorithm), now).await?;
    tx.notify(Channel::Keys).await?;
    tx.commit().await?;
    Ok(rows)
}

/// The states for which a key must be generated. A key that was never published may sign only if no key signs
/// yet.
fn missing(rows: &[Key], algorithm: Algorithm) -> Vec<KeyState> {
    if algorithm == Algorithm::HS256 {
        return Vec::new();
    }
    let has_next =
        rows.iter().any(|k| k.state == KeyState::Next && k.algorithm == key_pair::name(algorithm));
    let signs = rows.iter().any(|k| k.state == KeyState::Current);
    [(!signs, KeyState::Current), (!has_next, KeyState::Next)]
        .into_iter()
        .filter_map(|(lacking, state)| lacking.then_some(state))
        .collect()
}

/// Whether `key` is of an algorithm that is no longer configured, and should be retired or removed.
fn is_left(key: &Key, rows: &[Key], algorithm: Algorithm, now: Timestamp) -> bool {
    let ours = |k: &Key| k.algorithm == key_pair::name(algorithm);
    if ours(key) || key.state == KeyState::Retired {
        return false;
    }
    let signs = rows.iter().any(|k| ours(k) && k.state == KeyState::Current);
    let stale = key.state == KeyState::Next && key.created_at.plus(STALE) <= now;
    algorithm == Algorithm::HS256 || (signs && stale)
}

/// Records an audit event that the service changed its keys. It writes only to the table and logs nothing,
/// because a start that fails later should log one line.
pub async fn note(db: &mut Tx, algorithm: &str, now: Timestamp) -> Result<()> {
    let entry = audit::Entry {
        at: now,
        kind: AuditKind::KeysProvisioned,
        actor: ActorKind::Service,
        actor_id: None,
        target_id: None,
        session_id: None,
        ip: None,
        user_agent: None,
        detail: algorithm,
    };
    Ok(audit::insert(db, &entry).await?)
}

/// Generates a key, in the form that is stored.
///
/// # Errors
/// [`Error::NoKeys`] with HS256.
pub async fn make(
    algorithm: Algorithm,
    encryption: &Encryption,
    state: KeyState,
    now: Timestamp,
) -> Result<Key> {
    if algorithm == Algorithm::HS256 {
        return Err(Error::NoKeys);
    }
    let made = spawn_blocking(move || key_pair::generate(algorithm)).await;
    let pkcs8 = made.map_err(Error::internal)??;
    let kid = KeyPair::read(algorithm, &pkcs8)?.kid;
    Ok(Key {
        private_key: encryption.encrypt(&kid, &pkcs8)?,
        kid,
        algorithm: key_pair::name(algorithm).to_owned(),
        state: state.into(),
        created_at: now,
        expires_at: None,
        retired_at: None,
    })
}

/// When the last token of a key will have expired, plus a margin, if the key is retired at `now`. It uses the
/// longest current lifetime, and the expiry of tokens that were issued when lifetimes were longer.
pub async fn last_use(db: &mut Conn, lifetime: Duration, now: Timestamp) -> Result<Timestamp> {
    let issued = refresh_tokens::last_expiry(db).await?;
    Ok(issued.map_or(now, |t| t.max(now)).max(now.plus(lifetime)).plus(MARGIN))
}
