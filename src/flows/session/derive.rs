//! Sessions opened out of another one: for oneself, or by a superuser for somebody else. Both belong to
//! the family of the session that they come from, and neither outlives it or the token that proves it.
use super::issue::Proof;
use crate::{
    db::Conn,
    flows::{
        Auth, Caller, Error, Result, Session, SessionId, SignedIn, Tokens, UserId,
        audit::{Actor, AuditEvent, AuditKind, record},
        surface::{Rotation, Surface},
    },
    secret,
    store::{refresh_tokens, sessions, users},
    time::Timestamp,
};

impl Auth {
    /// Opens a session of `id` for `by`: that user itself, or a superuser, who gets an access token alone
    /// (kept in the audit log).
    ///
    /// # Errors
    /// `Forbidden` for another user's id, and for the refresh token of a session that rotates strictly;
    /// to superusers only `NotFound` for an unknown id, and `PasswordRequired`.
    pub async fn tokens_for(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
        id: UserId,
    ) -> Result<Tokens> {
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
        by.demand_self()?;
        if by.session.rotation == Rotation::Strict && by.proof == Proof::Refresh {
            // It would give any number of access tokens without being used up.
            return Err(Error::Forbidden);
        }
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let user = users::by_id(&mut db, by.user.id).await?.ok_or(Error::TokenNotValid)?;
        self.admit(surface, &user)?;
        if !users::note_login(&mut db, user.id, user.credential_version, now).await? {
            return Err(Error::TokenNotValid);
        }
        let origin = self.lock_session(&mut db, by, now).await?;
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
        let (session, issued, revoked) = self.store_session(&mut db, session, now).await?;
        let act = AuditEvent::own(AuditKind::TokensIssued, user.id).in_session(session.id);
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await?;
        self.tokens(surface, user, &session, Some(issued), now)
    }

    /// Opens a session of `id` for a superuser who has just given the password. It is good for one access
    /// token, which names the superuser (`act`: RFC 8693, 4.1). With `renew`, the refresh tokens that
    /// the user has are dead from now on.
    ///
    /// # Errors
    /// `Forbidden` to all but superusers; `PasswordRequired`; `NotFound`; `AccountDisabled`,
    /// `EmailNotConfirmed`, `SuperuserRefused`.
    pub(crate) async fn act_for(
        &self,
        caller: &Caller,
        surface: &Surface,
        by: &SignedIn,
        id: UserId,
        renew: bool,
    ) -> Result<Tokens> {
        if !by.user.is_superuser {
            return Err(Error::Forbidden);
        }
        self.demand_proof_of(by)?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        // By id, or two superusers would wait for each other.
        for id in [by.user.id.min(id), by.user.id.max(id)] {
            users::lock(&mut db, id).await?;
        }
        let operator = users::by_id(&mut db, by.user.id).await?;
        if !operator.is_some_and(|u| u.is_active && u.is_superuser) {
            return Err(Error::Forbidden);
        }
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        self.admit(surface, &user)?;
        let origin = self.lock_session(&mut db, by, now).await?;
        let expires_at = self.access_expires_at(by.until(), now);
        let session = Session {
            family_id: Some(origin.family()),
            actor_id: Some(by.user.id),
            authenticated_at: origin.authenticated_at,
            expires_at,
            access_expires_at: expires_at,
            // Where a superuser is, is not for the user to see among the sessions.
            ..self.new_session(&Caller::default(), surface, id, false, now)?
        };
        let revoked = self.make_room(&mut db, id, now).await?;
        sessions::insert(&mut db, &session).await?;
        if renew {
            sessions::lock_all(&mut db, id).await?;
            refresh_tokens::expire_all(&mut db, id, now).await?;
        }
        let act = AuditEvent {
            kind: if renew { AuditKind::RefreshTokensRenewed } else { AuditKind::TokensIssued },
            actor: Actor::User(by.user.id),
            target: Some(id),
            session: Some(session.id),
            detail: "",
        };
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await?;
        self.tokens(surface, user, &session, None, now)
    }

    /// Holds the session of `by`, if it lives, so that it does not end meanwhile; as it is now.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub(crate) async fn lock_session(
        &self,
        db: &mut Conn,
        by: &SignedIn,
        now: Timestamp,
    ) -> Result<Session> {
        let Session { id, ip, user_agent, access_expires_at, .. } = &by.session;
        let seen = (ip.as_deref(), user_agent.as_deref());
        if !sessions::touch(db, *id, seen, *access_expires_at, now).await? {
            return Err(Error::TokenNotValid);
        }
        sessions::by_id(db, *id).await?.ok_or(Error::TokenNotValid)
    }
}
