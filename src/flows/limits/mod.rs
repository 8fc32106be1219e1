//! Limits: how often a caller may do what an attacker would repeat (OWASP ASVS 5, 6.3.1; NIST SP 800-63B,
//! 3.2.2).
//!
//! There are two kinds. [`addresses`] counts what comes from one address, in the memory of each server.
//! [`accounts`] counts the attempts for one account, in the database: all servers share them, and a restart
//! forgets nothing. [`stuffing`] notices attacks on many accounts.
//!
//! Flows apply the limits, because every surface calls a flow: no path, header or dialect passes them by. An
//! attempt is counted first; only then is the account looked up and the password hashed. Unknown names are
//! counted like known ones, so a limit does not reveal which accounts exist.
//!
//! To limit something new, for example a second step of the login: add it to [`Action`] and its number to
//! `limits` in the settings, and call [`Auth::limit`] in the flow. If it guesses a secret of an account, also
//! add a [`accounts::Kind`] and count the attempt with [`Auth::count_attempt`] before it is checked.
//! `tests/it/rules/limits.rs` fails for a flow without a limit.
mod accounts;
mod addresses;
mod audit_rows;
mod device;
mod limiter;
mod log_lines;
mod name;
mod stuffing;

pub(crate) use accounts::{Attempt, KEPT, MailLogin};
pub(crate) use addresses::{Action, is_same_network, network};
pub(crate) use audit_rows::AuditScope;
pub(crate) use log_lines::REQUEST_LINE;
pub use stuffing::Stuffing;

use super::{Auth, Caller, Error, Result, SessionId};
use crate::{config, time::Clock};
use addresses::Addresses;
use audit_rows::AuditRows;
use log_lines::LogLines;
use std::{sync::Arc, time::Duration};
use stuffing::Detector;

/// The limits of this process. Clones share them.
#[derive(Clone)]
pub(crate) struct Limits(Option<Arc<Inner>>);

struct Inner {
    addresses: Addresses,
    detector: Detector,
    audit_rows: AuditRows,
    log_lines: LogLines,
}

impl Limits {
    /// The limits that `config` sets.
    pub fn new(config: &config::Limits, clock: &Clock) -> Self {
        Self(config.enabled.then(|| {
            Arc::new(Inner {
                addresses: Addresses::new(config, clock),
                detector: Detector::new(config.stuffing, clock),
                audit_rows: AuditRows::new(config, clock),
                log_lines: LogLines::new(config, clock),
            })
        }))
    }
}

impl Auth {
    /// Counts an action against the budget of the caller's address.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub(crate) fn limit(&self, caller: &Caller, action: Action) -> Result<()> {
        let Some(limits) = &self.limits.0 else { return Ok(()) };
        limits
            .addresses
            .count(action, caller.ip)
            .map_err(|wait| refused(action.name(), "address", wait))
    }

    /// Counts a refresh against the budget of its session.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub(crate) fn limit_session(&self, session: SessionId) -> Result<()> {
        let Some(limits) = &self.limits.0 else { return Ok(()) };
        limits
            .addresses
            .count_session(session)
            .map_err(|wait| refused(Action::Refresh.name(), "session", wait))
    }

    /// Forgets the addresses that have their whole budget again. Call it every few seconds.
    pub fn forget_idle_addresses(&self) {
        if let Some(limits) = &self.limits.0 {
            limits.addresses.forget_idle();
            limits.audit_rows.forget_idle();
            limits.log_lines.forget_idle();
        }
    }

    /// What this process knows about credential stuffing.
    pub(crate) fn stuffing(&self) -> Stuffing {
        self.limits.0.as_ref().map_or_else(Stuffing::default, |limits| limits.detector.now())
    }
}

/// The error for an exhausted budget, which is counted in the metrics.
fn refused(action: &'static str, by: &'static str, retry_after: Duration) -> Error {
    metrics::counter!("portcullis_limited_total", "action" => action, "by" => by).increment(1);
    Error::RateLimited { retry_after }
}
