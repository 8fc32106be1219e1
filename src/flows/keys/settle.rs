//! Brings the stored keys in line with the settings: one that signs, one that will, none in clear
//! that could be sealed.
use super::{
    super::{Error, Result},
    Pair, Seal, pair,
};
use crate::{
    config::{Algorithm, Config},
    store::{
        Channel, Conn, Db, audit,
        keys::{self, Key},
        refresh_tokens,
    },
    time::Timestamp,
};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// Replicas that have not heard of a rotation yet, or are still configured for the algorithm that
/// was left, go on signing with the retired key.
const MARGIN: Duration = Duration::from_mins(30);

/// Makes what is missing, retires keys of other kinds than the configured one, and seals what is not
/// sealed; the keys that there are then. Of several processes that do so at once the first one's keys
/// count.
pub async fn settle(
    db: &Db,
    config: &Config,
    lifetime: Duration,
    seal: &Seal,
    now: Timestamp,
) -> Result<Vec<Key>> {
    let algorithm = config.jwt.algorithm;
    let ours = |k: &&Key| k.algorithm == pair::name(algorithm);
    let rows = keys::all(&mut db.read().await?, now).await?;
    // Before the transaction: making a key takes a while.
    let mut fresh = Vec::new();
    for state in ["current", "next"] {
        if algorithm != Algorithm::HS256 && !rows.iter().filter(ours).any(|k| k.state == state) {
            fresh.push(make(algorithm, seal, state, now).await?);
        }
    }
    let others = |k: &Key| k.state != "retired" && !ours(&k);
    let lacking = |k: &Key| seal.is_lacking(&k.private_key);
    if fresh.is_empty() && !rows.iter().any(|k| others(k) || lacking(k)) {
        return Ok(rows);
    }
    let mut tx = db.write().await?;
    for key in keys::all(&mut tx, now).await?.iter().filter(|k| others(k) && k.state == "current") {
        let expires_at = last_use(&mut tx, lifetime, now).await?;
        keys::retire(&mut tx, &key.kid, expires_at).await?;
    }
    keys::drop_next_of_others(&mut tx, pair::name(algorithm)).await?;
    for key in &fresh {
        keys::insert(&mut tx, key).await?;
    }
    for key in keys::all(&mut tx, now).await?.iter().filter(|k| lacking(k)) {
        let sealed = seal.close(&key.kid, &key.private_key)?;
        keys::seal(&mut tx, &key.kid, &key.private_key, &sealed).await?;
    }
    let rows = keys::all(&mut tx, now).await?;
    // Into the log of what happened only: a start that fails later is told in one line.
    audit::insert(
        &mut tx,
        &audit::Entry {
            at: now,
            kind: "keys_settled",
            actor: "service",
            actor_id: None,
            target_id: None,
            session_id: None,
            ip: None,
            user_agent: None,
            detail: pair::name(algorithm),
        },
    )
    .await?;
    tx.notify(Channel::Keys).await?;
    tx.commit().await?;
    Ok(rows)
}

/// A new key, as it is stored.
///
/// # Errors
/// `NoKeys` with HS256.
pub async fn make(algorithm: Algorithm, seal: &Seal, state: &str, now: Timestamp) -> Result<Key> {
    if algorithm == Algorithm::HS256 {
        return Err(Error::NoKeys);
    }
    let made = spawn_blocking(move || pair::generate(algorithm)).await;
    let pkcs8 = made.map_err(Error::internal)??;
    let kid = Pair::read(algorithm, &pkcs8)?.kid;
    Ok(Key {
        private_key: seal.close(&kid, &pkcs8)?,
        kid,
        algorithm: pair::name(algorithm).to_owned(),
        state: state.to_owned(),
        created_at: now,
        expires_at: None,
    })
}

/// When the last token that a key has signed will have expired, if it is retired at `now`: by the
/// longest lifetime of today, and by what was issued when they were longer.
pub async fn last_use(db: &mut Conn, lifetime: Duration, now: Timestamp) -> Result<Timestamp> {
    let issued = refresh_tokens::last_expiry(db).await?;
    Ok(issued.map_or(now, |t| t.max(now)).max(now.plus(lifetime)).plus(MARGIN))
}
