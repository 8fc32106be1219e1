//! What operators do to users. Each act is one transaction, with its lines in the audit log.
use super::LockedUser;
use crate::{
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Error, Operator, ProfileChange, Result, SessionId, User, UserId,
        account::profile::Profile,
        audit::{AuditKind, record},
        mail::{self, Kind},
        retry::retried,
    },
    identifiers::{self, MOST_ROLES},
    store::{roles, sessions, users},
    time::Timestamp,
};
use std::collections::BTreeSet;

/// What an operator changes about a user; `None` leaves a thing as it is.
#[derive(Debug, Default)]
pub struct UserChange<'a> {
    pub profile: ProfileChange<'a>,
    /// Whether the user may log in; disabling ends every session.
    pub active: Option<bool>,
    /// The address is taken as confirmed, without a link.
    pub confirm: bool,
    /// For superusers to change.
    pub superuser: Option<bool>,
    /// All the roles that the user is to have.
    pub roles: Option<Vec<&'a str>>,
    /// Whether tokens that are out already end with what the user was: if not, they say what it was
    /// until they expire.
    pub end_sessions: bool,
}

impl UserChange<'_> {
    /// A profile opens no door, and an end of sessions closes some.
    fn needs_proof(&self) -> bool {
        self.active.is_some() || self.confirm || self.superuser.is_some() || self.roles.is_some()
    }
}

impl Auth {
    /// Changes a user, all of it or nothing.
    ///
    /// # Errors
    /// `NotFound`, `Fields`, `LastSuperuser`; `Forbidden` for what is not the operator's to do;
    /// `PasswordRequired`.
    pub async fn change_user(
        &self,
        op: &Operator,
        id: UserId,
        change: &UserChange<'_>,
    ) -> Result<User> {
        if change.superuser.is_some() {
            op.demand_superuser()?;
        }
        if change.needs_proof() {
            self.demand_proof(op)?;
        }
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let held = if change.active == Some(false) || change.superuser.is_some() {
            self.lock_superusers(&mut db, op, id).await?
        } else {
            self.lock_target(&mut db, op, id).await?
        };
        if change.superuser.is_some() {
            held.demand_superuser()?;
        }
        set_profile(&mut db, op, &held.user, &change.profile, now).await?;
        if let Some(wanted) = &change.roles {
            set_roles(&mut db, op, &held, wanted, now).await?;
        }
        if change.confirm && users::confirm_email(&mut db, id, now).await? {
            op.record(&mut db, AuditKind::UserConfirmed, Some(id), "", now).await?;
        }
        self.set_superuser(&mut db, op, &held.user, change.superuser, now).await?;
        self.set_active(&mut db, op, &held.user, change.active, now).await?;
        let mut revoked = Vec::new();
        if change.superuser == Some(false) {
            revoked = self.end_acting(&mut db, id, now).await?;
        }
        if change.end_sessions || change.active == Some(false) {
            revoked.extend(self.end_sessions(&mut db, id, None, now).await?);
        }
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        self.commit(db, &revoked).await?;
        Ok(user)
    }

    /// Grants a role; one that the user has already is as good.
    ///
    /// # Errors
    /// `NotFound`, `Fields` if it is no name of a role, `Forbidden` for a role that the operator does
    /// not have, `PasswordRequired`.
    pub async fn grant(
        &self,
        op: &Operator,
        id: UserId,
        role: &str,
        end_sessions: bool,
    ) -> Result<User> {
        self.demand_proof(op)?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let held = self.lock_target(&mut db, op, id).await?;
        if held.user.roles.0.len() >= MOST_ROLES && !held.user.roles.has(role) {
            return Err(Error::field("role", FieldError::TooManyRoles(MOST_ROLES)));
        }
        grant(&mut db, op, &held, role, now).await?;
        self.finish(db, id, end_sessions, now).await
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// `NotFound`, also if the user has no such role; `Forbidden`, `PasswordRequired`.
    pub async fn revoke(
        &self,
        op: &Operator,
        id: UserId,
        role: &str,
        end_sessions: bool,
    ) -> Result<User> {
        self.demand_proof(op)?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let user = self.lock_target(&mut db, op, id).await?.user;
        if !user.roles.has(role) || !roles::revoke(&mut db, id, role).await? {
            return Err(Error::NotFound);
        }
        op.record(&mut db, AuditKind::RoleRevoked, Some(id), role, now).await?;
        self.finish(db, id, end_sessions, now).await
    }

    /// Commits, having ended the user's sessions if that is wanted; the user as it is now.
    async fn finish(&self, mut db: Conn, id: UserId, end: bool, now: Timestamp) -> Result<User> {
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        let revoked =
            if end { self.end_sessions(&mut db, id, None, now).await? } else { Vec::new() };
        self.commit(db, &revoked).await?;
        Ok(user)
    }

    /// Deletes a user and all that is stored of it.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `LastSuperuser`, `PasswordRequired`.
    pub async fn delete_user(&self, op: &Operator, id: UserId) -> Result<()> {
        self.demand_proof(op)?;
        retried(async || {
            let mut db = self.db.write().await?;
            let held = self.lock_superusers(&mut db, op, id).await?;
            let act = op.act(AuditKind::UserDeleted, Some(id), "");
            self.remove(db, op.caller(), &held.user, act, self.clock.now()).await
        })
        .await
    }

    /// Ends every session of a user.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn end_sessions_of(&self, op: &Operator, id: UserId) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        self.lock_target(&mut db, op, id).await?;
        let revoked = self.end_sessions(&mut db, id, None, now).await?;
        op.record(&mut db, AuditKind::SessionsEnded, Some(id), "", now).await?;
        self.commit(db, &revoked).await
    }

    /// Ends one session of a user, and its family.
    ///
    /// # Errors
    /// `NotFound`, also for another user's session; `Forbidden`.
    pub async fn end_session_of(
        &self,
        op: &Operator,
        id: UserId,
        session: SessionId,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        self.lock_target(&mut db, op, id).await?;
        let session = sessions::by_id(&mut db, session)
            .await?
            .filter(|s| s.user_id == id && s.ended_at.is_none())
            .ok_or(Error::NotFound)?;
        let revoked = self.end_family(&mut db, &session, now).await?.ok_or(Error::NotFound)?;
        let act = op.act(AuditKind::SessionEnded, Some(id), "").in_session(session.id);
        record(&mut db, op.caller(), act, now).await?;
        self.commit(db, &revoked).await
    }

    /// Mails a user the link that resets the password.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn send_reset(&self, op: &Operator, id: UserId) -> Result<()> {
        self.send(op, id, Kind::ResetPassword, AuditKind::PasswordResetSent).await
    }

    /// Mails a user the link that confirms the address, unless it is confirmed.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn send_confirmation(&self, op: &Operator, id: UserId) -> Result<()> {
        self.send(op, id, Kind::ConfirmEmail, AuditKind::ConfirmationSent).await
    }

    async fn send(&self, op: &Operator, id: UserId, mail: Kind, act: AuditKind) -> Result<()> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let user = self.lock_target(&mut db, op, id).await?.user;
        if mail == Kind::ConfirmEmail && user.email_confirmed_at.is_some() {
            return Ok(());
        }
        mail::to_user(&mut db, mail, &user, now).await?;
        op.record(&mut db, act, Some(id), "", now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }
}

async fn set_profile(
    db: &mut Conn,
    op: &Operator,
    user: &User,
    change: &ProfileChange<'_>,
    now: Timestamp,
) -> Result<()> {
    let changed = change.named();
    if changed.is_empty() {
        return Ok(());
    }
    Profile::read(user, change)?.store(db, user.id).await?;
    op.record(db, AuditKind::UserChanged, Some(user.id), &changed.join(" "), now).await
}

async fn set_roles(
    db: &mut Conn,
    op: &Operator,
    held: &LockedUser,
    wanted: &[&str],
    now: Timestamp,
) -> Result<()> {
    let id = held.user.id;
    if wanted.iter().collect::<BTreeSet<_>>().len() > MOST_ROLES {
        return Err(Error::field("roles", FieldError::TooManyRoles(MOST_ROLES)));
    }
    for role in held.user.roles.0.iter().filter(|role| !wanted.contains(&role.as_str())) {
        if roles::revoke(db, id, role).await? {
            op.record(db, AuditKind::RoleRevoked, Some(id), role, now).await?;
        }
    }
    for role in wanted.iter().filter(|role| !held.user.roles.has(role)) {
        grant(db, op, held, role, now).await?;
    }
    Ok(())
}

async fn grant(
    db: &mut Conn,
    op: &Operator,
    held: &LockedUser,
    role: &str,
    now: Timestamp,
) -> Result<()> {
    let role = identifiers::role(role).map_err(|e| Error::field("role", e))?;
    held.demand_role(&role)?;
    if roles::grant(db, held.user.id, &role, now).await? {
        op.record(db, AuditKind::RoleGranted, Some(held.user.id), &role, now).await?;
    }
    Ok(())
}
