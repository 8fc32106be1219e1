//! Ending sessions, and revoking their access tokens.
//!
//! A session and the sessions opened from it are a family. It ends as a whole, because the thief of
//! a token may have opened some of them (RFC 9700, 4.14.2). One statement ends any number of
//! sessions, and another one revokes their access tokens. Ending a session and opening one from
//! another both lock the user's row first, so that no session is opened while its family ends.
use crate::{
    db::Channel,
    flows::{Result, Session, SessionId, UserId, work::Work},
    store::{revocations, sessions, users},
};

/// How many active sessions a user has at most.
pub const MOST_SESSIONS: i64 = 100;

impl Work<'_> {
    /// Ends every session of `user` except `keep`, and the sessions that `user` opened for others.
    pub async fn end_sessions(&mut self, user: UserId, keep: Option<SessionId>) -> Result<()> {
        users::note_sessions_ended(&mut self.tx, user, self.now).await?;
        let ended = sessions::end_others(&mut self.tx, user, keep, self.now).await?;
        self.revoke_access(user, ended).await
    }

    /// Ends a session, whose user must be locked, with its family. Returns whether any of them was
    /// active. A session that a superuser opened for another user ends with the superuser's own
    /// session, but not the other way round, since that user may end it as well.
    pub async fn end_family(&mut self, session: &Session) -> Result<bool> {
        let first = session.actor_id.map_or_else(|| session.family(), |_| session.id);
        let ended = sessions::end_family(&mut self.tx, first, self.now).await?;
        self.revoke_access(session.user_id, ended).await?;
        Ok(ended > 0)
    }

    /// Ends the sessions that `actor`, who may no longer act for other users, opened for them.
    pub async fn end_acting(&mut self, actor: UserId) -> Result<()> {
        let ended = sessions::end_acting(&mut self.tx, actor, self.now).await?;
        self.revoke_access(actor, ended).await
    }

    /// Ends the least recently used sessions of a user who is about to get one more, so that there
    /// are never more than [`MOST_SESSIONS`].
    pub async fn enforce_session_limit(&mut self, user: UserId) -> Result<()> {
        let most = MOST_SESSIONS - 1;
        let ended = sessions::end_least_used(&mut self.tx, user, most, self.now).await?;
        self.revoke_access(user, ended).await
    }

    /// Revokes the access tokens of the sessions that `user` has just lost. `ended` is their
    /// number.
    async fn revoke_access(&mut self, user: UserId, ended: u64) -> Result<()> {
        if ended > 0 {
            let revoked = revocations::insert_ended(&mut self.tx, user, self.now).await?;
            if !revoked.is_empty() {
                self.tx.notify(Channel::Revocations).await?;
            }
            self.revoked.extend(revoked);
        }
        Ok(())
    }
}
