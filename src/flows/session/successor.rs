//! The chain of a session's refresh tokens: where a used one leads, and for how long.
//!
//! Each token is derived from the one before it (`secret::Successor`), so a replica that is
//! shown any token of a chain can follow it to its end without a cache.
use super::issue::IssuedToken;
use crate::{
    db::Conn,
    flows::{Auth, Result},
    secret,
    store::refresh_tokens,
    time::Timestamp,
};
use uuid::Uuid;

/// How many uses a presented token may be behind. The grace bounds the time; this bounds the reads
/// for a client that refreshes as fast as it can.
const LONGEST_WALK: usize = 1_000;

impl Auth {
    /// Whether a token that was used at `used_at` is presented too late to be a race or a retry. Time in
    /// which this process could not commit does not count: the use may have been committed without its
    /// client hearing of it, who could not ask again until now.
    pub(crate) fn is_late(&self, used_at: Timestamp, now: Timestamp) -> bool {
        let outage = self.db.outages().between(used_at, now);
        used_at.plus(self.config.refresh_grace).plus(outage) < now
    }

    /// The newest token of the chain of a used one, which is the only unused one; `None` if it has expired,
    /// or if the chain was cut: whoever renews all tokens of a session begins a new chain.
    ///
    /// Whoever holds the session's row while it asks gets a token that stays unused until it lets go.
    pub(crate) async fn unused_successor(
        &self,
        db: &mut Conn,
        token: Uuid,
        row: &refresh_tokens::RefreshToken,
        now: Timestamp,
    ) -> Result<Option<IssuedToken>> {
        let mut next = self.successor.of(token, &row.salt);
        for _ in 0..LONGEST_WALK {
            let Some(row) = refresh_tokens::by_hash(db, &secret::hash(next)).await? else {
                return Ok(None);
            };
            if row.used_at.is_none() {
                let issued =
                    IssuedToken { id: next, at: row.issued_at, expires_at: row.expires_at };
                return Ok(Some(issued).filter(|t| t.expires_at > now));
            }
            next = self.successor.of(next, &row.salt);
        }
        Ok(None)
    }
}
