//! Logout of one session or all, and the list of sessions.
use super::revoke::MOST_SESSIONS;
use crate::{
    flows::{
        Auth, Caller, Error, Result, Session, SessionId, SignedIn,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        work::Work,
    },
    secret,
    store::{refresh_tokens, sessions, users},
    time::Timestamp,
};

impl Auth {
    /// Ends the session and its family. It also succeeds if another request has just ended them.
    pub async fn log_out(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        self.end(self.begin_by(caller, by).await?, AuditEvent::new(AuditKind::Logout), &by.session)
            .await
            .or_else(|e| match e {
                Error::NotFound => Ok(()),
                e => Err(e),
            })
    }

    /// Ends the session that a refresh token (in either envelope) belongs to, and its family. A
    /// used token works too, since the user wants to be logged out.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if there is no such session or it has ended; [`Error::RateLimited`].
    pub async fn log_out_by_refresh_token(&self, caller: &Caller, presented: &str) -> Result<()> {
        self.limit(caller, Action::Refresh)?;
        let (token, legacy) = self.read_presented(true, presented, self.clock.now())?;
        let hash = secret::hash(token.id);
        let found = refresh_tokens::presented(&mut self.db.read().await?, &hash).await?;
        let session = match (found, &legacy) {
            (Some(found), _) => Some(found.session),
            (None, Some(claims)) => {
                let expires_at = Timestamp::from_unix(claims.exp);
                return self.consume_legacy_tokens(&[(claims.jti, expires_at)]).await;
            }
            (None, None) => None,
        };
        let session = session
            .filter(|s| s.is_alive(self.clock.now()))
            .filter(|s| legacy.as_ref().is_none_or(|claims| claims.user_id == s.user_id.0))
            .filter(|s| token.session.is_none_or(|sid| sid == s.id.0))
            .ok_or(Error::TokenNotValid)?;
        let act = AuditEvent::own(AuditKind::Logout, session.user_id).in_session(session.id);
        self.end(self.begin(caller).await?, act, &session).await.map_err(|e| match e {
            Error::NotFound => Error::TokenNotValid,
            e => e,
        })
    }

    /// Ends every session of the user.
    pub async fn log_out_everywhere(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let mut work = self.begin_by(caller, by).await?;
        // Waits for a session that is being opened, so that it ends too.
        users::lock(&mut work.tx, by.user.id).await?;
        work.end_sessions(by.user.id, None).await?;
        work.audit(AuditEvent::new(AuditKind::LogoutAll)).await?;
        work.commit().await
    }

    /// Ends every session of the user except this one.
    pub async fn log_out_other_sessions(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        work.end_sessions(by.user.id, Some(by.session.id)).await?;
        work.audit(AuditEvent::new(AuditKind::LogoutOthers)).await?;
        work.commit().await
    }

    /// The user's active sessions, most recently used first.
    pub async fn sessions(&self, by: &SignedIn) -> Result<Vec<Session>> {
        let mut db = self.db.read().await?;
        Ok(sessions::of_user(&mut db, by.user.id, MOST_SESSIONS, self.clock.now()).await?)
    }

    /// How many active sessions the user has.
    pub async fn count_sessions(&self, by: &SignedIn) -> Result<i64> {
        Ok(sessions::count(&mut self.db.read().await?, by.user.id, self.clock.now()).await?)
    }

    /// Ends one of the user's sessions, and its family.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the session does not exist, has ended or belongs to another user.
    pub async fn end_session(&self, caller: &Caller, by: &SignedIn, id: SessionId) -> Result<()> {
        let session = sessions::by_id(&mut self.db.read().await?, id).await?;
        let session = session.filter(|s| s.user_id == by.user.id && s.ended_at.is_none());
        let session = session.ok_or(Error::NotFound)?;
        let event = AuditEvent::new(AuditKind::SessionEnded).in_session(id);
        self.end(self.begin_by(caller, by).await?, event, &session).await
    }

    /// # Errors
    /// [`Error::NotFound`] if the session and its family have already ended.
    async fn end(
        &self,
        mut work: Work<'_>,
        event: AuditEvent<'_>,
        session: &Session,
    ) -> Result<()> {
        users::lock(&mut work.tx, session.user_id).await?;
        Error::NotFound.unless(work.end_family(session).await?)?;
        work.audit(event).await?;
        work.commit().await
    }
}
