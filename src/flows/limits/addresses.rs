//! Limits for each address, in the memory of this process.
use super::limiter::Limiter;
use crate::{config, flows::SessionId, time::Clock};
use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};
use uuid::Uuid;

/// What is limited for each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Registers.
    Registration,
    /// Refreshes, or presents a refresh token in vain.
    Refresh,
    /// Has a mail sent.
    Mail,
    /// Presents the token of a mailed link, or a mailed code.
    Link,
    /// Gives the password again in a session.
    PasswordCheck,
    /// Asks how hard a password is to guess.
    PasswordStrength,
}

impl Action {
    /// The name in the metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Mail => "mail",
            Self::Link => "link",
            Self::PasswordCheck => "password_check",
            Self::PasswordStrength => "password_strength",
        }
    }
}

/// The network that one subscriber has: an IPv4 address, or 64 bits of an IPv6 address (RFC 6177). Callers
/// without an address share one budget.
pub(crate) type Network = Option<IpAddr>;

pub(crate) fn network(ip: Option<IpAddr>) -> Network {
    match ip?.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Some(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
        }
        ip @ IpAddr::V4(_) => Some(ip),
    }
}

/// Whether two addresses are close enough to be those of one device at different times: the same /24 of IPv4
/// or /48 of IPv6, or both unknown.
pub(crate) fn is_same_network(stored: Option<&str>, now: Option<IpAddr>) -> bool {
    let (stored, now) = (stored.and_then(|ip| ip.parse::<IpAddr>().ok()), now);
    match (stored.map(|ip| ip.to_canonical()), now.map(|ip| ip.to_canonical())) {
        (Some(IpAddr::V4(a)), Some(IpAddr::V4(b))) => a.octets()[..3] == b.octets()[..3],
        (Some(IpAddr::V6(a)), Some(IpAddr::V6(b))) => a.segments()[..3] == b.segments()[..3],
        (a, b) => a == b,
    }
}

/// The budgets of this process.
pub(super) struct Addresses {
    logins: Limiter<Network>,
    /// The logins of unknown devices during an attack.
    slowed_logins: Limiter<Network>,
    /// The logins of known devices, by account.
    known_logins: Limiter<Uuid>,
    registrations: Limiter<Network>,
    refreshes: Limiter<Network>,
    session_refreshes: Limiter<SessionId>,
    mails: Limiter<Network>,
    links: Limiter<Network>,
    password_checks: Limiter<Network>,
    password_strength: Limiter<Network>,
}

impl Addresses {
    pub fn new(config: &config::Limits, clock: &Clock) -> Self {
        Self {
            logins: Limiter::new(config.logins, clock),
            slowed_logins: Limiter::new(config.logins / 10, clock),
            known_logins: Limiter::new(config.logins, clock),
            registrations: Limiter::new(config.registrations, clock),
            refreshes: Limiter::new(config.refreshes, clock),
            session_refreshes: Limiter::new(config.session_refreshes, clock),
            mails: Limiter::new(config.mails, clock),
            links: Limiter::new(config.links, clock),
            password_checks: Limiter::new(config.password_checks, clock),
            password_strength: Limiter::new(config.password_strength, clock),
        }
    }

    /// Counts an action of an address.
    ///
    /// # Errors
    /// The time until the next action, if the budget is exhausted.
    pub fn count(&self, action: Action, ip: Option<IpAddr>) -> Result<(), Duration> {
        let limiter = match action {
            Action::Registration => &self.registrations,
            Action::Refresh => &self.refreshes,
            Action::Mail => &self.mails,
            Action::Link => &self.links,
            Action::PasswordCheck => &self.password_checks,
            Action::PasswordStrength => &self.password_strength,
        };
        limiter.count(&network(ip))
    }

    /// Counts a login from an unknown device. `slowed` during an attack.
    pub fn count_login(&self, ip: Option<IpAddr>, slowed: bool) -> Result<(), Duration> {
        let network = network(ip);
        self.logins.count(&network)?;
        if slowed { self.slowed_logins.count(&network) } else { Ok(()) }
    }

    /// Counts a login from a device that `account` knows: other callers with the same address must not use
    /// up its budget.
    pub fn count_known_login(&self, account: Uuid) -> Result<(), Duration> {
        self.known_logins.count(&account)
    }

    /// Counts a refresh of a session.
    pub fn count_session(&self, session: SessionId) -> Result<(), Duration> {
        self.session_refreshes.count(&session)
    }

    /// Forgets whoever has the whole budget again.
    pub fn forget_idle(&self) {
        for limiter in [
            &self.logins,
            &self.slowed_logins,
            &self.registrations,
            &self.refreshes,
            &self.mails,
            &self.links,
            &self.password_checks,
            &self.password_strength,
        ] {
            limiter.forget_idle();
        }
        self.known_logins.forget_idle();
        self.session_refreshes.forget_idle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_with_its_network() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_eq!(network(None), None);
    }

    #[test]
    fn a_device_may_change_its_address_within_a_network() {
        let same = |a: &str, b: &str| is_same_network(Some(a), b.parse().ok());
        assert!(same("192.0.2.1", "192.0.2.200") && same("::ffff:192.0.2.1", "192.0.2.2"));
        assert!(!same("192.0.2.1", "192.0.3.1") && !same("192.0.2.1", "2001:db8::1"));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(!same("2001:db8:1::1", "2001:db8:2::1"));
        assert!(is_same_network(None, None) && !same("192.0.2.1", ""));
    }
}
