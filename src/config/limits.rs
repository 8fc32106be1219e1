//! How often callers may do what an attacker would repeat.
use super::lifetime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often callers may do what an attacker would repeat, in 10 minutes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(documented::DocumentedFields))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Whether there are limits. `false` is for tests and benchmarks.
    pub enabled: bool,
    /// Logins from one address, right and wrong ones. Devices that have logged in to an account before have
    /// a budget of the same size of their own.
    pub logins: u32,
    /// Registrations from one address.
    pub registrations: u32,
    /// Refreshes from one address, refresh tokens presented in vain, and sessions opened from a session.
    pub refreshes: u32,
    /// Refreshes of one session.
    pub session_refreshes: u32,
    /// Requests from one address that send a mail: forgotten passwords, logins by mail, confirmations,
    /// changes of address.
    pub mails: u32,
    /// Requests from one address with the token of a mailed link, or with a mailed code.
    pub links: u32,
    /// Requests from one address that give the password again in a session.
    pub password_checks: u32,
    /// Requests from one address with a code of a second factor.
    pub second_factors: u32,
    /// Requests from one address that ask how hard a password is to guess, which pages do while it is typed.
    pub password_strength: u32,
    /// How often a login with one name may fail before the next one must wait: 3 to 100. The delay begins
    /// at 1 s and doubles. A failure is forgotten after 6 h without attempts.
    pub free_failures: u32,
    /// The longest delay between two logins with one name: 1 s to 24 h. After 100 failures it is 24 h.
    #[serde(with = "lifetime")]
    pub longest_delay: Duration,
    /// Credential stuffing is noticed when so many logins from unknown devices failed within 10 minutes on
    /// one server, and more than two thirds of all. While it lasts, unknown devices have a tenth of
    /// `logins`.
    pub stuffing: u32,
    /// New audit rows for events of one kind that strangers can cause, on one server. Beyond that, such events are
    /// counted in rows that name no address, and then in one that names no account either.
    pub audit_rows: u32,
    /// Log lines about requests from one address without a user. Lines beyond that are left out, and their
    /// number is logged. All addresses together have ten times as many.
    pub log_lines: u32,
}

impl Limits {
    /// The largest number of requests.
    pub(super) const MOST: u32 = 1_000_000;
    /// The limits of `longest_delay`.
    pub(super) const DELAYS: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(1)..=Duration::from_hours(24);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            logins: 100,
            registrations: 30,
            refreshes: 6_000,
            session_refreshes: 600,
            mails: 30,
            links: 100,
            password_checks: 100,
            second_factors: 100,
            password_strength: 600,
            free_failures: 10,
            longest_delay: Duration::from_hours(1),
            stuffing: 300,
            audit_rows: 1_000,
            log_lines: 3_000,
        }
    }
}
