//! Logout, of one session or all, and the list of them.
use super::revoke::MOST_SESSIONS;
use crate::{
    flows::{
        Auth, Caller, Error, Result, Session, SessionId, SignedIn, audit::AuditEvent, work::Work,
    },
    secret,
    store::{refresh_tokens, sessions, users},
    time::Timestamp,
};

impl Auth {
    /// Ends the session and its family; that somebody else has just ended it is as good.
    pub async fn log_out(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        self.end(self.begin_by(caller, by).await?, AuditEvent::new("logout"), &by.session)
            .await
            .or_else(|e| match e {
                Error::NotFound => Ok(()),
                e => Err(e),
            })
    }

    /// Ends the session that a refresh token (either envelope) belongs to, and its family, used or not: whoever logs
    /// out wants out.
    ///
    /// # Errors
    /// `TokenNotValid` if there is no such session or it has ended.
    pub async fn log_out_by_refresh_token(&self, caller: &Caller, presented: &str) -> Result<()> {
        let (token, legacy) = self.read_presented(true, presented, self.clock.now())?;
        let mut db = self.db.read().await?;
        let row = match (refresh_tokens::by_hash(&mut db, &secret::hash(token.id)).await?, &legacy)
        {
            (Some(row), _) => row,
            (None, Some(claims)) => {
                let expires_at = Timestamp::from_unix(claims.exp);
                return self.give_back(&[(claims.jti, expires_at)]).await;
            }
            (None, None) => return Err(Error::TokenNotValid),
        };
        let session = sessions::by_id(&mut db, row.session_id)
            .await?
            .filter(|s| s.is_alive(self.clock.now()))
            .filter(|s| legacy.as_ref().is_none_or(|claims| claims.user_id == s.user_id.0))
            .filter(|s| token.session.is_none_or(|sid| sid == s.id.0))
            .ok_or(Error::TokenNotValid)?;
        drop(db);
        let act = AuditEvent::own("logout", session.user_id).in_session(session.id);
        self.end(self.begin(caller).await?, act, &session).await.map_err(|e| match e {
            Error::NotFound => Error::TokenNotValid,
            e => e,
        })
    }

    /// Ends every session of the user.
    pub async fn log_out_everywhere(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let mut work = self.begin_by(caller, by).await?;
        // A session that is being opened is waited for, and ends too.
        users::lock(&mut work.tx, by.user.id).await?;
        work.end_sessions(by.user.id, None).await?;
        work.audit(AuditEvent::new("logout_all")).await?;
        work.commit().await
    }

    /// Ends every session of the user but this one.
    pub async fn log_out_other_sessions(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, by.user.id).await?;
        work.end_sessions(by.user.id, Some(by.session.id)).await?;
        work.audit(AuditEvent::new("logout_others")).await?;
        work.commit().await
    }

    /// The user's living sessions, the last used first.
    pub async fn sessions(&self, by: &SignedIn) -> Result<Vec<Session>> {
        let mut db = self.db.read().await?;
        Ok(sessions::of_user(&mut db, by.user.id, MOST_SESSIONS, self.clock.now()).await?)
    }

    /// How many sessions of the user live.
    pub async fn count_sessions(&self, by: &SignedIn) -> Result<i64> {
        let mut db = self.db.read().await?;
        Ok(sessions::count(&mut db, by.user.id, self.clock.now()).await?)
    }

    /// Ends one of the user's sessions, and its family.
    ///
    /// # Errors
    /// `NotFound` for anybody else's, as for none.
    pub async fn end_session(&self, caller: &Caller, by: &SignedIn, id: SessionId) -> Result<()> {
        let session = sessions::by_id(&mut self.db.read().await?, id).await?;
        let session = session.filter(|s| s.user_id == by.user.id && s.ended_at.is_none());
        let session = session.ok_or(Error::NotFound)?;
        let event = AuditEvent::new("session_ended").in_session(id);
        self.end(self.begin_by(caller, by).await?, event, &session).await
    }

    /// # Errors
    /// `NotFound` if the session and its family have ended.
    async fn end(
        &self,
        mut work: Work<'_>,
        event: AuditEvent<'_>,
        session: &Session,
    ) -> Result<()> {
        users::lock(&mut work.tx, session.user_id).await?;
        if !work.end_family(session).await? {
            return Err(Error::NotFound);
        }
        work.audit(event).await?;
        work.commit().await
    }
}
