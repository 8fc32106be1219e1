//! What operators do to users. Each act is one transaction, with its lines in the audit log.
use super::{Admin, LockedUser};
use crate::{
    field_error::FieldError,
    flows::{
        Error, ProfileChange, Result, SessionId, User, UserId, account::profile::Profile,
        audit::AuditEvent, mail::Kind, retry::retried, work::Work,
    },
    identifiers::{self, MOST_ROLES},
    store::{roles, sessions, users},
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

impl Admin<'_> {
    /// Changes a user, all of it or nothing.
    ///
    /// # Errors
    /// `NotFound`, `Fields`, `LastSuperuser`; `Forbidden` for what is not the operator's to do;
    /// `PasswordRequired`.
    pub async fn change_user(&self, id: UserId, change: &UserChange<'_>) -> Result<User> {
        if change.superuser.is_some() {
            self.op.demand_superuser()?;
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
            locked.demand_superuser()?;
        }
        set_profile(&mut work, &locked.user, &change.profile).await?;
        if let Some(wanted) = &change.roles {
            set_roles(&mut work, &locked, wanted).await?;
        }
        if change.confirm && users::confirm_email(&mut work.tx, id, work.now).await? {
            work.audit(AuditEvent::about("user_confirmed", id)).await?;
        }
        work.set_superuser(&locked.user, change.superuser).await?;
        work.set_active(&locked.user, change.active).await?;
        if change.superuser == Some(false) {
            work.end_acting(id).await?;
        }
        let ends = change.end_sessions || change.active == Some(false);
        finish(work, id, ends).await
    }

    /// Grants a role; one that the user has already is as good.
    ///
    /// # Errors
    /// `NotFound`, `Fields` if it is no name of a role, `Forbidden` for a role that the operator does
    /// not have, `PasswordRequired`.
    pub async fn grant(&self, id: UserId, role: &str, end_sessions: bool) -> Result<User> {
        self.require_recent_login()?;
        let mut work = self.begin().await?;
        let locked = self.lock_target(&mut work.tx, id).await?;
        if locked.user.roles.0.len() >= MOST_ROLES && !locked.user.roles.has(role) {
            return Err(Error::field("role", FieldError::TooManyRoles(MOST_ROLES)));
        }
        grant(&mut work, &locked, role).await?;
        finish(work, id, end_sessions).await
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// `NotFound`, also if the user has no such role; `Forbidden`, `PasswordRequired`.
    pub async fn revoke(&self, id: UserId, role: &str, end_sessions: bool) -> Result<User> {
        self.require_recent_login()?;
        let mut work = self.begin().await?;
        let user = self.lock_target(&mut work.tx, id).await?.user;
        if !user.roles.has(role) || !roles::revoke(&mut work.tx, id, role).await? {
            return Err(Error::NotFound);
        }
        work.audit(AuditEvent::about("role_revoked", id).detail(role)).await?;
        finish(work, id, end_sessions).await
    }

    /// Deletes a user and all that is stored of it.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `LastSuperuser`, `PasswordRequired`.
    pub async fn delete_user(&self, id: UserId) -> Result<()> {
        self.require_recent_login()?;
        retried(async || {
            let mut work = self.begin().await?;
            let locked = self.lock_superusers(&mut work.tx, id).await?;
            work.remove(&locked.user, AuditEvent::about("user_deleted", id)).await
        })
        .await
    }

    /// Ends every session of a user.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn end_sessions_of(&self, id: UserId) -> Result<()> {
        let mut work = self.begin().await?;
        self.lock_target(&mut work.tx, id).await?;
        work.end_sessions(id, None).await?;
        work.audit(AuditEvent::about("sessions_ended", id)).await?;
        work.commit().await
    }

    /// Ends one session of a user, and its family.
    ///
    /// # Errors
    /// `NotFound`, also for another user's session; `Forbidden`.
    pub async fn end_session_of(&self, id: UserId, session: SessionId) -> Result<()> {
        let mut work = self.begin().await?;
        self.lock_target(&mut work.tx, id).await?;
        let session = sessions::by_id(&mut work.tx, session)
            .await?
            .filter(|s| s.user_id == id && s.ended_at.is_none())
            .ok_or(Error::NotFound)?;
        if !work.end_family(&session).await? {
            return Err(Error::NotFound);
        }
        work.audit(AuditEvent::about("session_ended", id).in_session(session.id)).await?;
        work.commit().await
    }

    /// Mails a user the link that resets the password.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn send_reset(&self, id: UserId) -> Result<()> {
        self.send(id, Kind::ResetPassword, "password_reset_sent").await
    }

    /// Mails a user the link that confirms the address, unless it is confirmed.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn send_confirmation(&self, id: UserId) -> Result<()> {
        self.send(id, Kind::ConfirmEmail, "confirmation_sent").await
    }

    async fn send(&self, id: UserId, kind: Kind, event: &'static str) -> Result<()> {
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

/// Commits, having ended the user's sessions if `ends`; gives the user as they are now.
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
    work.audit(AuditEvent::about("user_changed", user.id).detail(&changed.join(" "))).await
}

async fn set_roles(work: &mut Work<'_>, locked: &LockedUser, wanted: &[&str]) -> Result<()> {
    let id = locked.user.id;
    if wanted.iter().collect::<BTreeSet<_>>().len() > MOST_ROLES {
        return Err(Error::field("roles", FieldError::TooManyRoles(MOST_ROLES)));
    }
    for role in locked.user.roles.0.iter().filter(|role| !wanted.contains(&role.as_str())) {
        if roles::revoke(&mut work.tx, id, role).await? {
            work.audit(AuditEvent::about("role_revoked", id).detail(role)).await?;
        }
    }
    for role in wanted.iter().filter(|role| !locked.user.roles.has(role)) {
        grant(work, locked, role).await?;
    }
    Ok(())
}

async fn grant(work: &mut Work<'_>, locked: &LockedUser, role: &str) -> Result<()> {
    let role = identifiers::role(role).map_err(|e| Error::field("role", e))?;
    locked.demand_role(&role)?;
    let id = locked.user.id;
    if roles::grant(&mut work.tx, id, &role, work.now).await? {
        work.audit(AuditEvent::about("role_granted", id).detail(&role)).await?;
    }
    Ok(())
}
