//! Operators: the command line, a superuser, or a user with the role `ADMIN`.
//!
//! A superuser may do everything. An admin sees users, changes those who are not superusers, and grants
//! only roles that they have. An operation that does harm or grants access requires the password again if
//! it was not given recently (OWASP ASVS 5, 7.5.3).

use crate::flows::{
    Auth, Caller, Error, Result, SignedIn, User, UserId,
    audit::{Actor, AuditEvent, AuditKind},
    work::Work,
};
use crate::{
    db::{Conn, Tx},
    store::{sessions, users},
};
use std::time::Duration;

/// The role that makes a user an operator.
pub const ADMIN: &str = "ADMIN";

/// How long after the password was given an operation does not ask for it again.
pub const PROOF: Duration = Duration::from_mins(10);

/// A caller who may use the flows of operators.
#[derive(Clone, Debug)]
pub struct Operator {
    caller: Caller,
    /// `None` at the command line.
    by: Option<SignedIn>,
}

impl Operator {
    /// # Errors
    /// [`Error::Forbidden`] unless the user is a superuser or has the role `ADMIN`, and acts for themselves.
    pub fn new(caller: &Caller, by: SignedIn) -> Result<Self> {
        by.require_self()?;
        Error::Forbidden.unless(by.user.has_role(ADMIN))?;
        Ok(Self { caller: caller.clone(), by: Some(by) })
    }

    /// The command line: anyone with a shell where the service runs.
    pub fn cli() -> Self {
        Self { caller: Caller::default(), by: None }
    }

    /// The sender of the operator's request.
    pub(super) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The logged-in user; `None` at the command line.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        self.by.as_ref()
    }

    /// Whether the operator is the command line or a superuser.
    pub fn is_superuser(&self) -> bool {
        self.by.as_ref().is_none_or(|by| by.user.is_superuser)
    }

    /// # Errors
    /// [`Error::Forbidden`] otherwise.
    pub(crate) fn require_superuser(&self) -> Result<()> {
        Error::Forbidden.unless(self.is_superuser())
    }

    /// Checks that the operator may see more of `user` than the profile.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if `user` is a superuser and the operator is not.
    pub(crate) fn require_visibility(&self, user: &User) -> Result<()> {
        if user.is_superuser { self.require_superuser() } else { Ok(()) }
    }

    /// The actor that audit events name.
    pub(crate) fn actor(&self) -> Actor {
        self.by.as_ref().map_or(Actor::Cli, |by| Actor::User(by.user.id))
    }
}

/// A user that an operator is about to change, locked until the transaction ends.
pub(crate) struct LockedUser {
    pub user: User,
    /// The operator as stored now; `None` at the command line.
    operator: Option<User>,
}

impl LockedUser {
    /// # Errors
    /// [`Error::Forbidden`] if the operator is not, or no longer, a superuser.
    pub fn require_superuser(&self) -> Result<()> {
        Error::Forbidden.unless(self.operator.as_ref().is_none_or(|o| o.is_superuser))
    }

    /// # Errors
    /// [`Error::Forbidden`] for a role that the operator does not have.
    pub fn require_role(&self, role: &str) -> Result<()> {
        Error::Forbidden.unless(self.operator.as_ref().is_none_or(|o| o.has_role(role)))
    }
}

/// The operations of one operator, from [`Auth::admin`]. Each is a method.
pub struct Admin<'a> {
    pub(in crate::flows) auth: &'a Auth,
    pub(in crate::flows) op: &'a Operator,
}

impl Auth {
    /// The operations for `op`. Each checks its own permission against the current state of the database.
    pub fn admin<'a>(&'a self, op: &'a Operator) -> Admin<'a> {
        Admin { auth: self, op }
    }

    /// Checks that the user acts for themselves and gave the password within [`PROOF`].
    pub(crate) fn require_recent_login_of(&self, by: &SignedIn) -> Result<()> {
        by.require_self()?;
        let late = by.session.authenticated_at.plus(PROOF) < self.clock.now();
        // Whoever logged in by mail has not given the password.
        Error::PasswordRequired.when(late || by.session.amr != "pwd")
    }

    /// Re-authenticates with the password. The session then counts as just logged in.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password is wrong.
    pub async fn confirm_password(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
    ) -> Result<()> {
        self.reauthenticate(caller, by, "password", password).await?;
        let mut work = self.begin_by(caller, by).await?;
        sessions::authenticate(&mut work.tx, by.session.id, work.now).await?;
        work.audit(AuditEvent::new(AuditKind::PasswordConfirmed)).await?;
        work.commit().await
    }
}

impl Admin<'_> {
    /// # Errors
    /// [`Error::PasswordRequired`] if the password was last given more than [`PROOF`] ago.
    pub fn require_recent_login(&self) -> Result<()> {
        self.op.by.as_ref().map_or(Ok(()), |by| self.auth.require_recent_login_of(by))
    }

    /// Begins a transaction whose audit events name the operator.
    pub(in crate::flows) async fn begin(&self) -> Result<Work<'_>> {
        self.auth.begin_as(&self.op.caller, self.op.actor()).await
    }

    /// Locks the user `id`, and checks that the operator may change them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`], also if the operator has lost their role meanwhile.
    pub(super) async fn lock_target(&self, tx: &mut Tx, id: UserId) -> Result<LockedUser> {
        users::lock(tx, id).await?;
        locked(tx, self.op, id).await
    }

    /// Like [`Self::lock_target`], for a change that may add or remove a superuser. It locks all superusers,
    /// by id, so that if two remove each other, the second waits and sees the change of the first.
    pub(super) async fn lock_superusers(&self, tx: &mut Tx, id: UserId) -> Result<LockedUser> {
        lock_with_superusers(tx, id).await?;
        locked(tx, self.op, id).await
    }

    /// The operator as stored now, locked until the transaction ends; `None` at the command line.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if they no longer have the role of an operator.
    pub(super) async fn operator_now(&self, tx: &mut Tx) -> Result<Option<User>> {
        let Some(by) = &self.op.by else { return Ok(None) };
        users::lock(tx, by.user.id).await?;
        stored_operator(tx, by.user.id).await.map(Some)
    }

    /// Checks what only a superuser may do, before any work for it is done.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the operator is a superuser; [`Error::PasswordRequired`] if their password
    /// was last given more than [`PROOF`] ago.
    pub(in crate::flows) fn require_recent_superuser(&self) -> Result<()> {
        self.op.require_superuser()?;
        self.require_recent_login()
    }

    /// Begins a transaction for what only a superuser may do.
    ///
    /// # Errors
    /// Those of [`Self::require_recent_superuser`]; [`Error::Forbidden`] if the operator is no longer a
    /// superuser.
    pub(in crate::flows) async fn begin_as_superuser(&self) -> Result<Work<'_>> {
        self.require_recent_superuser()?;
        let mut work = self.begin().await?;
        let operator = self.operator_now(&mut work.tx).await?;
        Error::Forbidden.unless(operator.is_none_or(|o| o.is_superuser))?;
        Ok(work)
    }
}

async fn stored_operator(db: &mut Conn, id: UserId) -> Result<User> {
    let operator = users::by_id(db, id).await?.filter(|u| u.is_active && u.has_role(ADMIN));
    operator.ok_or(Error::Forbidden)
}

async fn locked(db: &mut Conn, op: &Operator, id: UserId) -> Result<LockedUser> {
    let user = users::by_id(db, id).await?.ok_or(Error::NotFound)?;
    let Some(by) = &op.by else { return Ok(LockedUser { user, operator: None }) };
    let operator = stored_operator(db, by.user.id).await?;
    Error::Forbidden.when(user.is_superuser && !operator.is_superuser)?;
    Ok(LockedUser { user, operator: Some(operator) })
}

/// Locks the user `id` and every superuser, in the order of their ids.
pub(crate) async fn lock_with_superusers(db: &mut Tx, id: UserId) -> Result<()> {
    let mut all = users::superusers(db).await?;
    all.push(id);
    all.sort_unstable_by_key(|id| id.0);
    all.dedup();
    for id in all {
        users::lock(db, id).await?;
    }
    Ok(())
}
