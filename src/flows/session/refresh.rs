//! Refresh: rotation, its grace, and the detection of reuse (RFC 9700, 4.14.2).
//!
//! Within its grace a used token leads to the newest token of its chain ([`crate::flows::session::successor`]), the same one
//! on every replica for however many ask, so tabs may race and a client whose answer got lost may ask
//! again. All state is in the database. The session's row is locked before its token's, by everything
//! that needs both: of several refreshes of one session the second sees what the first did.
use super::issue::IssuedToken;
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Result, Session, SignedIn, Tokens, User, UserId,
        audit::{Actor, AuditEvent, AuditKind, record},
        surface::{Rotation, Surface},
    },
    secret,
    store::{refresh_tokens, sessions, users},
    time::Timestamp,
};
use uuid::Uuid;

/// What a presented token leads to.
enum Outcome {
    /// This refresh token, or none where the presented one stays valid.
    Tokens(Option<IssuedToken>),
    /// Somebody else has the token as well.
    Reused,
}

impl Auth {
    /// Gives new tokens for a refresh token in either envelope, as the rule of the surface or, if that is
    /// stricter, of the session says.
    ///
    /// # Errors
    /// `TokenNotValid`, `TokenSuperseded`, `AccessStillValid`, `SuperuserRefused`,
    /// `EmailNotConfirmed`, `Unavailable`.
    pub async fn refresh(
        &self,
        caller: &Caller,
        surface: &Surface,
        presented: &str,
    ) -> Result<Tokens> {
        let now = self.clock.now();
        let (token, legacy) = self.read_presented(surface.legacy, presented, now)?;
        let mut db = self.db.write().await?;
        let revoked = match &legacy {
            Some(claims) => self.adopt(&mut db, caller, surface, claims, now).await?,
            None => Vec::new(),
        };
        let (row, mut session, user) = self.find(&mut db, token.id, now).await?;
        let of_another = legacy.is_some_and(|claims| claims.user_id != user.id.0);
        if of_another || token.session.is_some_and(|sid| sid != session.id.0) {
            return Err(Error::TokenNotValid);
        }
        self.admit(surface, &user).map_err(|e| match e {
            Error::AccountDisabled => Error::TokenNotValid,
            e => e,
        })?;
        if !self.touch(&mut db, caller, &mut session, now).await? {
            return Err(Error::TokenNotValid);
        }
        let rotation = surface.rotation.max(session.rotation);
        match self.rotate(&mut db, rotation, token.id, row, &session, now).await? {
            Outcome::Tokens(refresh) => {
                self.commit(db, &revoked).await?;
                self.tokens(surface, user, &session, refresh, now)
            }
            Outcome::Reused => {
                // The user's row comes before the session's.
                drop(db);
                self.end_reused(caller, &session, now).await?;
                Err(Error::TokenNotValid)
            }
        }
    }

    /// Ends a session, and its family, of which somebody else has a refresh token as well.
    pub(crate) async fn end_reused(
        &self,
        caller: &Caller,
        session: &Session,
        now: Timestamp,
    ) -> Result<()> {
        let mut db = self.db.write().await?;
        users::lock(&mut db, session.user_id).await?;
        // Another request may have been faster.
        let Some(revoked) = self.end_family(&mut db, session, now).await? else { return Ok(()) };
        let act = AuditEvent {
            kind: AuditKind::RefreshTokenReused,
            actor: Actor::Anonymous,
            target: Some(session.user_id),
            session: Some(session.id),
            detail: "",
        };
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await
    }

    /// The row of a token, its session and its user, if the token is known and both live.
    async fn find(
        &self,
        db: &mut Conn,
        token: Uuid,
        now: Timestamp,
    ) -> Result<(refresh_tokens::RefreshToken, Session, User)> {
        let gone = || Error::TokenNotValid;
        let row = refresh_tokens::by_hash(db, &secret::hash(token))
            .await?
            .filter(|t| t.expires_at > now)
            .ok_or_else(gone)?;
        let session = sessions::by_id(db, row.session_id)
            .await?
            .filter(|s| s.is_alive(now))
            .ok_or_else(gone)?;
        let user = users::by_id(db, session.user_id).await?.ok_or_else(gone)?;
        Ok((row, session, user))
    }

    /// Notes that the session is used, and until when the access token that it gets is good.
    async fn touch(
        &self,
        db: &mut Conn,
        caller: &Caller,
        session: &mut Session,
        now: Timestamp,
    ) -> Result<bool> {
        let ip = caller.ip.map(|ip| ip.to_string());
        session.access_expires_at = self.access_expires_at(session.expires_at, now);
        let seen = (ip.as_deref(), caller.user_agent.as_deref());
        Ok(sessions::touch(db, session.id, seen, session.access_expires_at, now).await?)
    }

    async fn rotate(
        &self,
        db: &mut Conn,
        rotation: Rotation,
        token: Uuid,
        mut row: refresh_tokens::RefreshToken,
        session: &Session,
        now: Timestamp,
    ) -> Result<Outcome> {
        if row.used_at.is_none() {
            if rotation == Rotation::Keep {
                return Ok(Outcome::Tokens(None));
            }
            if rotation == Rotation::Strict && row.access_expires_at > now {
                let retry_after = now.until(row.access_expires_at);
                return Err(Error::AccessStillValid { retry_after });
            }
            let next = self.successor.of(token, &row.salt);
            if refresh_tokens::consume(db, &row.hash, now).await? {
                let issued = self.store_refresh_token(db, session, next, now).await?;
                return Ok(Outcome::Tokens(Some(issued)));
            }
            // Another request was faster.
            row = refresh_tokens::by_hash(db, &row.hash).await?.ok_or(Error::TokenNotValid)?;
        }
        if row.used_at.is_some_and(|used_at| self.is_late(used_at, now)) {
            return Ok(Outcome::Reused);
        }
        if rotation == Rotation::Strict {
            return Err(Error::TokenSuperseded);
        }
        let issued = self.unused_successor(db, token, &row, now).await?;
        let issued = issued.ok_or(Error::TokenSuperseded)?;
        Ok(Outcome::Tokens(Some(issued).filter(|_| rotation != Rotation::Keep)))
    }

    /// Gives new tokens and makes the session's older refresh tokens useless at once. A superuser who
    /// names somebody else makes that user's refresh tokens useless, and gets an access token alone, as
    /// from [`Auth::tokens_for`].
    ///
    /// # Errors
    /// `Forbidden` for another user's id; `AccessStillValid` where the session rotates strictly; to
    /// superusers only `NotFound` for an unknown id, and `PasswordRequired`.
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
        by.demand_self()?;
        self.admit(surface, &by.user)?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let mut session = self.lock_session(&mut db, by, now).await?;
        if session.rotation == Rotation::Strict && session.access_expires_at > now {
            let retry_after = now.until(session.access_expires_at);
            return Err(Error::AccessStillValid { retry_after });
        }
        if !self.touch(&mut db, caller, &mut session, now).await? {
            return Err(Error::TokenNotValid);
        }
        refresh_tokens::consume_all(&mut db, session.id, now).await?;
        let issued = self.store_refresh_token(&mut db, &session, secret::token()?, now).await?;
        record(&mut db, caller, AuditEvent::by(AuditKind::RefreshTokensRenewed, by), now).await?;
        db.commit().await?;
        self.tokens(surface, by.user.clone(), &session, Some(issued), now)
    }
}
