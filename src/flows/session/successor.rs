//! The chain of a session's refresh tokens: what a used token gives, and for how long.
//!
//! Each token is derived from the one before it (`secret::Successor`), so a replica that gets any
//! token of a chain can follow it to its end without a cache.
use super::issue::IssuedToken;
use crate::{
    db::Conn,
    flows::{Auth, Result},
    secret,
    store::refresh_tokens,
    time::Timestamp,
};
use uuid::Uuid;

/// How many uses a presented token may be behind. The grace limits the time; this limits the reads
/// if a client refreshes as fast as it can.
const LONGEST_WALK: usize = 1_000;

impl Auth {
    /// Whether a token that was used at `used_at` comes too late to be a race or a retry. Time in
    /// which this process could not commit does not count: the client may have missed the response
    /// to a use that was committed, and could not retry until now.
    pub(crate) fn is_late(&self, used_at: Timestamp, now: Timestamp) -> bool {
        let outage = self.db.outages().between(used_at, now);
        used_at.plus(self.config.refresh_grace).plus(outage) < now
    }

    /// The newest token of a used token's chain, which is the only unused one. `None` if it has
    /// expired, or if the chain was cut: renewing all tokens of a session begins a new chain.
    ///
    /// If the session's row is locked, the token stays unused until that transaction ends.
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
