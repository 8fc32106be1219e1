//! Logout, of one session or all, and the list of them.
use super::{
    Auth, Caller, Error, Result, Session, SessionId, SignedIn, UserId,
    record::{Act, record},
    secret,
};
use crate::{
    store::{refresh_tokens, sessions, users},
    time::Timestamp,
};

impl Auth {
    /// Ends the session; that somebody else has just ended it is as good.
    pub async fn sign_out(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let act = Act::by("logout", by);
        self.end(caller, act, by.user.id, by.session.id).await.or_else(|e| match e {
            Error::NotFound => Ok(()),
            e => Err(e),
        })
    }

    /// Ends the session that a refresh token (either envelope) belongs to, used or not: whoever logs
    /// out wants out.
    ///
    /// # Errors
    /// `TokenNotValid` if there is no such session or it has ended.
    pub async fn sign_out_by_refresh(&self, caller: &Caller, presented: &str) -> Result<()> {
        let (token, legacy) = self.read_presented(true, presented, self.clock.now())?;
        let mut db = self.db.read().await?;
        let row = match (refresh_tokens::by_hash(&mut db, &secret::hash(token.id)).await?, legacy) {
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
            .filter(|s| token.session.is_none_or(|sid| sid == s.id.0))
            .ok_or(Error::TokenNotValid)?;
        drop(db);
        let user = session.user_id;
        let act = Act::own("logout", user).in_session(session.id);
        self.end(caller, act, user, session.id).await.map_err(|e| match e {
            Error::NotFound => Error::TokenNotValid,
            e => e,
        })
    }

    /// Ends every session of the user.
    pub async fn sign_out_everywhere(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        // A session that is being opened is waited for, and ends too.
        users::hold(&mut db, by.user.id).await?;
        let revoked = self.end_sessions(&mut db, by.user.id, None, now).await?;
        record(&mut db, caller, Act::by("logout_all", by), now).await?;
        self.commit(db, &revoked).await
    }

    /// Ends every session of the user but this one.
    pub async fn sign_out_elsewhere(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        users::hold(&mut db, by.user.id).await?;
        let revoked = self.end_sessions(&mut db, by.user.id, Some(by.session.id), now).await?;
        record(&mut db, caller, Act::by("logout_others", by), now).await?;
        self.commit(db, &revoked).await
    }

    /// The user's living sessions, the last used first.
    pub async fn sessions(&self, by: &SignedIn) -> Result<Vec<Session>> {
        let mut db = self.db.read().await?;
        Ok(sessions::of_user(&mut db, by.user.id, self.clock.now()).await?)
    }

    /// Ends one of the user's sessions.
    ///
    /// # Errors
    /// `NotFound` for anybody else's, as for none.
    pub async fn end_session(&self, caller: &Caller, by: &SignedIn, id: SessionId) -> Result<()> {
        let act = Act::own("session_ended", by.user.id).in_session(id);
        self.end(caller, act, by.user.id, id).await
    }

    async fn end(&self, caller: &Caller, act: Act<'_>, user: UserId, id: SessionId) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let ended = sessions::end(&mut db, user, id, now).await?.ok_or(Error::NotFound)?;
        let revoked = self.revoke_access(&mut db, [ended], now).await?;
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await
    }
}
