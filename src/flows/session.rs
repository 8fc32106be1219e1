//! Sessions: opened by a login, ended by many things, and the tokens that stand for them.
use super::{
    Auth, Caller, Claims, Error, Result, Session, SessionId, User, UserId,
    policy::{Envelope, Policy},
    secret,
    token::RefreshClaims,
};
use crate::{
    config::EmailConfirmation,
    store::{
        Channel, Conn, refresh_tokens,
        revocations::{self, Revocation},
        sessions::{self, Ended},
        users,
    },
    time::Timestamp,
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
    /// `None` where the presented refresh token stays valid.
    pub refresh: Option<RefreshToken>,
}

pub struct RefreshToken {
    /// In the envelope of the policy.
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
}

/// A refresh token as it was presented.
pub(super) struct Presented {
    pub id: Uuid,
    /// The session that its envelope names, if it has one.
    pub session: Option<Uuid>,
}

/// A refresh token that has just been stored, before it is put into its envelope.
#[derive(Clone, Copy)]
pub(super) struct Issued {
    pub id: Uuid,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

impl Auth {
    /// Whether `user` may have a session under `policy` as things are now; asked at login and at every
    /// refresh.
    pub(super) fn admit(&self, policy: &Policy, user: &User) -> Result<()> {
        if !user.is_active {
            return Err(Error::AccountDisabled);
        }
        if !self.is_confirmed_enough(user) {
            return Err(Error::EmailNotConfirmed);
        }
        if user.is_superuser && !policy.superusers {
            return Err(Error::SuperuserRefused);
        }
        Ok(())
    }

    /// Whether the address of `user` is confirmed, where that is demanded.
    pub(super) fn is_confirmed_enough(&self, user: &User) -> bool {
        let required = self.live().email_confirmation == EmailConfirmation::Required;
        user.email_confirmed_at.is_some() || !required
    }

    /// When an access token issued at `now` for a session that lives until `session` expires.
    pub(super) fn access_expires_at(&self, session: Timestamp, now: Timestamp) -> Timestamp {
        let seconds = Timestamp::from_unix(now.unix()).plus(self.live().access_token_lifetime);
        seconds.min(session)
    }

    /// A session of somebody who has just given the password, yet to be stored.
    pub(super) fn new_session(
        &self,
        caller: &Caller,
        policy: &Policy,
        user: UserId,
        remember: bool,
        now: Timestamp,
    ) -> Result<Session> {
        let longest = self.config.session_lifetime;
        let lifetime = if remember { longest } else { longest.min(UNREMEMBERED) };
        Ok(Session {
            id: SessionId(secret::token()?),
            user_id: user,
            client: policy.client.to_owned(),
            remember,
            ip: caller.ip.map(|ip| ip.to_string()),
            user_agent: caller.user_agent.clone(),
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus(lifetime),
            access_expires_at: now,
            ended_at: None,
        })
    }

    /// Stores a new session and its first refresh token.
    pub(super) async fn store_session(
        &self,
        db: &mut Conn,
        mut session: Session,
        now: Timestamp,
    ) -> Result<(Session, Issued)> {
        session.access_expires_at = self.access_expires_at(session.expires_at, now);
        sessions::insert(db, &session).await?;
        let issued = self.store_refresh_token(db, &session, secret::token()?, now).await?;
        Ok((session, issued))
    }

    /// Stores `id` as a refresh token of `session`.
    pub(super) async fn store_refresh_token(
        &self,
        db: &mut Conn,
        session: &Session,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Issued> {
        let expires_at = now.plus(self.live().refresh_token_lifetime).min(session.expires_at);
        let salt: [u8; 16] = secret::random()?;
        let row = refresh_tokens::RefreshToken {
            hash: secret::hash(id),
            session_id: session.id,
            salt: salt.to_vec(),
            issued_at: now,
            expires_at,
            access_expires_at: session.access_expires_at,
            used_at: None,
        };
        refresh_tokens::insert(db, &row).await?;
        Ok(Issued { id, at: now, expires_at })
    }

    /// Signs the tokens of a session. The access token expires when the session's row says: a lifetime that
    /// was changed meanwhile would let it outlive its revocation.
    pub(super) fn tokens(
        &self,
        policy: &Policy,
        user: User,
        session: &Session,
        refresh: Option<Issued>,
        now: Timestamp,
    ) -> Result<Tokens> {
        let expires_at = session.access_expires_at;
        let access = self.keys.sign(&self.claims(&user, session, expires_at, now)?)?;
        let refresh = match refresh {
            Some(issued) => Some(RefreshToken {
                token: self.wrap(policy.envelope, &user, session, issued)?,
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
            auth_time: session.authenticated_at.unix(),
            amr: vec!["pwd".to_owned()],
        })
    }

    fn wrap(
        &self,
        envelope: Envelope,
        user: &User,
        session: &Session,
        issued: Issued,
    ) -> Result<String> {
        match envelope {
            Envelope::Uuid => Ok(issued.id.to_string()),
            Envelope::Jwt => self.keys.sign(&RefreshClaims {
                iss: self.config.issuer().to_owned(),
                aud: self.config.jwt.audience.clone(),
                sub: user.id.0.to_string(),
                user_id: user.id.0,
                token_type: "refresh".to_owned(),
                iat: issued.at.unix(),
                exp: issued.expires_at.unix(),
                jti: issued.id,
                sid: session.id.0,
            }),
        }
    }

    /// Takes a refresh token out of whichever envelope it came in.
    pub(super) fn read_refresh_token(&self, presented: &str) -> Result<Presented> {
        if let Some(id) = secret::parse(presented) {
            return Ok(Presented { id, session: None });
        }
        let claims = self.keys.verify_refresh(presented, self.clock.now())?;
        Ok(Presented { id: claims.jti, session: Some(claims.sid) })
    }

    /// Writes down that sessions have ended; [`Auth::commit`] takes the result.
    pub(super) async fn revoke_access(
        &self,
        db: &mut Conn,
        ended: impl IntoIterator<Item = Ended>,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        let mut revoked = Vec::new();
        for session in ended {
            let expires_at = session.access_expires_at;
            // A clock that was set forward may be set back.
            if expires_at.plus(revocations::KEPT) > now {
                let r = Revocation { session_id: session.id, ended_at: now, expires_at };
                revocations::insert(db, &r).await?;
                revoked.push(r);
            }
        }
        if !revoked.is_empty() {
            db.notify(Channel::Revocations).await?;
        }
        Ok(revoked)
    }

    /// Ends every session of `user` but `keep`.
    pub(super) async fn end_sessions(
        &self,
        db: &mut Conn,
        user: UserId,
        keep: Option<SessionId>,
        now: Timestamp,
    ) -> Result<Vec<Revocation>> {
        users::note_sessions_ended(db, user, now).await?;
        let ended = sessions::end_others(db, user, keep, now).await?;
        self.revoke_access(db, ended, now).await
    }

    /// Commits, then lets this process know what was revoked.
    pub(super) async fn commit(&self, db: Conn, revoked: &[Revocation]) -> Result<()> {
        db.commit().await?;
        self.ended.add(revoked);
        Ok(())
    }
}
