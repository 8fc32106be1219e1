//! Table `auth_attempts`: how often each name was tried. See `src/flows/limits`.
use super::forget;
use crate::{
    db::{Conn, Result, Tx},
    time::{Timestamp, micros},
};
use std::time::Duration;

/// How the delay after a failure grows.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After this many failures there is a delay before the next attempt: at least 2.
    pub free: i64,
    /// The first delay. Each later one is twice as long.
    pub first: Duration,
    /// The longest delay.
    pub longest: Duration,
    /// After this many failures the delay is `last`.
    pub most: i64,
    /// The delay after `most` failures.
    pub last: Duration,
    /// In this time without an attempt, one failure is forgotten.
    pub forget: Duration,
}

impl Pace {
    /// How many delays are shorter than the longest one.
    fn doublings(&self) -> i64 {
        let mut delay = self.first;
        let mut n = 0;
        while delay < self.longest {
            delay *= 2;
            n += 1;
        }
        n
    }
}

/// Counts an attempt as a failure, and delays the next one. `false` if the bucket is blocked: then it changes
/// nothing.
///
/// It is one statement, so that concurrent attempts count like sequential ones, on all replicas. Without a
/// delay the bucket is blocked until the time 0: another attempt may have read its clock a moment earlier.
pub async fn count(db: &mut Tx, bucket: i64, pace: &Pace, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO auth_attempts AS a (bucket, failures, blocked_until, counted_at)
               VALUES ($1, 1, 0, $2)
               ON CONFLICT (bucket) DO UPDATE SET (failures, blocked_until, counted_at) = (
                   SELECT now.failures,
                          CASE WHEN now.failures < $3 THEN 0
                               WHEN now.failures >= $7 THEN $2 + $8
                               WHEN now.failures >= $3 + $5 THEN $2 + $6
                               ELSE $2 + ($4 << CAST(now.failures - $3 AS INTEGER)) END,
                          $2
                   FROM (SELECT CASE WHEN a.failures > ($2 - a.counted_at) / $9
                                     THEN a.failures - ($2 - a.counted_at) / $9 + 1
                                     ELSE 1 END AS failures) AS now)
               WHERE a.blocked_until <= $2";
    let [first, longest, last, forget] =
        [pace.first, pace.longest, pace.last, pace.forget].map(micros);
    let (free, doublings, most) = (pace.free, pace.doublings(), pace.most);
    let args = (bucket, now, free, first, doublings, longest, most, last, forget);
    db.execute_one(sql, args).await
}

/// Until when a bucket is blocked; `None` if it has no attempts.
pub async fn blocked_until(db: &mut Conn, bucket: i64) -> Result<Option<Timestamp>> {
    let sql = "SELECT blocked_until FROM auth_attempts WHERE bucket = $1";
    db.fetch_optional_value(sql, [bucket]).await
}

/// Takes back one attempt, which was no failure, and the delay after it.
pub async fn uncount(db: &mut Tx, bucket: i64) -> Result<()> {
    let sql = "UPDATE auth_attempts SET failures = failures - 1, blocked_until = 0
               WHERE bucket = $1 AND failures > 0";
    db.run(sql, [bucket]).await
}

/// Forgets all attempts of a bucket.
pub async fn clear(db: &mut Tx, bucket: i64) -> Result<()> {
    db.run("DELETE FROM auth_attempts WHERE bucket = $1", [bucket]).await
}

/// Purges up to `most` buckets whose last attempt was before `then`, oldest first.
pub async fn purge(db: &mut Tx, then: Timestamp, most: i64) -> Result<u64> {
    let sql = forget!(db, "auth_attempts", "bucket", "counted_at < $1 ORDER BY counted_at");
    db.execute(sql, (then, most)).await
}
