//! Statistics of the service. Past days do not change, so each process counts them once.
use crate::{
    db::Conn,
    flows::{Result, Stuffing, admin::Admin},
    store::{
        audit::{self, AuditKind},
        outbox::{self, OutboxState},
        user_search,
    },
    time::Timestamp,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const DAY: Duration = Duration::from_hours(24);

/// How many days the overview covers, including today.
const DAYS: u32 = 30;

/// How long after its end a day may still get audit events, from a replica whose clock is slow.
const LATE: Duration = Duration::from_hours(1);

/// Totals, and the logins of the last days.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How many users there are. Above a million users it may be off by some percent.
    pub users: i64,
    /// How many of the users have confirmed their address.
    pub confirmed: i64,
    /// How many mails wait to be sent.
    pub mails_waiting: i64,
    /// How many mails failed: their delivery was given up.
    pub mails_failed: i64,
    /// The logins from unknown devices on the server that answers.
    pub stuffing: Stuffing,
    /// How often credential stuffing was noticed in those days, on any server.
    pub attacks: i64,
    /// Oldest first; today is last.
    pub days: Vec<Day>,
}

/// The counts of a day (UTC).
#[derive(Clone, Copy, Debug)]
pub struct Day {
    /// The first moment of the day.
    pub start: Timestamp,
    /// How many logins the audit log has for the day.
    pub logins: i64,
    /// How many failed logins of known users the audit log has for the day.
    pub failures: i64,
}

/// The past days, by the number of days since 1970.
#[derive(Clone, Default)]
pub(crate) struct DailyStats(Arc<Mutex<BTreeMap<i64, Day>>>);

impl DailyStats {
    /// The known days from `first` on, up to the first gap.
    fn since(&self, first: i64) -> Vec<Day> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (first..).map_while(|day| known.get(&day).copied()).collect()
    }

    /// Replaces the known days with those of `days` that ended before `then`.
    fn keep(&self, days: &[Day], then: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = days.iter().filter(|day| day.start.plus(DAY) < then);
        *known = over.map(|day| (number(day.start), *day)).collect();
    }
}

fn number(start: Timestamp) -> i64 {
    start.unix().div_euclid(86_400)
}

impl Admin<'_> {
    /// The statistics of the service.
    pub async fn overview(&self) -> Result<Overview> {
        let mut db = self.auth.db.read_long().await?;
        let (users, confirmed) = user_search::count(&mut db).await?;
        let since = self.first_day();
        let attacks = audit::by_day(&mut db, AuditKind::StuffingNoticed, since).await?;
        Ok(Overview {
            users,
            confirmed,
            mails_waiting: outbox::count(&mut db, OutboxState::Waiting).await?,
            mails_failed: outbox::count(&mut db, OutboxState::Failed).await?,
            stuffing: self.auth.stuffing(),
            attacks: attacks.iter().map(|(_, n)| n).sum(),
            days: self.days(&mut db).await?,
        })
    }

    /// The first moment of the first day.
    fn first_day(&self) -> Timestamp {
        let today = Timestamp::from_unix(number(self.auth.clock.now()) * 86_400);
        today.minus(DAY * (DAYS - 1))
    }

    async fn days(&self, db: &mut Conn) -> Result<Vec<Day>> {
        let now = self.auth.clock.now();
        let (first, today) = (self.first_day(), now);
        let mut days = self.auth.daily_stats.since(number(first));
        let unknown = days.last().map_or(first, |day| day.start.plus(DAY));
        let logins = by_day(db, AuditKind::Login, unknown).await?;
        let failures = by_day(db, AuditKind::LoginFailed, unknown).await?;
        for day in number(unknown)..=number(today) {
            let of = |days: &BTreeMap<i64, i64>| days.get(&day).copied().unwrap_or_default();
            days.push(Day {
                start: Timestamp::from_unix(day * 86_400),
                logins: of(&logins),
                failures: of(&failures),
            });
        }
        self.auth.daily_stats.keep(&days, now.minus(LATE));
        Ok(days)
    }
}

async fn by_day(db: &mut Conn, kind: AuditKind, then: Timestamp) -> Result<BTreeMap<i64, i64>> {
    Ok(audit::by_day(db, kind, then).await?.into_iter().collect())
}
