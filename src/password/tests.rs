use super::*;
use djangohashers::{Algorithm as Kind, DjangoVersion, make_password_core};
use hasher::Scratch;
use proptest::prelude::*;

pub fn cheap() -> config::Password {
    config::Password { memory: 64, passes: 1, ..config::Password::default() }
}

#[tokio::test]
async fn a_password_matches_in_any_normal_form_and_full_length() {
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

/// Hashes of "päss wörd", made by Django 5.2, argon2-cffi, passlib and Python's bcrypt and hashlib.
pub const OTHERS: [&str; 19] = [
    "pbkdf2_sha256$2000$0fGKZXP9DN3iZPcJ7QkS1f$uI7Di9kA4F0YFF/mgcGOdmLQdagAwb6LNd5T47FKjDI=",
    "pbkdf2_sha256$1600000$seasalt$503os8DWe1rt6QiRtk/PMgbuC5hQsY0/7Ul7u3Lb5Z0=",
    "pbkdf2_sha1$2000$JKGhMeNMlpI33jm6DCpIA8$pfa5b+EivnyAV4ueC5wskhcYtNA=",
    "scrypt$16384$lkTY5M0s2y8Hcold8CjMcn$8$5$3LMZauEI/w67l//W9Qszt2+SXPhHSlXmuqZE7OP3Q1p2YBq+yfFBvdzrWnPftU+L8PY6osOp6ymTU54tVIeB0w==",
    "argon2$argon2id$v=19$m=1024,t=2,p=8$YU5xaFhud1VFUWJFMTlUYXdxUkVKMw$tIpbbLu1DSniB3zNYHrAxklX/x4712H4ZO1Fd15ibcw",
    "$argon2i$v=19$m=256,t=2,p=4$MhomeLxSq7cyVLuoS3KlHg$u7lM9QoXFAouvYcmMetmR98LYDlxmlLX",
    "$argon2d$v=19$m=256,t=2,p=4$2t/3KqT8JvyS4w0Zq6B60Q$/wpafcjPB5Fd1ImdaNmJcS2S4kbBfjaC",
    "$argon2id$v=19$m=256,t=2,p=4$/LeYGmMEDZJi9JUuvlkqxg$af009ehtkay+ROqxRBT/zEopJI8+rYTT",
    "$scrypt$ln=10,r=8,p=1$hjAGoFSK8R6jdC4l5FzrvQ$GT/tfyur7nPphVKi3oSiDCBdQMy9L+RBc5ln83hz9lM",
    "$pbkdf2-sha256$2000$b02JMSbEmJNyrlVqbe19Lw$2SWCsglY3C7Vb8eEBHKXRM2f/ysF3P2moN.YX5wuHrY",
    "$pbkdf2-sha512$2000$PgdAaI2xtnaOUUoJ4VwLgQ$Ub3G3MYokc/KBpp/hh/ltzQ18QmG0JDjnhwvy0mGzM7dFVJx6LZ1vJDrQOkcQpLeDgiyBOP.j3n2UxglxOrGPQ",
    "$pbkdf2-sha256$i=2000,l=32$hIjAnKGd8kfq353oD9Sglw$WVQwbb3MmT8ixlvIiDu00PAZnn9+QJrKJ1Uj2Pg9p0A",
    "{SSHA}xYzjJ8L/NiiMMnmmA/GmjhdIdg89x1iL",
    "bcrypt$$2b$04$mvEbs2AA33ArQIFgFisiXuW9we/u7muQyeMaP3OExunXLJlwE05fm",
    "bcrypt_sha256$$2b$04$O/5MHGgv02Jc0D60XwmvJeoV0NMDmuLQmxpn.HnSXiB4qeabFFqn.",
    "$2a$04$cxXhn866j/odB3du8.xFJOlog1DyqnxUbN4NgFYVG1qdJ3YZEfQo2",
    "$2b$04$foBH/ANWLlf4vUoek5xHnO88sNG/4X/4bwoiAZa7wHrkZJDyX7hSO",
    "$2y$04$0YHDVritEl5qK/xPyUyOKOrn9AsXGxzttcI5dNxROIlWFPYAg42R6",
    DECOMPOSED,
];

/// A hash of the same password in NFD, as another service may have computed it.
const DECOMPOSED: &str =
    "pbkdf2_sha256$2000$clNTufVu5KoWvpHMPimKKk$iPqYcnINQWPgY52hn8ivKY+dOxfblz2Hlhwy4b2Pnw4=";

#[tokio::test]
async fn foreign_hashes_verify_as_outdated() {
    let hasher = Hasher::new(&cheap());
    for stored in OTHERS {
        let composed = stored != DECOMPOSED;
        let typed = if composed { "päss wörd" } else { "pa\u{308}ss wo\u{308}rd" };
        assert!(is_known(stored, &cheap()), "{stored}");
        let verdict = async |p: &str| hasher.verify(p, Some(stored)).await.unwrap();
        assert_eq!(verdict(typed).await, Verdict::Outdated, "{stored}");
        assert_eq!(verdict("pass word").await, Verdict::Wrong, "{stored}");
        assert_eq!(verdict("").await, Verdict::Wrong, "{stored}");
    }
}

#[tokio::test]
async fn hashes_of_djangohashers_are_recognized() {
    let hasher = Hasher::new(&cheap());
    for kind in [Kind::PBKDF2, Kind::PBKDF2SHA1, Kind::Scrypt, Kind::BCrypt, Kind::BCryptSHA256] {
        let stored = make_password_core("päss", "saltsaltsalt", kind, DjangoVersion::V1_4);
        let verdict = hasher.verify("päss", Some(&stored)).await.unwrap();
        assert_eq!(verdict, Verdict::Outdated, "{stored}");
    }
}

#[tokio::test]
async fn an_own_hash_with_other_parameters_is_outdated() {
    let hasher = Hasher::new(&cheap());
    for other in [
        config::Password { memory: 32, ..cheap() },
        config::Password { memory: 128, ..cheap() },
        config::Password { passes: 2, ..cheap() },
        config::Password { lanes: 2, ..cheap() },
    ] {
        let stored = Hasher::new(&other).hash("päss").await.unwrap();
        let verdict = async |p: &str| hasher.verify(p, Some(&stored)).await.unwrap();
        assert_eq!(verdict("pa\u{308}ss").await, Verdict::Outdated);
        assert_eq!(verdict("pass").await, Verdict::Wrong);
    }
}

#[test]
fn a_wrong_password_costs_at_least_one_own_hash() {
    let scratch = &mut Scratch::new(&cheap());
    let ours = scratch.hash("right").unwrap();
    let weak = Scratch::new(&config::Password { memory: 32, ..cheap() }).hash("right").unwrap();
    for (stored, costs) in [
        (None, &[64][..]),
        (Some(ours.as_str()), &[64]),
        (Some(weak.as_str()), &[32, 64]),
        (Some(OTHERS[0]), &[64]),
        (Some("!unusable"), &[64]),
        (Some("plain"), &[64]),
        (Some(""), &[64]),
    ] {
        scratch.computed.clear();
        assert_eq!(scratch.verify("wrong", "wrong", stored).unwrap(), Verdict::Wrong);
        assert_eq!(scratch.computed, costs, "{stored:?}");
    }
}

#[test]
fn extra_memory_is_released_and_its_content_does_not_matter() {
    let scratch = &mut Scratch::new(&cheap());
    let stored = scratch.hash("right").unwrap();
    for _ in 0..2 {
        assert_eq!(scratch.verify("x", "x", Some(OTHERS[4])).unwrap(), Verdict::Wrong);
        assert_eq!(scratch.held(), 64);
        assert_eq!(scratch.verify("right", "right", Some(&stored)).unwrap(), Verdict::Right);
    }
    scratch.release();
    assert_eq!(scratch.held(), 0);
}

#[test]
fn excessive_or_malformed_hashes_are_not_computed() {
    const ZEROS: &str = "00000000000000000000000000000000000000000000000000005";
    let scratch = &mut Scratch::new(&cheap());
    let argon2 = |costs| format!("$argon2id$v=19${costs}$c2FsdHNhbHQ${}", "A".repeat(43));
    let scrypt = |costs| format!("scrypt${costs}${}==", "A".repeat(86));
    let bcrypt = |cost| format!("bcrypt$$2b${cost}${}", "A".repeat(53));
    let crypt = |costs| format!("${costs}$c2FsdHNhbHQ${}", "A".repeat(43));
    for stored in [
        argon2("m=262145,t=1,p=1"),
        argon2("m=64,t=17,p=1"),
        argon2("m=4096,t=1,p=17"),
        argon2("m=4294967295,t=4294967295,p=4294967295"),
        argon2("m=64,t=0,p=1"),
        argon2("m=64,t=1,p=1,data=AAAA"),
        scrypt("1073741824$salt$8$1"),
        scrypt("262144$salt$8$1"),
        scrypt("2$salt$1048576$16"),
        scrypt("1024$salt$8$4096"),
        scrypt("65536$salt$1$1"),
        scrypt("16385$salt$8$1"),
        scrypt("1$salt$8$1"),
        scrypt("0$salt$8$1"),
        scrypt("-8$salt$8$1"),
        scrypt("1e4$salt$8$1"),
        scrypt("16384$salt$0$1"),
        "scrypt$16384$salt$8$1$".to_owned(),
        format!("pbkdf2_sha256$10000001$salt${}=", "A".repeat(43)),
        format!("pbkdf2_sha256$0$salt${}=", "A".repeat(43)),
        "pbkdf2_sha256$1000$salt$AA==".to_owned(),
        "pbkdf2_sha256$1000$salt$".to_owned(),
        crypt("scrypt$ln=30,r=8,p=1"),
        crypt("scrypt$ln=4294967295,r=8,p=1"),
        crypt("scrypt$ln=64,r=8,p=1"),
        crypt("scrypt$ln=18,r=8,p=1"),
        crypt("scrypt$ln=10,r=4294967295,p=4294967295"),
        crypt("scrypt$ln=0,r=8,p=1"),
        crypt("scrypt$ln=10,r=8"),
        crypt("pbkdf2-sha256$10000001"),
        format!("$pbkdf2-sha256$5000001$c2FsdHNhbHQ${}", "A".repeat(86)),
        crypt("pbkdf2-sha256$i=0,l=32"),
        crypt("pbkdf2-sha1$1000"),
        "$pbkdf2-sha256$1000$c2FsdA$c2hvcnQ".to_owned(),
        "{SSHA}c2hvcnQ=".to_owned(),
        format!("{{SSHA}}{}", "AAAA".repeat(200)),
        bcrypt("16"),
        bcrypt("31"),
        bcrypt("3"),
        bcrypt("+5"),
        // One library reads the cost 5 here, the other 31.
        format!("bcrypt$2b$31${ZEROS}$"),
        format!("bcrypt$2b$31${ZEROS}"),
        format!("$2b$31${ZEROS}$"),
    ] {
        scratch.computed.clear();
        assert!(!is_known(&stored, &cheap()), "{stored}");
        assert_eq!(scratch.verify("x", "x", Some(&stored)).unwrap(), Verdict::Wrong);
        assert_eq!(scratch.computed, [64], "{stored}");
    }
}

#[test]
fn an_own_hash_verifies_with_any_memory_cost() {
    let scratch = &mut Scratch::new(&config::Password { memory: 300 << 10, ..cheap() });
    let stored = scratch.hash("right").unwrap();
    assert_eq!(scratch.verify("right", "right", Some(&stored)).unwrap(), Verdict::Right);
}

#[tokio::test]
async fn an_overlong_password_is_not_hashed() {
    let hasher = Hasher::new(&cheap());
    let long = hasher.hash(&"x".repeat(1 << 20)).await;
    assert!(matches!(long, Err(Error::TooLong)));
    // Four bytes per character: the longest possible password.
    let longest = "\u{1f511}".repeat(LONGEST);
    let stored = hasher.hash(&longest).await.unwrap();
    assert_eq!(hasher.verify(&longest, Some(&stored)).await.unwrap(), Verdict::Right);
}

/// Text that is nearly a stored hash: a foreign one with some parts replaced.
fn nearly_a_hash() -> impl Strategy<Value = String> {
    let number = prop_oneof![Just(0), 1..40_u64, Just(65_536), any::<u64>()];
    let edit = (
        any::<prop::sample::Index>(),
        prop_oneof![number.prop_map(|n| n.to_string()), "\\PC{0,8}"],
    );
    (prop::sample::select(&OTHERS[..]), prop::collection::vec(edit, 1..3)).prop_map(
        |(stored, edits)| {
            let mut parts: Vec<_> = stored.split('$').map(str::to_owned).collect();
            for (at, text) in edits {
                *at.get_mut(&mut parts) = text;
            }
            parts.join("$")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_stored_text_verifies_as_wrong_without_a_panic(stored in prop_oneof![nearly_a_hash(), "\\PC{0,60}"]) {
        let verdict = Scratch::new(&cheap()).verify("x", "x", Some(&stored)).unwrap();
        prop_assert_eq!(verdict, Verdict::Wrong);
    }
}
