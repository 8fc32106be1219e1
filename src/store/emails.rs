//! Table `auth_users`: how the address of a user changes.
use super::users::UserId;
use crate::{
    db::{Result, Tx},
    time::Timestamp,
};

/// Sets another, confirmed address; `false` if it is taken or the credentials have changed.
pub async fn set(
    db: &mut Tx,
    id: UserId,
    credentials: i64,
    (email, key): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute_unless_taken(
            "UPDATE auth_users
             SET email = $3, email_key = $4, email_confirmed_at = $5, credentials = credentials + 1,
                 code_tries = 0
             WHERE id = $1 AND credentials = $2
               AND NOT EXISTS (SELECT 1 FROM auth_users o WHERE o.email_key = $4 AND o.id <> $1)",
            (id, credentials, email, key, now),
        )
        .await?;
    Ok(rows == Some(1))
}

/// Gives a user an earlier address back, confirmed, and forgets the password, which whoever changed the
/// address knew; `false` if the address is another user's.
pub async fn restore(
    db: &mut Tx,
    id: UserId,
    (email, key): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let rows = db
        .execute_unless_taken(
            "UPDATE auth_users
             SET email = $2, email_key = $3, email_confirmed_at = $4, password_hash = NULL,
                 credentials = credentials + 1, code_tries = 0
             WHERE id = $1
               AND NOT EXISTS (SELECT 1 FROM auth_users o WHERE o.email_key = $3 AND o.id <> $1)",
            (id, email, key, now),
        )
        .await?;
    Ok(rows == Some(1))
}

/// Counts an attempt to give a mailed code; `false` if there were `most` since the last right one.
pub async fn count_code(db: &mut Tx, id: UserId, most: i64) -> Result<bool> {
    let rows = db
        .execute(
            "UPDATE auth_users SET code_tries = code_tries + 1 WHERE id = $1 AND code_tries < $2",
            (id, most),
        )
        .await?;
    Ok(rows == 1)
}
