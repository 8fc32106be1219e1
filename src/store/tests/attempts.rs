//! Table `auth_attempts`.
use crate::{
    db::Db,
    store::{
        attempts::{self, Pace},
        fixtures::{NOW, after},
    },
    time::Timestamp,
};
use std::time::Duration;

const PACE: Pace = Pace {
    free: 3,
    first: Duration::from_secs(1),
    longest: Duration::from_secs(6),
    most: 8,
    last: Duration::from_secs(100),
    forget: Duration::from_secs(1000),
};

async fn count(db: &Db, bucket: i64, at: Timestamp) -> bool {
    tx!(db, |tx| attempts::count(tx, bucket, &PACE, at))
}

async fn blocked_until(db: &Db, bucket: i64) -> Option<Timestamp> {
    attempts::blocked_until(&mut db.read().await.unwrap(), bucket).await.unwrap()
}

on_db!(the_delay_doubles_and_is_capped);
async fn the_delay_doubles_and_is_capped(db: &Db) {
    assert_eq!(blocked_until(db, 7).await, None);
    let mut now = NOW;
    for seconds in [0, 0, 1, 2, 4, 6, 6, 100, 100] {
        assert!(count(db, 7, now).await);
        let until = now.plus(Duration::from_secs(seconds));
        if seconds == 0 {
            assert_eq!(blocked_until(db, 7).await, Some(Timestamp::default()));
        } else {
            assert_eq!(blocked_until(db, 7).await, Some(until));
            assert!(!count(db, 7, until.minus(Duration::from_micros(1))).await);
            assert_eq!(blocked_until(db, 7).await, Some(until), "a refusal changes nothing");
        }
        now = until;
    }
    assert!(count(db, 8, NOW).await, "buckets are separate");
}

on_db!(failures_are_forgotten_one_by_one);
async fn failures_are_forgotten_one_by_one(db: &Db) {
    for seconds in [0, 0, 0, 1, 3] {
        assert!(count(db, 7, after(seconds)).await);
    }
    // Five failures, of which two are forgotten: the next is the fourth.
    assert!(count(db, 7, after(2003)).await);
    assert_eq!(blocked_until(db, 7).await, Some(after(2005)));
    assert!(count(db, 7, after(90_000)).await);
    assert_eq!(blocked_until(db, 7).await, Some(Timestamp::default()));
}

on_db!(an_attempt_that_was_no_failure_is_taken_back);
async fn an_attempt_that_was_no_failure_is_taken_back(db: &Db) {
    for _ in 0..3 {
        assert!(count(db, 7, NOW).await);
    }
    assert!(!count(db, 7, NOW).await);
    tx!(db, |tx| attempts::uncount(tx, 7));
    assert!(count(db, 7, NOW).await);
    assert!(!count(db, 7, NOW).await);
    tx!(db, |tx| attempts::clear(tx, 7));
    assert_eq!(blocked_until(db, 7).await, None);
    tx!(db, |tx| attempts::uncount(tx, 7));
    assert_eq!(blocked_until(db, 7).await, None);
}

on_db!(attempts_whose_clocks_differ_do_not_block_each_other);
async fn attempts_whose_clocks_differ_do_not_block_each_other(db: &Db) {
    assert!(count(db, 7, after(5)).await);
    assert!(count(db, 7, after(4)).await);
    tx!(db, |tx| attempts::uncount(tx, 7));
    assert!(count(db, 7, after(3)).await);
}

on_db!(old_buckets_are_purged);
async fn old_buckets_are_purged(db: &Db) {
    for (bucket, at) in [(1, 0), (2, 1), (3, 2), (4, 9)] {
        assert!(count(db, bucket, after(at)).await);
    }
    assert_eq!(tx!(db, |tx| attempts::purge(tx, after(5), 2)), 2);
    assert_eq!(blocked_until(db, 2).await, None);
    assert_eq!(tx!(db, |tx| attempts::purge(tx, after(5), 2)), 1);
    assert!(blocked_until(db, 4).await.is_some());
}
