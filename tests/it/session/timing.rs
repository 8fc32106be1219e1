//! A reply takes as long for a known address as for an unknown one. Each test compares medians of interleaved
//! requests.
use crate::support::{PASSWORD, Person, Service};
use portcullis::{
    config::{Config, EmailConfirmation},
    flows::{Dump, Import, Operator, Source},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The number of pairs of requests in one round.
const PAIRS: usize = 21;
/// A difference exists in every round, noise does not. So one round within the bound is enough.
const ROUNDS: usize = 6;
/// How much longer one kind of request may take than the other.
const BOUND: f64 = 1.2;

/// Hashing that takes some milliseconds, so that a missing hash would show.
fn slow(c: &mut Config) {
    c.password.memory = 7 * 1024;
    c.password.passes = 2;
}

fn quiet(c: &mut Config) {
    slow(c);
    c.email_confirmation = EmailConfirmation::Required;
}

async fn timed(person: &Person<'_>, path: &str, body: Value, statuses: &[u16]) -> Duration {
    let reply = person.post(path, body).await;
    assert!(statuses.contains(&reply.status), "{reply:?}");
    reply.took
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort_unstable();
    all[all.len() / 2]
}

/// Sends the requests that `known` and `unknown` make of a number, and checks that they take the same time.
async fn take_the_same_time(
    service: &Service,
    (path, statuses): (&str, &[u16]),
    known: impl Fn(usize) -> Value,
    unknown: impl Fn(usize) -> Value,
) {
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for n in 0..PAIRS {
            let (person, n) = (service.stranger(), round * PAIRS + n);
            if n % 2 == 0 {
                one.push(timed(&person, path, known(n), statuses).await);
                other.push(timed(&person, path, unknown(n), statuses).await);
            } else {
                other.push(timed(&person, path, unknown(n), statuses).await);
                one.push(timed(&person, path, known(n), statuses).await);
            }
        }
        let (one, other) = (median(one).as_secs_f64(), median(other).as_secs_f64());
        let ratio = one / other;
        if ratio.max(ratio.recip()) < BOUND {
            return;
        }
        ratios.push(ratio);
    }
    panic!("{path}: known / unknown {ratios:.2?}");
}

fn wrong(email: &str) -> Value {
    json!({ "email": email, "password": "a wrong password" })
}

on_both!(a_failed_login_takes_as_long_for_a_known_address_as_for_an_unknown_one, slow);
async fn a_failed_login_takes_as_long_for_a_known_address_as_for_an_unknown_one(service: &Service) {
    service.registered("ann").await;
    let login = ("/auth/login", &[401][..]);
    let unknown = |n| wrong(&format!("nobody{n}@example.com"));
    take_the_same_time(service, login, |_| wrong("ann@example.com"), unknown).await;
    // An account with the hash of another service.
    let hash = "pbkdf2_sha256$60000$saltsaltsalt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let row = json!({ "email": "bob@example.com", "password_hash": hash });
    let file = tempfile::Builder::new().suffix(".jsonl").tempfile().unwrap();
    std::fs::write(file.path(), row.to_string()).unwrap();
    let source = Source::open(file.path().into(), Dump::default()).unwrap();
    let auth = service.auth();
    auth.admin(&Operator::cli())
        .import(&source, Import::default(), |outcome| drop(outcome.added.unwrap()))
        .await
        .unwrap();
    auth.survey_hashes().await.unwrap();
    take_the_same_time(service, login, |_| wrong("bob@example.com"), unknown).await;
}

on_both!(a_forgotten_password_takes_as_long_for_a_known_address_as_for_an_unknown_one);
async fn a_forgotten_password_takes_as_long_for_a_known_address_as_for_an_unknown_one(
    service: &Service,
) {
    for n in 0..ROUNDS * PAIRS {
        service.registered(&format!("ann{n}")).await;
    }
    take_the_same_time(
        service,
        ("/auth/password/forgot", &[202]),
        |n| json!({ "email": format!("ann{n}@example.com") }),
        |n| json!({ "email": format!("nobody{n}@example.com") }),
    )
    .await;
}

on_both!(a_registration_takes_as_long_for_a_known_address_as_for_an_unknown_one, quiet);
async fn a_registration_takes_as_long_for_a_known_address_as_for_an_unknown_one(service: &Service) {
    service.registered("ann").await;
    take_the_same_time(
        service,
        ("/auth/register", &[202]),
        |_| json!({ "email": "ann@example.com", "password": PASSWORD }),
        |n| json!({ "email": format!("new{n}@example.com"), "password": PASSWORD }),
    )
    .await;
}
