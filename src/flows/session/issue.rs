//! Sessions: opened by a login, and the tokens that stand for them. How they end: [`crate::flows::session::revoke`].
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

/// How long a session lives that ends with the browser: the browser may never be closed.
const UNREMEMBERED: Duration = Duration::from_hours(24);

/// What a login or a refresh gives.
pub struct Tokens {
    pub user: User,
    pub session: SessionId,
    /// The access JWT.
    pub access: String,
    /// How long the access token is good for.
    pub expires_in: Duration,
    /// `None` where the presented refresh token stays valid, and for whoever acts for somebody else.
    pub refresh: Option<RefreshToken>,
}

pub struct RefreshToken {
    /// In the envelope of the surface.
    pub token: String,
    pub expires_at: Timestamp,
    /// Whether a cookie that carries it may outlive the browser.
    pub remember: bool,
}

/// Who is signed in, as the database knows it now.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
    pub proof: Proof,
}

/// The token that proves who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Access {
        expires_at: Timestamp,
    },
    /// A refresh token, which a browser sends as its cookie.
    Refresh,
}

impl SignedIn {
    /// Until when a session may live that is opened out of this one: no longer than this one, nor than
    /// the access token that proves it.
    pub(crate) fn until(&self) -> Timestamp {
        match self.proof {
            Proof::Access { expires_at } => self.session.expires_at.min(expires_at),
            Proof::Refresh => self.session.expires_at,
        }
    }

    /// # Errors
    /// `Forbidden` to a superuser who acts for somebody else: passwords, addresses, further sessions
    /// and the service itself are not to be changed in another user's name.
    pub(crate) fn demand_self(&self) -> Result<()> {
        if self.session.actor_id.is_some() { Err(Error::Forbidden) } else { Ok(()) }
    }
}

/// A refresh token as it was presented.
pub(crate) struct ParsedToken {
    pub id: Uuid,
    /// The session that its envelope names, if it has one.
    pub session: Option<Uuid>,
}

/// A refresh token that has just been stored, before it is put into its envelope.
#[derive(Clone, Copy)]
pub(crate) struct IssuedToken {
    pub id: Uuid,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

impl Work<'_> {
    /// A session of a user who has just given their password, yet to be stored.
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
            last_seen_at: self.now,
            expires_at: self.now.plus(lifetime),
            access_expires_at: self.now,
            ended_at: None,
        })
    }

    /// Stores a new session of a user whose row is locked, and its first refresh token. Beyond
    /// [`MOST_SESSIONS`](super::revoke::MOST_SESSIONS) the least used one ends.
    pub async fn store_session(&mut self, mut session: Session) -> Result<(Session, IssuedToken)> {
        session.access_expires_at = self.auth.access_expires_at(session.expires_at, self.now);
        self.make_room(session.user_id).await?;
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
    /// Whether `user` may have a session under `surface` as things are now; asked at login and at every
    /// refresh.
    pub(crate) fn admit(&self, surface: &Surface, user: &User) -> Result<()> {
        if !user.is_active {
            return Err(Error::AccountDisabled);
        }
        if !self.is_confirmed_enough(user) {
            return Err(Error::EmailNotConfirmed);
        }
        if user.is_superuser && !surface.superusers {
            return Err(Error::SuperuserRefused);
        }
        Ok(())
    }

    /// Whether the address of `user` is confirmed, where that is demanded.
    pub(crate) fn is_confirmed_enough(&self, user: &User) -> bool {
        let required = self.runtime_settings().email_confirmation == EmailConfirmation::Required;
        user.email_confirmed_at.is_some() || !required
    }

    /// When an access token issued at `now` for a session that lives until `session` expires.
    pub(crate) fn access_expires_at(&self, session: Timestamp, now: Timestamp) -> Timestamp {
        let seconds =
            Timestamp::from_unix(now.unix()).plus(self.runtime_settings().access_token_lifetime);
        seconds.min(session)
    }

    /// Signs the tokens of a session. The access token expires when the session's row says: a lifetime that
    /// was changed meanwhile would let it outlive its revocation.
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
        Ok(Tokens { user, session: session.id, access, expires_in, refresh })
    }

    fn claims(
        &self,
        user: &User,
        session: &Session,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Claims> {
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
            // The user has given nothing where a superuser acts for them.
            auth_time: session.actor_id.map_or_else(|| session.authenticated_at.unix(), |_| 0),
            amr: session.actor_id.map_or_else(|| vec!["pwd".to_owned()], |_| Vec::new()),
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

    /// Takes a refresh token out of whichever envelope it came in.
    pub(crate) fn read_refresh_token(&self, presented: &str) -> Result<ParsedToken> {
        if let Some(id) = secret::parse(presented) {
            return Ok(ParsedToken { id, session: None });
        }
        let claims = self.keys.verify_refresh(presented, self.clock.now())?;
        Ok(ParsedToken { id: claims.jti, session: Some(claims.sid) })
    }
}
