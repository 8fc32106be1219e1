//! Sessions opened from another session: by a user for themselves, or by a superuser for another
//! user. Both belong to the family of the session that they come from. Neither outlives that
//! session or the token that proves it.
use super::issue::Proof;
use crate::{
    flows::{
        Auth, Caller, Error, Result, Session, SessionId, SignedIn, Tokens, UserId,
        audit::{Actor, AuditEvent, AuditKind},
        limits::Action,
        surface::{Rotation, Surface},
        work::Work,
    },
    secret,
    store::{refresh_tokens, sessions, users},
};

impl Auth {
    /// Opens another session of the user `id`, and records it in the audit log. `by` is that user,
    /// or a superuser, who gets only an access token.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for another user's id, and for the refresh token of a session that
    /// rotates strictly. For superusers only: [`Error::NotFound`] for an unknown id, and
    /// [`Error::PasswordRequired`]. [`Error::RateLimited`].
    pub async fn tokens_for(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
        id: UserId,
    ) -> Result<Tokens> {
        self.limit(caller, Action::Refresh)?;
        if by.user.id == id {
            self.open_another(caller, surface, by).await
        } else {
            self.act_for(caller, surface, by, id, false).await
        }
    }

    async fn open_another(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
    ) -> Result<Tokens> {
        by.require_self()?;
        if by.session.rotation == Rotation::Strict && by.proof == Proof::Refresh {
            // It would give any number of access tokens without being consumed.
            return Err(Error::Forbidden);
        }
        let mut work = self.begin(caller).await?;
        let now = work.now;
        let user = users::by_id(&mut work.tx, by.user.id).await?.ok_or(Error::TokenNotValid)?;
        self.admit(surface, &user)?;
        if !users::note_login(&mut work.tx, user.id, user.credential_version, now).await? {
            return Err(Error::TokenNotValid);
        }
        let origin = work.lock_session(by).await?;
        let session = Session {
            id: SessionId(secret::token()?),
            client: surface.client.to_owned(),
            rotation: surface.rotation.max(origin.rotation),
            family_id: Some(origin.family()),
            ip: caller.ip.map(|ip| ip.to_string()),
            user_agent: caller.user_agent.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at: by.until(),
            ..origin
        };
        let (session, issued) = work.store_session(session).await?;
        work.audit(AuditEvent::own(AuditKind::TokensIssued, user.id).in_session(session.id))
            .await?;
        work.commit().await?;
        self.tokens(surface, user, &session, Some(issued), now)
    }

    /// Opens a session of the user `id` for a superuser who has recently given their password. The
    /// session has one access token, which names the superuser (`act`: RFC 8693, 4.1). With
    /// `renew`, the user's present refresh tokens become invalid.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless `by` is a superuser; [`Error::PasswordRequired`];
    /// [`Error::NotFound`]; [`Error::AccountDisabled`], [`Error::EmailNotConfirmed`],
    /// [`Error::SuperuserRefused`].
    pub(crate) async fn act_for(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
        id: UserId,
        renew: bool,
    ) -> Result<Tokens> {
        Error::Forbidden.unless(by.user.is_superuser)?;
        self.require_recent_login_of(by)?;
        let mut work = self.begin_as(caller, Actor::User(by.user.id)).await?;
        let now = work.now;
        // Locked in the order of ids, or two superusers would wait for each other.
        for id in [by.user.id.min(id), by.user.id.max(id)] {
            users::lock(&mut work.tx, id).await?;
        }
        let operator = users::by_id(&mut work.tx, by.user.id).await?;
        Error::Forbidden.unless(operator.is_some_and(|u| u.is_active && u.is_superuser))?;
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        self.admit(surface, &user)?;
        let origin = work.lock_session(by).await?;
        let expires_at = self.access_expires_at(by.until(), now);
        let session = Session {
            family_id: Some(origin.family()),
            actor_id: Some(by.user.id),
            authenticated_at: origin.authenticated_at,
            amr: origin.amr.clone(),
            expires_at,
            access_expires_at: expires_at,
            // The user must not see where the superuser is.
            ip: None,
            user_agent: None,
            ..work.new_session(surface, id, false)?
        };
        work.enforce_session_limit(id).await?;
        sessions::insert(&mut work.tx, &session).await?;
        if renew {
            sessions::lock_all(&mut work.tx, id).await?;
            refresh_tokens::expire_all(&mut work.tx, id, now).await?;
        }
        let kind = if renew { AuditKind::RefreshTokensRenewed } else { AuditKind::TokensIssued };
        work.audit(AuditEvent::about(kind, id).in_session(session.id)).await?;
        work.commit().await?;
        self.tokens(surface, user, &session, None, now)
    }
}

impl Work<'_> {
    /// Locks the session of `by`, so that it does not end meanwhile, and returns it as it is now.
    ///
    /// # Errors
    /// [`Error::TokenNotValid`] if the session has ended.
    pub async fn lock_session(&mut self, by: &SignedIn) -> Result<Session> {
        let Session { id, ip, user_agent, access_expires_at, .. } = &by.session;
        let seen = (ip.as_deref(), user_agent.as_deref());
        if !sessions::touch(&mut self.tx, *id, seen, *access_expires_at, self.now).await? {
            return Err(Error::TokenNotValid);
        }
        sessions::by_id(&mut self.tx, *id).await?.ok_or(Error::TokenNotValid)
    }
}
