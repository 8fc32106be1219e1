//! Key rotation: the next key starts to sign, the current one is retired, and a stolen one is removed.
use super::{MAX_AGE, key_pair, provision::last_use};
use crate::{
    config::Algorithm,
    db::Tx,
    store::keys::{self, Key, KeyState},
    time::Timestamp,
    tokens::{Error, Result},
};
use std::time::Duration;

/// Promotes the next key of `fresh`'s algorithm to sign, retires the current keys, and publishes `fresh` as
/// the next key. `lifetime` is the longest lifetime of a token.
///
/// # Errors
/// [`Error::KeyTooYoung`] (unless `force`) while verifiers may not have seen the next key, and if another
/// process has just rotated.
pub async fn rotate(
    db: &mut Tx,
    fresh: &Key,
    lifetime: Duration,
    now: Timestamp,
    force: bool,
) -> Result<()> {
    let rows = keys::all(db, now).await?;
    let mut next =
        rows.iter().filter(|k| k.state == KeyState::Next && k.algorithm == fresh.algorithm);
    let next = next.next().ok_or_else(|| {
        let name = &fresh.algorithm;
        Error::internal(format!(
            "there is no {name} key yet: start the service once with this algorithm"
        ))
    })?;
    let published = next.created_at.plus(MAX_AGE);
    if published > now && !force {
        return Err(Error::KeyTooYoung { retry_after: now.until(published) });
    }
    let expires_at = last_use(db, lifetime, now).await?;
    for key in rows.iter().filter(|k| k.state == KeyState::Current) {
        if !keys::retire(db, &key.kid, now, expires_at).await? {
            return Err(concurrent_rotation());
        }
    }
    if !keys::promote(db, &next.kid).await? || !keys::insert(db, fresh).await? {
        return Err(concurrent_rotation());
    }
    // After a change of algorithm, the next key of the old algorithm is not needed any more.
    keys::drop_next_of_others(db, &fresh.algorithm, next.created_at).await?;
    Ok(())
}

/// The error if another process has just rotated.
fn concurrent_rotation() -> Error {
    Error::KeyTooYoung { retry_after: MAX_AGE }
}

/// Removes keys immediately. The next key replaces a removed current key, and a key from `spare` replaces the
/// next key. `spare` has two keys of the configured algorithm, or none with HS256.
///
/// # Errors
/// [`Error::NotFound`] if one of the keys does not exist.
pub async fn remove(
    db: &mut Tx,
    kids: &[String],
    algorithm: Algorithm,
    mut spare: Vec<Key>,
    now: Timestamp,
) -> Result<()> {
    for kid in kids {
        if !keys::remove(db, kid).await? {
            return Err(Error::NotFound);
        }
    }
    let rows = keys::all(db, now).await?;
    let mut next =
        rows.iter().find(|k| k.state == KeyState::Next && k.algorithm == key_pair::name(algorithm));
    if !rows.iter().any(|k| k.state == KeyState::Current) {
        if let Some(next) = next.take() {
            keys::promote(db, &next.kid).await?;
        } else if let Some(key) = spare.pop() {
            keys::insert(db, &Key { state: KeyState::Current.into(), ..key }).await?;
        }
    }
    if next.is_none()
        && let Some(key) = spare.pop()
    {
        keys::insert(db, &key).await?;
    }
    Ok(())
}
