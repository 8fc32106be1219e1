//! Refresh tokens that djangorestframework-simplejwt issued before its users moved here, signed with the
//! secret that is ours now.
//!
//! The first time that one is presented it opens a session, whose first refresh token it is: from then
//! on it is rotated, kept and judged like any of ours, by the same rows. Which ones were taken is
//! remembered for as long as they would be good, whatever has become of the session.
use super::issue::ParsedToken;
use crate::{
    flows::{Auth, Error, Result, UserId, audit::AuditEvent, surface::Surface, work::Work},
    secret,
    store::{legacy_tokens, refresh_tokens, sessions, users},
    time::Timestamp,
    tokens::claims::SimpleJwt,
};
use uuid::Uuid;

impl Auth {
    /// Reads a refresh token in either envelope of ours or, where they are accepted, of simplejwt's.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub(crate) fn read_presented(
        &self,
        legacy: bool,
        presented: &str,
        now: Timestamp,
    ) -> Result<(ParsedToken, Option<SimpleJwt>)> {
        match self.read_refresh_token(presented) {
            Err(_) if legacy && self.config.accepts_simplejwt(now) => {
                let claims = self.keys.verify_simplejwt(presented, now)?;
                let id = self.legacy_id(claims.jti);
                Ok((ParsedToken { id, session: None }, Some(claims)))
            }
            read => Ok((read?, None)),
        }
    }

    /// Notes that tokens of simplejwt are used up.
    pub(crate) async fn give_back(&self, tokens: &[(Uuid, Timestamp)]) -> Result<()> {
        let mut db = self.db.write().await?;
        for (jti, expires_at) in tokens {
            let hash = secret::hash(self.legacy_id(*jti));
            legacy_tokens::take(&mut db, &hash, *expires_at).await?;
        }
        Ok(db.commit().await?)
    }

    /// What stands for a token in our tables. It cannot be guessed from the `jti`, which was no secret.
    fn legacy_id(&self, jti: Uuid) -> Uuid {
        self.successor.of(jti, b"simplejwt")
    }
}

impl Work<'_> {
    /// Opens a session behind a token of simplejwt's, unless it has had one.
    ///
    /// # Errors
    /// `TokenNotValid` if the user does not exist, or all their sessions have been ended since.
    pub async fn adopt(&mut self, surface: &Surface, claims: &SimpleJwt) -> Result<()> {
        let now = self.now;
        let hash = secret::hash(self.auth.legacy_id(claims.jti));
        if refresh_tokens::by_hash(&mut self.tx, &hash).await?.is_some() {
            return Ok(());
        }
        let user = UserId(claims.user_id);
        users::lock(&mut self.tx, user).await?;
        users::by_id(&mut self.tx, user).await?.ok_or(Error::TokenNotValid)?;
        let issued_at = claims.iat.map(Timestamp::from_unix).filter(|at| *at <= now);
        // A token without a time is as old as can be.
        let ended_at = users::sessions_ended_at(&mut self.tx, user).await?;
        if ended_at.is_some_and(|at| issued_at.is_none_or(|issued| issued <= at)) {
            return Err(Error::TokenNotValid);
        }
        let expires_at = Timestamp::from_unix(claims.exp);
        if !legacy_tokens::take(&mut self.tx, &hash, expires_at).await? {
            // Another request was faster, or its session is forgotten.
            return Ok(());
        }
        let mut session = self.new_session(surface, user, true)?;
        session.created_at = issued_at.unwrap_or(now);
        // When a password was given for it, if ever, the token does not say: simplejwt dates what it
        // rotates anew.
        session.authenticated_at = Timestamp::from_unix(0);
        self.make_room(user).await?;
        sessions::insert(&mut self.tx, &session).await?;
        let salt: [u8; 16] = secret::random()?;
        let row = refresh_tokens::RefreshToken {
            hash,
            session_id: session.id,
            salt: salt.to_vec(),
            issued_at: session.created_at,
            expires_at: expires_at.min(session.expires_at),
            // The access token issued with it was never ours.
            access_expires_at: now,
            used_at: None,
        };
        refresh_tokens::insert(&mut self.tx, &row).await?;
        self.audit(AuditEvent::own("simplejwt_token_taken", user).in_session(session.id)).await
    }
}
