//! Opening sessions, and issuing their tokens. [`crate::flows::session::revoke`] ends them.
use crate::{
    config::EmailConfirmation,
    flows::{
        Auth, Error, Result, Session, SessionId, User, UserId,
        surface::{Envelope, Surface},
        work::Work,
    },
    secret,
    store::{refresh_tokens, sessions},
    time::Timestamp,
    tokens::{
        Claims,
        claims::{Actor, RefreshClaims},
    },
};
use std::time::Duration;
use uuid::Uuid;

/// The longest lifetime of a session that should end with the browser, since a browser may never be
/// closed.
const UNREMEMBERED: Duration = Duration::from_hours(24);

/// The result of a login or a refresh.
pub struct Tokens {
    /// The user whom the tokens are for.
    pub user: User,
    /// The id of the session that the tokens belong to.
    pub session: SessionId,
    /// The access JWT.
    pub access: String,
    /// How long the access token is valid.
    pub expires_in: Duration,
    /// `None` if the presented refresh token stays valid, or if a superuser acts for another user.
    pub refresh: Option<RefreshToken>,
    /// The value that makes the device known at its next login, if this was a login. A surface that
    /// sets cookies stores it in one.
    pub device: Option<String>,
}

/// A refresh token as the client gets it.
pub struct RefreshToken {
    /// In the envelope of the surface.
    pub token: String,
    /// When the token expires: no later than its session does.
    pub expires_at: Timestamp,
    /// Whether a cookie that carries it may outlive the browser.
    pub remember: bool,
}

/// A logged-in user and their session, as the database has them now.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The user whom the session is for.
    pub user: User,
    /// The session that the token belongs to.
    pub session: Session,
    /// The kind of token that the caller presented.
    pub proof: Proof,
}

/// The token that proves who the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An access token.
    Access {
        /// When the access token expires.
        expires_at: Timestamp,
    },
    /// A refresh token, which a browser sends as its cookie.
    Refresh,
}

impl SignedIn {
    /// When a session that is opened from this one must expire: no later than this one, and no
    /// later than the access token that proves it.
    pub(crate) fn until(&self) -> Timestamp {
        match self.proof {
            Proof::Access { expires_at } => self.session.expires_at.min(expires_at),
            Proof::Refresh => self.session.expires_at,
        }
    }

    /// Refuses a superuser who acts for another user.
    ///
    /// # Errors
    /// [`Error::Forbidden`]: nobody may change passwords, email addresses, further sessions or the
    /// service itself in another user's name.
    pub(crate) fn require_self(&self) -> Result<()> {
        Error::Forbidden.when(self.session.actor_id.is_some())
    }
}

/// A refresh token as it was presented.
pub(crate) struct ParsedToken {
    pub id: Uuid,
    /// The session that its envelope names, if it names one.
    pub session: Option<Uuid>,
}

/// A stored refresh token, before it is put into its envelope.
#[derive(Clone, Copy)]
pub(crate) struct IssuedToken {
    pub id: Uuid,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

impl Work<'_> {
    /// Makes a session for a user who has just given their password. It is not stored yet.
    pub fn new_session(&self, surface: &Surface, user: UserId, remember: bool) -> Result<Session> {
        let longest = self.auth.config.session_lifetime;
        let lifetime = if remember { longest } else { longest.min(UNREMEMBERED) };
        Ok(Session {
            id: SessionId(secret::token()?),
            user_id: user,
            client: surface.client.to_owned(),
            rotation: surface.rotation,
            family_id: None,
            actor_id: None,
            remember,
            ip: self.caller.ip.map(|ip| ip.to_string()),
            user_agent: self.caller.user_agent.clone(),
            created_at: self.now,
            authenticated_at: self.now,
            amr: "pwd".to_owned(),
            last_seen_at: self.now,
            expires_at: self.now.plus(lifetime),
            access_expires_at: self.now,
            ended_at: None,
        })
    }

    /// Stores a new session and its first refresh token. The user's row must be locked. If there
    /// are more than [`MOST_SESSIONS`](super::revoke::MOST_SESSIONS), the least recently used one
    /// ends.
    pub async fn store_session(&mut self, mut session: Session) -> Result<(Session, IssuedToken)> {
        session.access_expires_at = self.auth.access_expires_at(session.expires_at, self.now);
        self.enforce_session_limit(session.user_id).await?;
        sessions::insert(&mut self.tx, &session).await?;
        let issued = self.store_refresh_token(&session, secret::token()?).await?;
        Ok((session, issued))
    }

    /// Stores `id` as a refresh token of `session`.
    pub async fn store_refresh_token(
        &mut self,
        session: &Session,
        id: Uuid,
    ) -> Result<IssuedToken> {
        let lifetime = self.auth.runtime_settings().refresh_token_lifetime;
        let expires_at = self.now.plus(lifetime).min(session.expires_at);
        let salt: [u8; 16] = secret::random()?;
        let row = refresh_tokens::RefreshToken {
            hash: secret::hash(id),
            session_id: session.id,
            salt: salt.to_vec(),
            issued_at: self.now,
            expires_at,
            access_expires_at: session.access_expires_at,
            used_at: None,
        };
        refresh_tokens::insert(&mut self.tx, &row).await?;
        Ok(IssuedToken { id, at: self.now, expires_at })
    }
}

impl Auth {
    /// Checks, at login and at every refresh, that `user` may have a session on `surface` now.
    pub(crate) fn admit(&self, surface: &Surface, user: &User) -> Result<()> {
        Error::AccountDisabled.unless(user.is_active)?;
        Error::EmailNotConfirmed.unless(self.meets_email_confirmation(user))?;
        Error::SuperuserRefused.when(user.is_superuser && !surface.superusers)
    }

    /// Whether the address of `user` is confirmed, or does not have to be.
    pub(crate) fn meets_email_confirmation(&self, user: &User) -> bool {
        let required = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        user.email_confirmed_at.is_some() || !required
    }

    /// The expiry of an access token that is issued at `now` in a session that expires at
    /// `session`.
    pub(crate) fn access_expires_at(&self, session: Timestamp, now: Timestamp) -> Timestamp {
        let seconds =
            Timestamp::from_unix(now.unix()).plus(self.runtime_settings().access_token_lifetime);
        seconds.min(session)
    }

    /// Signs the tokens of a session. The expiry of the access token is the one in the session's
    /// row: with a lifetime that was changed meanwhile, the token could outlive its revocation.
    pub(crate) fn tokens(
        &self,
        surface: &Surface,
        user: User,
        session: &Session,
        refresh: Option<IssuedToken>,
        now: Timestamp,
    ) -> Result<Tokens> {
        let expires_at = session.access_expires_at;
        let access = self.keys.sign(&self.claims(&user, session, expires_at, now)?)?;
        let refresh = match refresh {
            Some(issued) => Some(RefreshToken {
                token: self.wrap(surface.envelope, &user, session, issued)?,
                expires_at: issued.expires_at,
                remember: session.remember,
            }),
            None => None,
        };
        let expires_in = Timestamp::from_unix(now.unix()).until(expires_at);
        Ok(Tokens { user, session: session.id, access, expires_in, refresh, device: None })
    }

    fn claims(
        &self,
        user: &User,
        session: &Session,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Claims> {
        // If a superuser acts for the user, the user proved nothing.
        let auth_time = session.actor_id.map_or_else(|| session.authenticated_at.unix(), |_| 0);
        Ok(Claims {
            iss: self.config.issuer().to_owned(),
            aud: self.config.jwt.audience.clone(),
            sub: user.id.0.to_string(),
            user_id: user.id.0,
            token_type: "access".to_owned(),
            iat: now.unix(),
            nbf: now.unix(),
            exp: expires_at.unix(),
            jti: secret::token()?,
            sid: session.id.0,
            username: user.username.clone().unwrap_or_default(),
            email: user.email.clone(),
            email_verified: user.email_confirmed_at.is_some(),
            role: user.roles.main().to_owned(),
            roles: user.roles.0.clone(),
            is_superuser: user.is_superuser,
            auth_time,
            amr: session.amr.split(' ').filter(|_| auth_time != 0).map(str::to_owned).collect(),
            act: session.actor_id.map(|id| Actor { sub: id.0.to_string() }),
        })
    }

    fn wrap(
        &self,
        envelope: Envelope,
        user: &User,
        session: &Session,
        issued: IssuedToken,
    ) -> Result<String> {
        match envelope {
            Envelope::Uuid => Ok(issued.id.to_string()),
            Envelope::Jwt => Ok(self.keys.sign(&RefreshClaims {
                iss: self.config.issuer().to_owned(),
                aud: self.config.jwt.audience.clone(),
                sub: user.id.0.to_string(),
                user_id: user.id.0,
                token_type: "refresh".to_owned(),
                iat: issued.at.unix(),
                exp: issued.expires_at.unix(),
                jti: issued.id,
                sid: session.id.0,
            })?),
        }
    }

    /// Reads a refresh token in either envelope.
    pub(crate) fn read_refresh_token(&self, presented: &str) -> Result<ParsedToken> {
        if let Some(id) = secret::parse(presented) {
            return Ok(ParsedToken { id, session: None });
        }
        let claims = self.keys.verify_refresh(presented, self.clock.now())?;
        Ok(ParsedToken { id: claims.jti, session: Some(claims.sid) })
    }
}
