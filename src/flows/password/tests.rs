use super::*;
use djangohashers::{Algorithm, DjangoVersion, make_password_core};
use proptest::prelude::*;

fn cheap() -> config::Password {
    config::Password { memory: 64, passes: 1, ..config::Password::default() }
}

#[tokio::test]
async fn a_password_is_right_in_any_normal_form_and_to_its_last_letter() {
    let hasher = Hasher::new(&cheap());
    let long = "é".repeat(LONGEST);
    let stored = hasher.hash(&long).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    let verdict = async |p: &str| hasher.verify(p, Some(&stored)).await.unwrap();
    assert_eq!(verdict(&long).await, Verdict::Right);
    assert_eq!(verdict(&"e\u{301}".repeat(LONGEST)).await, Verdict::Right);
    assert_eq!(verdict(&"é".repeat(LONGEST - 1)).await, Verdict::Wrong);
    assert_eq!(verdict(&"é".repeat(LONGEST + 1)).await, Verdict::Wrong);
    assert_eq!(verdict(&"x".repeat(1 << 20)).await, Verdict::Wrong);
    assert_eq!(hasher.verify("x", None).await.unwrap(), Verdict::Wrong);
}

#[tokio::test]
async fn weaker_and_foreign_hashes_are_known_and_outdated() {
    let weak = Hasher::new(&config::Password { memory: 32, ..cheap() });
    let hasher = Hasher::new(&cheap());
    let mut all = vec![weak.hash("päss").await.unwrap()];
    all.push(format!("argon2{}", all[0]));
    for kind in [
        Algorithm::PBKDF2,
        Algorithm::PBKDF2SHA1,
        Algorithm::Scrypt,
        Algorithm::BCrypt,
        Algorithm::BCryptSHA256,
    ] {
        all.push(make_password_core("päss", "saltsaltsalt", kind, DjangoVersion::V1_4));
    }
    let bcrypt = all.iter().find(|h| h.starts_with("bcrypt$")).unwrap();
    all.push(bcrypt.trim_start_matches("bcrypt$").to_owned());
    for stored in &all {
        let stored = Some(stored.as_str());
        assert_eq!(hasher.verify("päss", stored).await.unwrap(), Verdict::Outdated, "{stored:?}");
        assert_eq!(hasher.verify("pass", stored).await.unwrap(), Verdict::Wrong, "{stored:?}");
    }
}

#[tokio::test]
async fn a_hash_that_asks_for_too_much_is_not_computed() {
    let hasher = Hasher::new(&cheap());
    for stored in [
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=4000000000,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$1073741824$salt$8$1$AAAA",
        "pbkdf2_sha256$4000000000$salt$AAAA",
        "bcrypt$$2b$31$AAAAAAAAAAAAAAAAAAAAAOAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "!unusable",
        "",
        "$",
        "plain",
    ] {
        assert_eq!(hasher.verify("x", Some(stored)).await.unwrap(), Verdict::Wrong);
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_one_who_left_is_not_served() {
    let hasher = Hasher::new(&config::Password { threads: 1, queue: 1, ..cheap() });
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (busy, is_busy) = tokio::sync::oneshot::channel();
    let pool = std::sync::Arc::clone(&hasher.0);
    let first = tokio::spawn(async move {
        pool.run(move |_| {
            busy.send(()).unwrap();
            wait.recv().unwrap();
        })
        .await
    });
    is_busy.await.unwrap();
    let waiting = tokio::spawn({
        let pool = std::sync::Arc::clone(&hasher.0);
        async move { pool.run(|_| unreachable!("whoever asked has left")).await }
    });
    tokio::task::yield_now().await;
    assert!(matches!(hasher.hash("x").await, Err(Error::Busy)));
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    let mut hashed = hasher.hash("x").await;
    while matches!(hashed, Err(Error::Busy)) {
        tokio::task::yield_now().await;
        hashed = hasher.hash("x").await;
    }
    assert!(hashed.is_ok());
}

#[test]
fn the_policy_names_what_is_wrong() {
    let own = ["Ann.Smith@example.com", "Annie Smith"];
    assert_eq!(check("correct horse", 8, &own), Ok(()));
    assert_eq!(check("пароль из слов", 8, &own), Ok(()));
    assert_eq!(check("", 8, &own), Err(Lacking::Blank));
    assert_eq!(check("short", 8, &own), Err(Lacking::TooShort(8)));
    assert_eq!(check(&"x".repeat(257), 8, &own), Err(Lacking::TooLong(256)));
    assert_eq!(check("with\0nul in it", 8, &own), Err(Lacking::NotPrintable));
    for own_name in ["ann.smith@EXAMPLE.com", "ann.SMITH", "annie smith"] {
        assert_eq!(check(own_name, 8, &own), Err(Lacking::TooSimilar));
    }
}

proptest! {
    #[test]
    fn no_stored_text_breaks_anything(stored in "(argon2|\\$argon2id|scrypt|bcrypt|pbkdf2_sha256)?[$a-z0-9=,]{0,40}") {
        let bench = &mut stored::Bench::new(&cheap());
        prop_assert_eq!(bench.verify("x", "x", Some(&stored)).unwrap(), Verdict::Wrong);
    }
}
