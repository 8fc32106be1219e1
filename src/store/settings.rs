//! Table `auth_settings`: the runtime settings. Each change adds a row, the revision, and the last one
//! applies.
use super::users::UserId;
use crate::{
    db::{Conn, Result, Tx},
    time::Timestamp,
};
use sqlx::FromRow;

/// A revision of the runtime settings. The values have the format of the configuration file. `None`: the
/// value of the file applies.
#[expect(clippy::struct_field_names, reason = "the fields are named like the columns")]
#[derive(Clone, Debug, Default, FromRow)]
pub struct Revision {
    pub revision: i64,
    pub access_token_lifetime: Option<String>,
    pub refresh_token_lifetime: Option<String>,
    pub registration: Option<String>,
    pub email_confirmation: Option<String>,
    pub changed_at: Timestamp,
    pub changed_by: Option<UserId>,
    /// The address of `changed_by`, if the account still exists.
    pub email: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.revision, s.access_token_lifetime, s.refresh_token_lifetime, s.registration,
                    s.email_confirmation, s.changed_at, s.changed_by, u.email
             FROM auth_settings s LEFT JOIN auth_users u ON u.id = s.changed_by ",
            $rest
        )
    };
}

/// The last revision, if it is newer than `known`.
pub async fn after(db: &mut Conn, known: i64) -> Result<Option<Revision>> {
    let sql = select!("WHERE s.revision > $1 ORDER BY s.revision DESC LIMIT 1");
    db.fetch_optional(sql, [known]).await
}

/// At most `limit` revisions, newest first.
pub async fn last(db: &mut Conn, limit: i64) -> Result<Vec<Revision>> {
    db.fetch_all(select!("ORDER BY s.revision DESC LIMIT $1"), [limit]).await
}

/// Stores a revision; `false` if another transaction has just stored one with this number.
pub async fn insert(db: &mut Tx, new: &Revision) -> Result<bool> {
    db.execute_one(
        "INSERT INTO auth_settings (revision, access_token_lifetime, refresh_token_lifetime,
                                        registration, email_confirmation, changed_at, changed_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        (
            new.revision,
            new.access_token_lifetime.as_deref(),
            new.refresh_token_lifetime.as_deref(),
            new.registration.as_deref(),
            new.email_confirmation.as_deref(),
            new.changed_at,
            new.changed_by,
        ),
    )
    .await
}
