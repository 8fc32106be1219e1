//! How operators change users. Each operation is one transaction, which includes its audit events.
use super::{Admin, LockedUser};
use crate::{
    field_error::FieldError,
    flows::{
        Error, ProfileChange, Result, SessionId, User, UserId,
        account::profile::Profile,
        audit::{AuditEvent, AuditKind},
        mail::Kind,
        retry::retried,
        work::Work,
    },
    identifiers::{self, MOST_ROLES},
    store::{roles, sessions, users},
};
use std::collections::BTreeSet;

/// What an operator changes about a user; `None` leaves a value unchanged.
#[derive(Debug, Default)]
pub struct UserChange<'a> {
    /// The changes of the username, the first name and the language.
    pub profile: ProfileChange<'a>,
    /// Whether the user may log in. Disabling a user ends all their sessions.
    pub active: Option<bool>,
    /// Marks the address as confirmed, without a link.
    pub confirm: bool,
    /// Only superusers may change this.
    pub superuser: Option<bool>,
    /// All roles of the user after the change.
    pub roles: Option<Vec<&'a str>>,
    /// Whether to end the user's sessions. If not, access tokens already issued keep the old values until
    /// they expire.
    pub end_sessions: bool,
}

impl UserChange<'_> {
    /// Whether the change needs a recent password. A new profile grants no access, and ending sessions only
    /// removes access.
    fn needs_proof(&self) -> bool {
        self.active.is_some() || self.confirm || self.superuser.is_some() || self.roles.is_some()
    }
}

impl Admin<'_> {
    /// Applies all of `change` to a user, or none of it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Fields`], [`Error::LastSuperuser`]; [`Error::Forbidden`] for a change
    /// that the operator may not make; [`Error::PasswordRequired`].
    pub async fn change_user(&self, id: UserId, change: &UserChange<'_>) -> Result<User> {
        if change.superuser.is_some() {
            self.op.require_superuser()?;
        }
        if change.needs_proof() {
            self.require_recent_login()?;
        }
        let mut work = self.begin().await?;
        let locked = if change.active == Some(false) || change.superuser.is_some() {
            self.lock_superusers(&mut work.tx, id).await?
        } else {
            self.lock_target(&mut work.tx, id).await?
        };
        if change.superuser.is_some() {
            locked.require_superuser()?;
        }
        set_profile(&mut work, &locked.user, &change.profile).await?;
        if let Some(wanted) = &change.roles {
            set_roles(&mut work, &locked, wanted).await?;
        }
        if change.confirm && users::confirm_email(&mut work.tx, id, work.now).await? {
            work.audit(AuditEvent::about(AuditKind::UserConfirmed, id)).await?;
        }
        work.set_superuser(&locked.user, change.superuser).await?;
        work.set_active(&locked.user, change.active).await?;
        if change.superuser == Some(false) {
            work.end_acting(id).await?;
        }
        let ends = change.end_sessions || change.active == Some(false);
        finish(work, id, ends).await
    }

    /// Grants a role. Granting one that the user already has also succeeds.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Fields`] if `role` is not a role name or the user has too many roles;
    /// [`Error::Forbidden`] for a role that the operator does not have; [`Error::PasswordRequired`].
    pub async fn grant(&self, id: UserId, role: &str, end_sessions: bool) -> Result<User> {
        self.require_recent_login()?;
        let mut work = self.begin().await?;
        let locked = self.lock_target(&mut work.tx, id).await?;
        Error::field("role", FieldError::TooManyRoles(MOST_ROLES))
            .when(locked.user.roles.0.len() >= MOST_ROLES && !locked.user.roles.has(role))?;
        grant(&mut work, &locked, role).await?;
        finish(work, id, end_sessions).await
    }

    /// Revokes a role.
    ///
    /// # Errors
    /// [`Error::NotFound`], also if the user does not have the role; [`Error::Forbidden`],
    /// [`Error::PasswordRequired`].
    pub async fn revoke(&self, id: UserId, role: &str, end_sessions: bool) -> Result<User> {
        self.require_recent_login()?;
        let mut work = self.begin().await?;
        let user = self.lock_target(&mut work.tx, id).await?.user;
        if !user.roles.has(role) || !roles::revoke(&mut work.tx, id, role).await? {
            return Err(Error::NotFound);
        }
        work.audit(AuditEvent::about(AuditKind::RoleRevoked, id).detail(role)).await?;
        finish(work, id, end_sessions).await
    }

    /// Deletes a user and everything stored about them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::LastSuperuser`], [`Error::PasswordRequired`].
    pub async fn delete_user(&self, id: UserId) -> Result<()> {
        self.require_recent_login()?;
        retried(async || {
            let mut work = self.begin().await?;
            let locked = self.lock_superusers(&mut work.tx, id).await?;
            work.remove(&locked.user, AuditEvent::about(AuditKind::UserDeleted, id)).await
        })
        .await
    }

    /// Ends all sessions of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn end_sessions_of(&self, id: UserId) -> Result<()> {
        let mut work = self.begin().await?;
        self.lock_target(&mut work.tx, id).await?;
        work.end_sessions(id, None).await?;
        work.audit(AuditEvent::about(AuditKind::SessionsEnded, id)).await?;
        work.commit().await
    }

    /// Ends one session of a user, and its family.
    ///
    /// # Errors
    /// [`Error::NotFound`], also if the session belongs to another user or has ended; [`Error::Forbidden`].
    pub async fn end_session_of(&self, id: UserId, session: SessionId) -> Result<()> {
        let mut work = self.begin().await?;
        self.lock_target(&mut work.tx, id).await?;
        let session = sessions::by_id(&mut work.tx, session)
            .await?
            .filter(|s| s.user_id == id && s.ended_at.is_none())
            .ok_or(Error::NotFound)?;
        Error::NotFound.unless(work.end_family(&session).await?)?;
        work.audit(AuditEvent::about(AuditKind::SessionEnded, id).in_session(session.id)).await?;
        work.commit().await
    }

    /// Mails a user the link that resets their password.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn send_reset(&self, id: UserId) -> Result<()> {
        self.send(id, Kind::ResetPassword, AuditKind::PasswordResetSent).await
    }

    /// Mails a user the link that confirms their address, unless it is already confirmed.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn send_confirmation(&self, id: UserId) -> Result<()> {
        self.send(id, Kind::ConfirmEmail, AuditKind::ConfirmationSent).await
    }

    async fn send(&self, id: UserId, kind: Kind, event: AuditKind) -> Result<()> {
        let mut work = self.begin().await?;
        let user = self.lock_target(&mut work.tx, id).await?.user;
        if kind == Kind::ConfirmEmail && user.email_confirmed_at.is_some() {
            return Ok(());
        }
        work.mail(kind, &user).await?;
        work.audit(AuditEvent::about(event, id)).await?;
        work.commit().await
    }
}

/// Ends the user's sessions if `ends` is set, commits, and returns the updated user.
async fn finish(mut work: Work<'_>, id: UserId, ends: bool) -> Result<User> {
    let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
    if ends {
        work.end_sessions(id, None).await?;
    }
    work.commit().await?;
    Ok(user)
}

async fn set_profile(work: &mut Work<'_>, user: &User, change: &ProfileChange<'_>) -> Result<()> {
    let changed = change.named();
    if changed.is_empty() {
        return Ok(());
    }
    Profile::read(user, change)?.store(&mut work.tx, user.id).await?;
    work.audit(AuditEvent::about(AuditKind::UserChanged, user.id).detail(&changed.join(" "))).await
}

async fn set_roles(work: &mut Work<'_>, locked: &LockedUser, wanted: &[&str]) -> Result<()> {
    let id = locked.user.id;
    Error::field("roles", FieldError::TooManyRoles(MOST_ROLES))
        .when(wanted.iter().collect::<BTreeSet<_>>().len() > MOST_ROLES)?;
    for role in locked.user.roles.0.iter().filter(|role| !wanted.contains(&role.as_str())) {
        if roles::revoke(&mut work.tx, id, role).await? {
            work.audit(AuditEvent::about(AuditKind::RoleRevoked, id).detail(role)).await?;
        }
    }
    for role in wanted.iter().filter(|role| !locked.user.roles.has(role)) {
        grant(work, locked, role).await?;
    }
    Ok(())
}

async fn grant(work: &mut Work<'_>, locked: &LockedUser, role: &str) -> Result<()> {
    let role = identifiers::role(role).map_err(|e| Error::field("role", e))?;
    locked.require_role(&role)?;
    let id = locked.user.id;
    if roles::grant(&mut work.tx, id, &role, work.now).await? {
        work.audit(AuditEvent::about(AuditKind::RoleGranted, id).detail(&role)).await?;
    }
    Ok(())
}
