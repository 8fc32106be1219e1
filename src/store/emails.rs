//! Table `auth_users`: changes of a user's address, and attempts at mailed codes.
use super::users::UserId;
use crate::{
    db::{Result, Tx},
    time::Timestamp,
};

/// Replaces the address with a confirmed one; `false` if it is taken or `credential_version` has changed.
pub async fn set(
    db: &mut Tx,
    id: UserId,
    credential_version: i64,
    (email, key): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE auth_users
               SET email = $3, email_key = $4, email_confirmed_at = $5,
                   credential_version = credential_version + 1, code_tries = 0
               WHERE id = $1 AND credential_version = $2
                 AND NOT EXISTS (SELECT 1 FROM auth_users o WHERE o.email_key = $4 AND o.id <> $1)";
    db.execute_one_unless_taken(sql, (id, credential_version, email, key, now)).await
}

/// Restores an earlier address of a user as confirmed, and removes the password, because whoever changed the
/// address knew it; `false` if the address belongs to another user.
pub async fn restore(
    db: &mut Tx,
    id: UserId,
    (email, key): (&str, &str),
    now: Timestamp,
) -> Result<bool> {
    let sql = "UPDATE auth_users
               SET email = $2, email_key = $3, email_confirmed_at = $4, password_hash = NULL,
                   credential_version = credential_version + 1, code_tries = 0
               WHERE id = $1
                 AND NOT EXISTS (SELECT 1 FROM auth_users o WHERE o.email_key = $3 AND o.id <> $1)";
    db.execute_one_unless_taken(sql, (id, email, key, now)).await
}

/// Counts an attempt to enter a mailed code; `false` if there were `most` since the last correct one.
pub async fn count_code(db: &mut Tx, id: UserId, most: i64) -> Result<bool> {
    let sql = "UPDATE auth_users SET code_tries = code_tries + 1 WHERE id = $1 AND code_tries < $2";
    db.execute_one(sql, (id, most)).await
}
