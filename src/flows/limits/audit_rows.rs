//! Rows of the audit log that a stranger can cause: budgets for each account and for all. Events beyond them are
//! counted in memory, and stored as one row for each kind and hour.
use super::limiter::Limiter;
use crate::{
    config,
    flows::{Auth, Caller, UserId},
    store::audit::AuditKind,
    time::Clock,
};
use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
};

/// How many rows with an address an account gets for each kind. Otherwise somebody with an account and many
/// addresses could use up what the events of others need.
const OF_ACCOUNT: u32 = 20;

/// What the events that a row counts have in common, besides their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AuditScope {
    /// The account and the network of the address.
    Address,
    /// The account.
    Account,
}

/// The budgets of this process, and the events that were left out.
pub(super) struct AuditRows {
    of_account: Limiter<(AuditKind, Option<UserId>)>,
    in_all: Limiter<(AuditKind, AuditScope)>,
    left_out: Mutex<HashMap<AuditKind, i64>>,
}

impl AuditRows {
    pub fn new(config: &config::Limits, clock: &Clock) -> Self {
        Self {
            of_account: Limiter::new(OF_ACCOUNT.min(config.audit_rows), clock),
            in_all: Limiter::new(config.audit_rows, clock),
            left_out: Mutex::default(),
        }
    }

    fn admits(&self, kind: AuditKind, target: Option<UserId>, scope: AuditScope) -> bool {
        (scope == AuditScope::Account || self.of_account.count(&(kind, target)).is_ok())
            && self.in_all.count(&(kind, scope)).is_ok()
    }

    /// Forgets the accounts that have their whole budget again.
    pub fn forget_idle(&self) {
        self.of_account.forget_idle();
    }

    fn leave_out(&self, kind: AuditKind, events: i64) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        *left_out.entry(kind).or_default() += events;
    }

    fn take(&self) -> HashMap<AuditKind, i64> {
        mem::take(&mut *self.left_out.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Auth {
    /// Counts a new row for events of this kind. `false` if there are enough.
    pub(crate) fn admits_audit_row(
        &self,
        kind: AuditKind,
        target: Option<UserId>,
        scope: AuditScope,
    ) -> bool {
        let limits = self.limits.0.as_ref();
        limits.is_none_or(|limits| limits.audit_rows.admits(kind, target, scope))
    }

    /// Counts an event that gets no row.
    pub(crate) fn leave_out_event(&self, kind: AuditKind) {
        if let Some(limits) = &self.limits.0 {
            limits.audit_rows.leave_out(kind, 1);
        }
    }

    /// Stores how many audit events got no row since the last call. Call it every few seconds, and at the end.
    pub async fn store_left_out_events(&self) {
        let Some(limits) = &self.limits.0 else { return };
        let nobody = Caller::default();
        for (kind, events) in limits.audit_rows.take() {
            let stored = async {
                let mut work = self.begin(&nobody).await?;
                work.audit_left_out(kind, events).await?;
                work.commit().await
            };
            if let Err(e) = stored.await {
                tracing::warn!(error = %e, "audit events are not counted yet");
                limits.audit_rows.leave_out(kind, events);
            }
        }
    }
}
