//! Log lines that a stranger can cause: a budget for each address, and one for all. Lines beyond it are
//! left out, and their number is logged, so that nobody can fill the disk with the log.
use super::{
    addresses::{Network, network},
    limiter::Limiter,
};
use crate::{
    config,
    flows::{Auth, Caller},
    time::{Clock, Timestamp},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// The budget of all addresses, in budgets of one address.
const ADDRESSES: u32 = 10;

/// For how many pairs of act and address the left-out lines are counted apart. Others are counted for each act.
const MOST: usize = 20;

/// The act of the line that each request has. These lines have budgets of their own, so that a flood of
/// requests does not hide the security events of others.
pub(crate) const REQUEST_LINE: &str = "request";

/// The budgets of this process. The flag says whether it is for the lines of requests.
pub(super) struct LogLines {
    by_address: Limiter<(bool, Network)>,
    in_all: Limiter<bool>,
    clock: Clock,
    left_out: Mutex<HashMap<(&'static str, Network), LeftOut>>,
}

/// Lines that were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    lines: u64,
    first: Timestamp,
    last: Timestamp,
}

impl LogLines {
    pub fn new(config: &config::Limits, clock: &Clock) -> Self {
        Self {
            by_address: Limiter::new(config.log_lines, clock),
            in_all: Limiter::new(config.log_lines.saturating_mul(ADDRESSES), clock),
            clock: clock.clone(),
            left_out: Mutex::default(),
        }
    }

    /// Whether a line about `act` of this address may be written. If not, it is counted.
    fn admits(&self, act: &'static str, ip: Option<IpAddr>) -> bool {
        let (network, of_request) = (network(ip), act == REQUEST_LINE);
        let by_address = self.by_address.count(&(of_request, network));
        if by_address.is_ok() && self.in_all.count(&of_request).is_ok() {
            return true;
        }
        let now = self.clock.now();
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = left_out.len() >= MOST && !left_out.contains_key(&(act, network));
        let key = (act, network.filter(|_| !is_full));
        let counted = left_out.entry(key).or_insert(LeftOut { lines: 0, first: now, last: now });
        counted.lines += 1;
        counted.last = now;
        false
    }

    /// Takes what was counted, by act and address. Without an address: of other and unknown addresses.
    fn take(&self) -> Vec<((&'static str, Network), LeftOut)> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner).drain().collect()
    }

    /// Forgets whoever has the whole budget again.
    pub fn forget_idle(&self) {
        self.by_address.forget_idle();
    }
}

impl Auth {
    /// Whether the log may have another line about `act` of a caller who has proven no user. If not, the line
    /// is counted as left out.
    pub(crate) fn admits_log_line(&self, act: &'static str, caller: &Caller) -> bool {
        let limits = self.limits.0.as_ref();
        limits.is_none_or(|limits| limits.log_lines.admits(act, caller.ip))
    }

    /// Logs how many lines were left out since the last call. Call it every few seconds, and at the end.
    pub fn log_left_out_lines(&self) {
        let Some(limits) = &self.limits.0 else { return };
        for ((act, network), left_out) in limits.log_lines.take() {
            tracing::info!(
                target: "portcullis::security",
                act,
                left_out = left_out.lines,
                first = %left_out.first,
                last = %left_out.last,
                ip = network.map(tracing::field::display),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn lines(most: u32) -> (LogLines, Clock) {
        let clock = Clock::manual(Timestamp::from_unix(1_800_000_000));
        let config = config::Limits { log_lines: most, ..config::Limits::default() };
        (LogLines::new(&config, &clock), clock)
    }

    fn address(n: u32) -> IpAddr {
        std::net::Ipv4Addr::from_bits(n).into()
    }

    #[test]
    fn lines_beyond_the_budget_are_counted_with_their_times() {
        let (lines, clock) = lines(3);
        let begin = clock.now();
        let admitted = (0..10).filter(|_| lines.admits("request", Some(address(1)))).count();
        assert_eq!(admitted, 3);
        assert!(
            lines.admits("request", Some(address(2))),
            "another address has a budget of its own"
        );
        assert!(lines.admits("login_failed", Some(address(1))), "so have the security events");
        clock.advance(Duration::from_secs(9));
        assert!(!lines.admits("request", Some(address(1))));
        let left_out = LeftOut { lines: 8, first: begin, last: clock.now() };
        assert_eq!(lines.take(), [(("request", Some(address(1))), left_out)]);
        assert_eq!(lines.take(), []);
    }

    #[test]
    fn a_flood_from_many_addresses_is_counted_in_few_lines() {
        let (lines, _) = lines(3);
        let count = 1_000;
        let admitted = (0..count).filter(|n| lines.admits("request", Some(address(*n)))).count();
        assert_eq!(admitted, 30);
        let left_out = lines.take();
        assert!(left_out.len() <= MOST + 1);
        let sum: u64 = left_out.iter().map(|(_, left_out)| left_out.lines).sum();
        assert_eq!(sum, u64::from(count) - 30);
        assert!(left_out.iter().any(|((_, network), _)| network.is_none()), "the others");
    }
}
