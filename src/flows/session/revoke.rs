//! How sessions end, and how their access tokens end with them.
//!
//! Sessions opened out of another one are its family, which ends as one: whoever stole a token may have
//! opened some (RFC 9700, 4.14.2). Any number ends in one statement, and is revoked in another. The row
//! of the user is held first, by whoever ends a session and by whoever opens one out of another, so that
//! none is opened while its family ends.
use crate::{
    db::{Channel, Conn},
    flows::{Auth, Result, Session, SessionId, UserId},
    store::{
        revocations::{self, Revocation},
        sessions, users,
    },
    time::Timestamp,
};

/// How many sessions a user has at most.
pub const MOST_SESSIONS: i64 = 100;

impl Auth {
    /// Ends every session of `user` but `keep`, and those that `user` opened for others.
    /// [`Auth::commit`] takes the result.
    pub(crate) async fn end_sessions(
        &self,
        db: &mut Conn,
        user: UserId,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        users::note_sessions_ended(db, user, now).await?;
        let ended = sessions::end_others(db, user, keep, now).await?;
        self.revoke_access(db, user, ended, now).await
    }

    /// Ends a session, whose user is held, with its family; `None` if all of it has ended. What a
    /// superuser opened for somebody else is ended with the superuser's own session, and not the other
    /// way round: it is the user's to end as well.
    pub(crate) async fn end_family(
        &self,
        db: &mut Conn,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<Vec<Revocation>>> {
        let first = session.actor_id.map_or_else(|| session.family(), |_| session.id);
        match sessions::end_family(db, first, now).await? {
            0 => Ok(None),
            ended => Ok(Some(self.revoke_access(db, session.user_id, ended, now).await?)),
        }
    }

    /// Ends the sessions that `actor`, who may act for nobody any more, opened for others.
    pub(crate) async fn end_acting(
        &self,
        db: &mut Conn,
        actor: UserId,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        let ended = sessions::end_acting(db, actor, now).await?;
        self.revoke_access(db, actor, ended, now).await
    }

    /// Ends the least used sessions of a user who is about to have one more than [`MOST_SESSIONS`].
    pub(crate) async fn make_room(
        &self,
        db: &mut Conn,
        user: UserId,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        let ended = sessions::end_least_used(db, user, MOST_SESSIONS - 1, now).await?;
        self.revoke_access(db, user, ended, now).await
    }

    /// Revokes the access tokens of the sessions, `ended` in number, that `user` has just lost.
    async fn revoke_access(
        &self,
        db: &mut Conn,
        user: UserId,
        ended: u64,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        if ended == 0 {
            return Ok(Vec::new());
        }
        let revoked = revocations::insert_ended(db, user, now).await?;
        if !revoked.is_empty() {
            db.notify(Channel::Revocations).await?;
        }
        Ok(revoked)
    }

    /// Commits, then lets this process know what was revoked.
    pub(crate) async fn commit(&self, db: Conn, revoked: &[Revocation]) -> Result<()> {
        db.commit().await?;
        self.revoked.add(revoked);
        Ok(())
    }
}
