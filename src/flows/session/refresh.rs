//! Refresh: rotation, its grace, and reuse detection (RFC 9700, 4.14.2).
//!
//! Within its grace a used token gives the newest token of its chain
//! ([`crate::flows::session::successor`]). Every replica gives the same one to every request, so
//! browser tabs may race, and a client that missed a response may retry. All state is in the
//! database. Whatever locks the rows of a session and of its token locks the session first: of
//! several refreshes of one session, the second sees what the first did.
use super::issue::IssuedToken;
use crate::{
    flows::{
        Auth, Caller, Error, Result, Session, SignedIn, Tokens, UserId,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        surface::{Rotation, Surface},
        work::Work,
    },
    secret,
    store::{
        refresh_tokens::{self, Presented},
        sessions, users,
    },
};
use uuid::Uuid;

/// What a presented token gives.
enum Outcome {
    /// The next refresh token, or `None` if the presented one stays valid.
    Tokens(Option<IssuedToken>),
    /// A used token came back late, so somebody else has it as well.
    Reused,
}

impl Auth {
    /// Gives new tokens for a refresh token in either envelope. Of the rotation rules of the
    /// surface and the session, the stricter one applies.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`], [`Error::TokenSuperseded`], [`Error::AccessStillValid`],
    /// [`Error::SuperuserRefused`], [`Error::EmailNotConfirmed`], [`Error::RateLimited`],
    /// [`Error::Unavailable`].
    pub async fn refresh(
        &self,
        caller: &Caller,
        surface: &Surface,
        presented: &str,
    ) -> Result<Tokens> {
        self.limit(caller, Action::Refresh)?;
        let (token, legacy) = self.read_presented(surface.legacy, presented, self.clock.now())?;
        let mut work = self.begin(caller).await?;
        let now = work.now;
        if let Some(claims) = &legacy {
            work.adopt(surface, claims).await?;
        }
        let Presented { token: row, mut session, user } = work.find(token.id).await?;
        let of_another = legacy.is_some_and(|claims| claims.user_id != user.id.0);
        if of_another || token.session.is_some_and(|sid| sid != session.id.0) {
            return Err(Error::TokenNotValid);
        }
        self.limit_session(session.id)?;
        self.admit(surface, &user).map_err(|e| match e {
            Error::AccountDisabled => Error::TokenNotValid,
            e => e,
        })?;
        if !work.touch(&mut session).await? {
            return Err(Error::TokenNotValid);
        }
        let rotation = surface.rotation.max(session.rotation);
        match work.rotate(rotation, token.id, row, &session).await? {
            Outcome::Tokens(refresh) => {
                work.commit().await?;
                self.tokens(surface, user, &session, refresh, now)
            }
            Outcome::Reused => {
                // Rolls back first, because the user's row must be locked before the session's.
                drop(work);
                self.end_reused(caller, &session).await?;
                Err(Error::TokenNotValid)
            }
        }
    }

    /// Ends a session and its family because somebody else has one of its refresh tokens as well.
    pub(crate) async fn end_reused(&self, caller: &Caller, session: &Session) -> Result<()> {
        let mut work = self.begin(caller).await?;
        users::lock(&mut work.tx, session.user_id).await?;
        // Another request may have ended it first.
        if !work.end_family(session).await? {
            return Ok(());
        }
        let event = AuditEvent::about(AuditKind::RefreshTokenReused, session.user_id);
        work.audit(event.in_session(session.id)).await?;
        work.commit().await
    }

    /// Gives new tokens and invalidates the session's older refresh tokens at once. A superuser who
    /// names another user invalidates that user's refresh tokens, and gets only an access token, as
    /// from [`Auth::tokens_for`].
    ///
    /// # Errors
    /// [`Error::Forbidden`] for another user's id; [`Error::AccessStillValid`] if the session
    /// rotates strictly. For superusers only: [`Error::NotFound`] for an unknown id, and
    /// [`Error::PasswordRequired`].
    pub async fn rotate_all(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
        id: UserId,
    ) -> Result<Tokens> {
        if by.user.id != id {
            return self.act_for(caller, surface, by, id, true).await;
        }
        by.require_self()?;
        self.limit(caller, Action::Refresh)?;
        self.limit_session(by.session.id)?;
        self.admit(surface, &by.user)?;
        let mut work = self.begin_by(caller, by).await?;
        let now = work.now;
        let mut session = work.lock_session(by).await?;
        if session.rotation == Rotation::Strict && session.access_expires_at > now {
            let retry_after = now.until(session.access_expires_at);
            return Err(Error::AccessStillValid { retry_after });
        }
        if !work.touch(&mut session).await? {
            return Err(Error::TokenNotValid);
        }
        refresh_tokens::consume_all(&mut work.tx, session.id, now).await?;
        let issued = work.store_refresh_token(&session, secret::token()?).await?;
        work.audit(AuditEvent::new(AuditKind::RefreshTokensRenewed)).await?;
        work.commit().await?;
        self.tokens(surface, by.user.clone(), &session, Some(issued), now)
    }
}

impl Work<'_> {
    /// A token, its session and its user.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if the token is unknown or has expired, the session has ended or
    /// the user is deleted.
    async fn find(&mut self, token: Uuid) -> Result<Presented> {
        refresh_tokens::presented(&mut self.tx, &secret::hash(token))
            .await?
            .filter(|p| p.token.expires_at > self.now && p.session.is_alive(self.now))
            .ok_or(Error::TokenNotValid)
    }

    /// Records that the session is in use, and when its next access token expires. `false` if it
    /// has ended.
    async fn touch(&mut self, session: &mut Session) -> Result<bool> {
        let ip = self.caller.ip.map(|ip| ip.to_string());
        let expires_at = self.auth.access_expires_at(session.expires_at, self.now);
        session.access_expires_at = expires_at;
        let seen = (ip.as_deref(), self.caller.user_agent.as_deref());
        Ok(sessions::touch(&mut self.tx, session.id, seen, expires_at, self.now).await?)
    }

    async fn rotate(
        &mut self,
        rotation: Rotation,
        token: Uuid,
        mut row: refresh_tokens::RefreshToken,
        session: &Session,
    ) -> Result<Outcome> {
        let (auth, now) = (self.auth, self.now);
        if row.used_at.is_none() {
            if rotation == Rotation::Keep {
                return Ok(Outcome::Tokens(None));
            }
            if rotation == Rotation::Strict && row.access_expires_at > now {
                let retry_after = now.until(row.access_expires_at);
                return Err(Error::AccessStillValid { retry_after });
            }
            let next = auth.successor.of(token, &row.salt);
            if refresh_tokens::consume(&mut self.tx, &row.hash, now).await? {
                let issued = self.store_refresh_token(session, next).await?;
                return Ok(Outcome::Tokens(Some(issued)));
            }
            // Another request consumed it first.
            row = refresh_tokens::by_hash(&mut self.tx, &row.hash)
                .await?
                .ok_or(Error::TokenNotValid)?;
        }
        if row.used_at.is_some_and(|used_at| auth.is_late(used_at, now)) {
            return Ok(Outcome::Reused);
        }
        if rotation == Rotation::Strict {
            return Err(Error::TokenSuperseded);
        }
        let issued = auth.unused_successor(&mut self.tx, token, &row, now).await?;
        let issued = issued.ok_or(Error::TokenSuperseded)?;
        Ok(Outcome::Tokens(Some(issued).filter(|_| rotation != Rotation::Keep)))
    }
}
