//! Brings the stored keys in line with the settings when a server starts: one that signs, one that
//! will, none in clear that could be sealed.
//!
//! After a change of `jwt.algorithm` the first key of the new kind is published like any next key, and
//! the old one goes on signing meanwhile; see [`crate::tokens::Keys::advance`].
use super::{
    encryption::Encryption,
    key_pair::{self, KeyPair},
};
use crate::{
    config::{Algorithm, Config},
    db::{Channel, Conn, Db, Tx},
    store::{
        audit,
        keys::{self, Key},
        refresh_tokens,
    },
    time::Timestamp,
    tokens::{Error, Result},
};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How much longer a retired key verifies than the last token it can have signed.
const MARGIN: Duration = Duration::from_mins(30);
/// How long replicas that are configured for another algorithm may go on with its key once there is
/// one with `HS256`, whose secret they do not have.
const OVERLAP: Duration = Duration::from_hours(1);
/// A next key of an algorithm that has not been configured for so long is of no use.
const STALE: Duration = Duration::from_hours(24);

/// Makes what is missing, seals what is in clear; the keys that there are then. Of several processes
/// that do so at once the first one's keys count.
pub async fn provision(
    db: &Db,
    config: &Config,
    lifetime: Duration,
    seal: &Encryption,
    now: Timestamp,
) -> Result<Vec<Key>> {
    let algorithm = config.jwt.algorithm;
    let rows = keys::all(&mut db.read().await?, now).await?;
    // Before the transaction: making a key takes a while.
    let mut fresh = Vec::new();
    for state in missing(&rows, algorithm) {
        fresh.push(make(algorithm, seal, state, now).await?);
    }
    let lacking = |k: &Key| seal.is_lacking(&k.private_key);
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
        for key in rows.iter().filter(|k| k.state == "current") {
            let expires_at = last_use(&mut tx, lifetime, end).await?;
            keys::retire(&mut tx, &key.kid, end, expires_at).await?;
        }
        keys::drop_next_of_others(&mut tx, key_pair::name(algorithm), now).await?;
    } else if rows.iter().any(|k| is_left(k, &rows, algorithm, now)) {
        keys::drop_next_of_others(&mut tx, key_pair::name(algorithm), now.minus(STALE)).await?;
    }
    for key in keys::all(&mut tx, now).await?.iter().filter(|k| lacking(k)) {
        let sealed = seal.close(&key.kid, &key.private_key)?;
        keys::seal(&mut tx, &key.kid, &key.private_key, &sealed).await?;
    }
    let rows = keys::all(&mut tx, now).await?;
    note(&mut tx, key_pair::name(algorithm), now).await?;
    tx.notify(Channel::Keys).await?;
    tx.commit().await?;
    Ok(rows)
}

/// The states for which a key has to be made. Only where nothing signs yet may one sign that was never
/// published.
fn missing(rows: &[Key], algorithm: Algorithm) -> Vec<&'static str> {
    if algorithm == Algorithm::HS256 {
        return Vec::new();
    }
    let has_next =
        rows.iter().any(|k| k.state == "next" && k.algorithm == key_pair::name(algorithm));
    let signs = rows.iter().any(|k| k.state == "current");
    [(!signs, "current"), (!has_next, "next")]
        .into_iter()
        .filter_map(|(lacking, state)| lacking.then_some(state))
        .collect()
}

/// Whether `key` is of an algorithm that was left, and is to stop signing or to go.
fn is_left(key: &Key, rows: &[Key], algorithm: Algorithm, now: Timestamp) -> bool {
    let ours = |k: &Key| k.algorithm == key_pair::name(algorithm);
    if ours(key) || key.state == "retired" {
        return false;
    }
    let signs = rows.iter().any(|k| ours(k) && k.state == "current");
    let stale = key.state == "next" && key.created_at.plus(STALE) <= now;
    algorithm == Algorithm::HS256 || (signs && stale)
}

/// Writes down that the service changed its keys: into the table alone, since a start that fails later
/// is told in one line.
pub async fn note(db: &mut Tx, algorithm: &str, now: Timestamp) -> Result<()> {
    let entry = audit::Entry {
        at: now,
        kind: "keys_settled",
        actor: "service",
        actor_id: None,
        target_id: None,
        session_id: None,
        ip: None,
        user_agent: None,
        detail: algorithm,
    };
    Ok(audit::insert(db, &entry).await?)
}

/// A new key, as it is stored.
///
/// # Errors
/// `NoKeys` with HS256.
pub async fn make(
    algorithm: Algorithm,
    seal: &Encryption,
    state: &str,
    now: Timestamp,
) -> Result<Key> {
    if algorithm == Algorithm::HS256 {
        return Err(Error::NoKeys);
    }
    let made = spawn_blocking(move || key_pair::generate(algorithm)).await;
    let pkcs8 = made.map_err(Error::internal)??;
    let kid = KeyPair::read(algorithm, &pkcs8)?.kid;
    Ok(Key {
        private_key: seal.close(&kid, &pkcs8)?,
        kid,
        algorithm: key_pair::name(algorithm).to_owned(),
        state: state.to_owned(),
        created_at: now,
        expires_at: None,
        retired_at: None,
    })
}

/// When the last token that a key has signed will have expired, if it is retired at `now`: by the
/// longest lifetime of today, and by what was issued when they were longer.
pub async fn last_use(db: &mut Conn, lifetime: Duration, now: Timestamp) -> Result<Timestamp> {
    let issued = refresh_tokens::last_expiry(db).await?;
    Ok(issued.map_or(now, |t| t.max(now)).max(now.plus(lifetime)).plus(MARGIN))
}
