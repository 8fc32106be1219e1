use super::*;
use crate::{
    config,
    password::{
        Verdict, hasher,
        tests::{OTHERS, cheap},
    },
};
use hasher::Scratch;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// The sum of the computations by family: passes, iterations, or rounds.
fn total(work: &[Kind]) -> std::collections::BTreeMap<String, u64> {
    let mut total = std::collections::BTreeMap::new();
    for kind in work {
        let (family, cost) = match *kind {
            Kind::Argon2(memory, lanes, passes) => {
                (format!("argon2 {memory} {lanes}"), passes.into())
            }
            Kind::Pbkdf2(prf, iterations) => (format!("pbkdf2 {prf:?}"), iterations.into()),
            Kind::Scrypt(r, p, log_n) => (format!("scrypt {r} {p}"), 1 << log_n),
            Kind::Bcrypt(cost) => ("bcrypt".to_owned(), 1 << cost),
        };
        *total.entry(family).or_default() += cost;
    }
    total
}

#[test]
fn a_wrong_password_costs_the_same_for_every_stored_kind() {
    let scratch = &mut Scratch::new(&cheap());
    let ours = scratch.hash("right").unwrap();
    let older = Scratch::new(&config::Password { passes: 3, ..cheap() }).hash("right").unwrap();
    let bcrypt = |cost: u8| format!("$2b${cost:02}${}", ".".repeat(53));
    let (cheaper, dearer) = (bcrypt(4), bcrypt(6));
    let mut stored: Vec<_> =
        OTHERS.iter().copied().filter(|s| !s.contains("16000") && !s.contains("16384")).collect();
    stored.extend([&*ours, &*older, &*cheaper, &*dearer]);
    let mut slowest = Costs::default();
    stored.iter().filter_map(|s| hasher::kind(s, &cheap())).for_each(|kind| slowest.note(kind));
    scratch.slowest = Arc::new(slowest);
    for typed in ["wrong", "wro\u{301}ng"] {
        let normal: String = typed.nfc().collect();
        scratch.work.clear();
        scratch.verify(&normal, typed, None).unwrap();
        let unknown = total(&scratch.work);
        assert_eq!(unknown["bcrypt"], (1 << 6) * if normal == typed { 1 } else { 2 });
        for stored in stored.iter().chain(&["!unusable", "plain"]) {
            scratch.work.clear();
            assert_eq!(scratch.verify(&normal, typed, Some(stored)).unwrap(), Verdict::Wrong);
            assert_eq!(total(&scratch.work), unknown, "{stored}");
        }
    }
    // The right password costs only its own hash.
    scratch.work.clear();
    assert_eq!(scratch.verify("right", "right", Some(&older)).unwrap(), Verdict::Outdated);
    assert_eq!(total(&scratch.work)["argon2 64 1"], 3);
}

#[test]
fn hash_kinds_round_trip() {
    for stored in OTHERS {
        let kind = hasher::kind(stored, &cheap());
        assert_eq!(kind.is_none(), stored.starts_with("{SSHA}"), "{stored}");
        assert_eq!(kind, kind.and_then(|kind| kind.to_string().parse().ok()));
    }
    for text in ["", "bcrypt", "bcrypt x", "bcrypt 4 4", "md5 1", "argon2 1 2"] {
        assert_eq!(text.parse::<Kind>(), Err(()), "{text}");
    }
}

#[test]
fn dummy_hashes_are_computed_at_their_full_cost() {
    let time = |kind: Kind| {
        let start = std::time::Instant::now();
        assert!(!kind.dummy().unwrap().matches("wrong"));
        start.elapsed()
    };
    for (cheap, dear) in [
        (Kind::Bcrypt(4), Kind::Bcrypt(12)),
        (Kind::Scrypt(8, 1, 4), Kind::Scrypt(8, 1, 12)),
        (Kind::Pbkdf2(Prf::Sha256, 10), Kind::Pbkdf2(Prf::Sha256, 100_000)),
    ] {
        let cheap = (0..5).map(|_| time(cheap)).min().unwrap();
        assert!(time(dear) > 8 * cheap, "{dear}");
    }
}
