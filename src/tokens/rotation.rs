//! Keys take turns: the next one begins to sign, the one before retires, a stolen one goes.
use super::{MAX_AGE, key_pair, provision::last_use};
use crate::{
    config::Algorithm,
    db::Tx,
    store::keys::{self, Key},
    time::Timestamp,
    tokens::{Error, Result},
};
use std::time::Duration;

/// Lets the next key of `fresh`'s algorithm sign, retires whatever signed until now, and publishes
/// `fresh` as the next one; `lifetime` is the longest of a token.
///
/// # Errors
/// `KeyTooYoung` (unless `force`) while verifiers may not have seen the next key.
pub async fn rotate(
    db: &mut Tx,
    fresh: &Key,
    lifetime: Duration,
    now: Timestamp,
    force: bool,
) -> Result<()> {
    let rows = keys::all(db, now).await?;
    let mut next = rows.iter().filter(|k| k.state == "next" && k.algorithm == fresh.algorithm);
    let next = next.next().ok_or_else(|| {
        let name = &fresh.algorithm;
        Error::internal(format!("there is no {name} key yet: start the service with it once"))
    })?;
    let published = next.created_at.plus(MAX_AGE);
    if published > now && !force {
        return Err(Error::KeyTooYoung { retry_after: now.until(published) });
    }
    let expires_at = last_use(db, lifetime, now).await?;
    for key in rows.iter().filter(|k| k.state == "current") {
        if !keys::retire(db, &key.kid, now, expires_at).await? {
            return Err(someone_else());
        }
    }
    if !keys::promote(db, &next.kid).await? || !keys::insert(db, fresh).await? {
        return Err(someone_else());
    }
    // After a change of algorithm nobody waits for the next key of the kind that was left.
    keys::drop_next_of_others(db, &fresh.algorithm, next.created_at).await?;
    Ok(())
}

/// Somebody else has just rotated.
fn someone_else() -> Error {
    Error::KeyTooYoung { retry_after: MAX_AGE }
}

/// Removes keys at once. In the place of one that signed the next one does, in the place of the next
/// one there is another: of `spare`, two keys of the configured algorithm, or none with a secret.
///
/// # Errors
/// `NotFound` if one of them is not there.
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
        rows.iter().find(|k| k.state == "next" && k.algorithm == key_pair::name(algorithm));
    if !rows.iter().any(|k| k.state == "current") {
        if let Some(next) = next.take() {
            keys::promote(db, &next.kid).await?;
        } else if let Some(key) = spare.pop() {
            keys::insert(db, &Key { state: "current".to_owned(), ..key }).await?;
        }
    }
    if next.is_none()
        && let Some(key) = spare.pop()
    {
        keys::insert(db, &key).await?;
    }
    Ok(())
}
