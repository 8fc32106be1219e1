//! Refresh tokens that djangorestframework-simplejwt issued before its users migrated to this
//! service, signed with the secret that this service uses now.
//!
//! When such a token is first presented, it opens a session and becomes its first refresh token.
//! From then on it has the same rows, rotation and checks as any other refresh token. The service
//! remembers until its expiry that it was presented, whatever happens to the session.
use super::issue::ParsedToken;
use crate::{
    flows::{
        Auth, Error, Result, UserId,
        audit::{AuditEvent, AuditKind},
        surface::Surface,
        work::Work,
    },
    secret,
    store::{legacy_tokens, refresh_tokens, sessions, totp, users},
    time::Timestamp,
    tokens::claims::SimpleJwt,
};
use uuid::Uuid;

impl Auth {
    /// Reads a refresh token of this service in either envelope, or one of simplejwt if `legacy` is
    /// set and the configuration accepts them.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`].
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

    /// Records that simplejwt tokens were consumed.
    pub(crate) async fn consume_legacy_tokens(&self, tokens: &[(Uuid, Timestamp)]) -> Result<()> {
        let mut db = self.db.write().await?;
        for (jti, expires_at) in tokens {
            let hash = secret::hash(self.legacy_id(*jti));
            legacy_tokens::take(&mut db, &hash, *expires_at).await?;
        }
        Ok(db.commit().await?)
    }

    /// The id of a simplejwt token in our tables. It cannot be guessed from the `jti`, which was
    /// not secret.
    fn legacy_id(&self, jti: Uuid) -> Uuid {
        self.successor.of(jti, b"simplejwt")
    }
}

impl Work<'_> {
    /// Opens a session for a simplejwt token, unless the token has had one.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if the user does not exist or has a second factor, or if all their
    /// sessions were ended after it was issued.
    pub async fn adopt(&mut self, surface: &Surface, claims: &SimpleJwt) -> Result<()> {
        let now = self.now;
        let hash = secret::hash(self.auth.legacy_id(claims.jti));
        if refresh_tokens::by_hash(&mut self.tx, &hash).await?.is_some() {
            return Ok(());
        }
        let user = UserId(claims.user_id);
        users::lock(&mut self.tx, user).await?;
        users::by_id(&mut self.tx, user).await?.ok_or(Error::TokenNotValid)?;
        if totp::is_confirmed(&mut self.tx, user).await? {
            // The other service asked for no second factor of this one.
            return Err(Error::TokenNotValid);
        }
        let issued_at = claims.iat.map(Timestamp::from_unix).filter(|at| *at <= now);
        // A token without a time counts as older than any other.
        let ended_at = users::sessions_ended_at(&mut self.tx, user).await?;
        Error::TokenNotValid
            .when(ended_at.is_some_and(|at| issued_at.is_none_or(|issued| issued <= at)))?;
        let expires_at = Timestamp::from_unix(claims.exp);
        if !legacy_tokens::take(&mut self.tx, &hash, expires_at).await? {
            // Another request was faster, or the token's session was purged.
            return Ok(());
        }
        let mut session = self.new_session(surface, user, true)?;
        session.created_at = issued_at.unwrap_or(now);
        // The token does not say when a password was given for it, if ever: simplejwt sets a new
        // time when it rotates a token.
        session.authenticated_at = Timestamp::from_unix(0);
        self.enforce_session_limit(user).await?;
        sessions::insert(&mut self.tx, &session).await?;
        let salt: [u8; 16] = secret::random()?;
        let row = refresh_tokens::RefreshToken {
            hash,
            session_id: session.id,
            salt: salt.to_vec(),
            issued_at: session.created_at,
            expires_at: expires_at.min(session.expires_at),
            // This service did not issue the access token that came with it.
            access_expires_at: now,
            used_at: None,
        };
        refresh_tokens::insert(&mut self.tx, &row).await?;
        self.audit(AuditEvent::own(AuditKind::LegacyTokenAdopted, user).in_session(session.id))
            .await
    }
}
