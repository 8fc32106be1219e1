//! The ages of the oldest rows that a purge deletes by age.
use crate::{
    db::{Conn, Result},
    time::Timestamp,
};
use sqlx::FromRow;

/// The oldest time in each table; `None` if it has no such row.
#[expect(clippy::struct_field_names, reason = "the fields are named like the columns")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Oldest {
    pub refresh_token_expired_at: Option<Timestamp>,
    pub session_ended_at: Option<Timestamp>,
    pub session_expired_at: Option<Timestamp>,
    pub mail_token_expired_at: Option<Timestamp>,
    pub revocation_expired_at: Option<Timestamp>,
    pub mail_sent_at: Option<Timestamp>,
    pub mail_dropped_at: Option<Timestamp>,
    pub mail_failed_at: Option<Timestamp>,
    /// The time of the oldest audit event.
    pub act_at: Option<Timestamp>,
    pub attempt_counted_at: Option<Timestamp>,
}

/// Reads the times from the indexes. The time of a mail is when it was enqueued.
pub async fn read(db: &mut Conn) -> Result<Oldest> {
    let sql =
        "SELECT (SELECT min(expires_at) FROM auth_refresh_tokens) AS refresh_token_expired_at,
                      (SELECT min(ended_at) FROM auth_sessions WHERE ended_at IS NOT NULL)
                          AS session_ended_at,
                      (SELECT min(expires_at) FROM auth_sessions) AS session_expired_at,
                      (SELECT min(expires_at) FROM auth_mail_tokens) AS mail_token_expired_at,
                      (SELECT min(expires_at) FROM auth_revocations) AS revocation_expired_at,
                      (SELECT min(created_at) FROM auth_outbox WHERE state = 'sent')
                          AS mail_sent_at,
                      (SELECT min(created_at) FROM auth_outbox WHERE state = 'dropped')
                          AS mail_dropped_at,
                      (SELECT min(created_at) FROM auth_outbox WHERE state = 'failed')
                          AS mail_failed_at,
                      (SELECT min(at) FROM auth_audit) AS act_at,
                      (SELECT min(counted_at) FROM auth_attempts) AS attempt_counted_at";
    db.fetch_one(sql, ()).await
}
