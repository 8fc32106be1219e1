//! The figures of the service. Days that are over do not change, so each process counts them once.
use crate::{
    db::Conn,
    flows::{Result, admin::Admin},
    store::{audit, outbox, user_search},
    time::Timestamp,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const DAY: Duration = Duration::from_hours(24);

/// How many days the overview goes back, today included.
const DAYS: u32 = 30;

/// So long after its end a day may still get a line, of a replica whose clock is late.
const LATE: Duration = Duration::from_hours(1);

/// How much there is, and what the last days were like.
#[derive(Clone, Debug)]
pub struct Overview {
    pub users: i64,
    /// Of whom have confirmed their address.
    pub confirmed: i64,
    pub mails_waiting: i64,
    pub mails_failed: i64,
    /// The oldest first, today last.
    pub days: Vec<Day>,
}

/// A day (UTC).
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub start: Timestamp,
    pub logins: i64,
    pub failures: i64,
}

/// The days that are over, by their number since 1970.
#[derive(Clone, Default)]
pub(crate) struct DailyStats(Arc<Mutex<BTreeMap<i64, Day>>>);

impl DailyStats {
    /// The days from `first` on that are known, without a gap.
    fn since(&self, first: i64) -> Vec<Day> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (first..).map_while(|day| known.get(&day).copied()).collect()
    }

    /// Keeps those of `days` that ended before `then`, and forgets what is before the first.
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
    /// The figures of the service.
    pub async fn overview(&self) -> Result<Overview> {
        let mut db = self.auth.db.read_long().await?;
        let (users, confirmed) = user_search::count(&mut db).await?;
        Ok(Overview {
            users,
            confirmed,
            mails_waiting: outbox::count(&mut db, "waiting").await?,
            mails_failed: outbox::count(&mut db, "failed").await?,
            days: self.days(&mut db).await?,
        })
    }

    async fn days(&self, db: &mut Conn) -> Result<Vec<Day>> {
        let now = self.auth.clock.now();
        let today = Timestamp::from_unix(number(now) * 86_400);
        let first = today.minus(DAY * (DAYS - 1));
        let mut days = self.auth.daily_stats.since(number(first));
        let unknown = days.last().map_or(first, |day| day.start.plus(DAY));
        let logins = by_day(db, "login", unknown).await?;
        let failures = by_day(db, "login_failed", unknown).await?;
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

async fn by_day(db: &mut Conn, kind: &str, then: Timestamp) -> Result<BTreeMap<i64, i64>> {
    Ok(audit::by_day(db, kind, then).await?.into_iter().collect())
}
