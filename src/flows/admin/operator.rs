//! Who runs the place: somebody at the command line, a superuser, or a user with the role `ADMIN`.
//!
//! A superuser does everything. An admin sees users and acts on those who are no superusers, and
//! grants no role that he does not hold. What does harm or opens a door asks for the password again
//! if it was last given a while ago (OWASP ASVS 5, 7.5.3).

use crate::flows::{
    Auth, Caller, Error, Result, SignedIn, User, UserId,
    audit::{Actor, AuditEvent},
    work::Work,
};
use crate::{
    db::{Conn, Tx},
    store::{sessions, users},
};
use std::time::Duration;

/// The role that makes an operator.
pub const ADMIN: &str = "ADMIN";

/// For so long a password that was given is proof enough.
pub const PROOF: Duration = Duration::from_mins(10);

/// Somebody who may use the flows of operators.
#[derive(Clone, Debug)]
pub struct Operator {
    caller: Caller,
    /// `None` at the command line.
    by: Option<SignedIn>,
}

impl Operator {
    /// # Errors
    /// `Forbidden` unless the user is a superuser or has the role `ADMIN`, and acts for nobody else.
    pub fn new(caller: &Caller, by: SignedIn) -> Result<Self> {
        by.demand_self()?;
        if by.user.has_role(ADMIN) {
            Ok(Self { caller: caller.clone(), by: Some(by) })
        } else {
            Err(Error::Forbidden)
        }
    }

    /// Whoever has a shell where the service runs.
    pub fn cli() -> Self {
        Self { caller: Caller::default(), by: None }
    }

    /// Who it is, unless at the command line.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        self.by.as_ref()
    }

    pub fn is_superuser(&self) -> bool {
        self.by.as_ref().is_none_or(|by| by.user.is_superuser)
    }

    /// # Errors
    /// `Forbidden`.
    pub(crate) fn demand_superuser(&self) -> Result<()> {
        if self.is_superuser() { Ok(()) } else { Err(Error::Forbidden) }
    }

    /// Whether it may look into the affairs of `user`, beyond the profile.
    pub(crate) fn demand_sight(&self, user: &User) -> Result<()> {
        if user.is_superuser { self.demand_superuser() } else { Ok(()) }
    }

    /// Who an audit event names.
    pub(crate) fn actor(&self) -> Actor {
        self.by.as_ref().map_or(Actor::Cli, |by| Actor::User(by.user.id))
    }
}

/// A user that an operator is about to change, locked until the transaction ends.
pub(crate) struct LockedUser {
    pub user: User,
    /// The operator as it is now, unless at the command line.
    operator: Option<User>,
}

impl LockedUser {
    /// # Errors
    /// `Forbidden` if the operator is no superuser, or not any more.
    pub fn demand_superuser(&self) -> Result<()> {
        match &self.operator {
            Some(operator) if !operator.is_superuser => Err(Error::Forbidden),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// `Forbidden` for a role that the operator does not have.
    pub fn demand_role(&self, role: &str) -> Result<()> {
        match &self.operator {
            Some(operator) if !operator.has_role(role) => Err(Error::Forbidden),
            _ => Ok(()),
        }
    }
}

/// What one operator does. Every act of an operator is a method of it: [`Auth::admin`].
pub struct Admin<'a> {
    pub(in crate::flows) auth: &'a Auth,
    pub(in crate::flows) op: &'a Operator,
}

impl Auth {
    /// The acts that `op` may try. Each checks what it needs, against the database as it is now.
    pub fn admin<'a>(&'a self, op: &'a Operator) -> Admin<'a> {
        Admin { auth: self, op }
    }

    pub(crate) fn require_recent_login_of(&self, by: &SignedIn) -> Result<()> {
        by.demand_self()?;
        let late = by.session.authenticated_at.plus(PROOF) < self.clock.now();
        if late { Err(Error::PasswordRequired) } else { Ok(()) }
    }

    /// Takes the password again; the session counts as just logged in.
    ///
    /// # Errors
    /// `Fields` if it is wrong.
    pub async fn confirm_password(
        &self,
        caller: &Caller,
        by: &SignedIn,
        password: &str,
    ) -> Result<()> {
        self.reauthenticate(caller, by, "password", password).await?;
        let mut work = self.begin_by(caller, by).await?;
        sessions::authenticate(&mut work.tx, by.session.id, work.now).await?;
        work.audit(AuditEvent::new("password_confirmed")).await?;
        work.commit().await
    }
}

impl Admin<'_> {
    /// # Errors
    /// `PasswordRequired` if the password was last given more than [`PROOF`] ago.
    pub fn require_recent_login(&self) -> Result<()> {
        self.op.by.as_ref().map_or(Ok(()), |by| self.auth.require_recent_login_of(by))
    }

    /// Begins a transaction whose audit events name the operator.
    pub(in crate::flows) async fn begin(&self) -> Result<Work<'_>> {
        self.auth.begin_as(&self.op.caller, self.op.actor()).await
    }

    /// Locks the user `id`, whom the operator may change.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden`, also if the operator has lost their role meanwhile.
    pub(super) async fn lock_target(&self, tx: &mut Tx, id: UserId) -> Result<LockedUser> {
        users::lock(tx, id).await?;
        locked(tx, self.op, id).await
    }

    /// The same for a change that may take a superuser away or add one: all superusers are locked, by
    /// id, so that of two who remove each other the second waits and sees what the first one did.
    pub(super) async fn lock_superusers(&self, tx: &mut Tx, id: UserId) -> Result<LockedUser> {
        lock_with_superusers(tx, id).await?;
        locked(tx, self.op, id).await
    }

    /// # Errors
    /// `Forbidden` if the operator is no superuser, or not any more.
    pub(super) async fn demand_superuser_still(&self, tx: &mut Tx) -> Result<()> {
        let Some(by) = &self.op.by else { return Ok(()) };
        users::lock(tx, by.user.id).await?;
        let user = users::by_id(tx, by.user.id).await?;
        match user.filter(|u| u.is_superuser && u.is_active) {
            Some(_) => Ok(()),
            None => Err(Error::Forbidden),
        }
    }
}

async fn locked(db: &mut Conn, op: &Operator, id: UserId) -> Result<LockedUser> {
    let user = users::by_id(db, id).await?.ok_or(Error::NotFound)?;
    let Some(by) = &op.by else { return Ok(LockedUser { user, operator: None }) };
    let operator = users::by_id(db, by.user.id).await?.filter(|u| u.is_active);
    let operator = operator.filter(|u| u.has_role(ADMIN)).ok_or(Error::Forbidden)?;
    if user.is_superuser && !operator.is_superuser {
        return Err(Error::Forbidden);
    }
    Ok(LockedUser { user, operator: Some(operator) })
}

/// Holds the user `id` and every superuser, by id.
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
