//! Changes of the algorithm and of the encryption key, and stolen keys.
use super::rotation::{DAY, Place, START, kids, pairs, settings};
use crate::{config::Secret, tokens::*};
use serde_json::json;

impl Place {
    /// What a running server does periodically.
    async fn tick(&self, keys: &Keys) {
        let now = self.clock.now();
        keys.reload(&self.db, now).await.unwrap();
        keys.advance(&self.db, 30 * DAY, now).await.unwrap();
    }

    async fn drop(&self, keys: &Keys, kids: &[String]) -> Result<()> {
        let now = self.clock.now();
        let spare = keys.spare(now).await?;
        let mut tx = self.db.write().await?;
        keys.remove(&mut tx, kids, spare, now).await?;
        tx.commit().await?;
        keys.reload(&self.db, now).await
    }

    /// The algorithms of the published keys, sorted.
    fn published(&self, keys: &Keys) -> Vec<String> {
        let set = keys.jwks(self.clock.now());
        let algorithm = |k: &serde_json::Value| k["alg"].as_str().unwrap().to_owned();
        let mut all: Vec<_> = set["keys"].as_array().unwrap().iter().map(algorithm).collect();
        all.sort();
        all
    }

    /// The algorithm that a token is signed with now.
    fn signs(&self, keys: &Keys) -> jsonwebtoken::Algorithm {
        jsonwebtoken::decode_header(self.token(keys)).unwrap().alg
    }

    async fn kid(&self, keys: &Keys, state: &str) -> String {
        let all = keys.list(&self.db, self.clock.now()).await.unwrap();
        all.into_iter().find(|k| k.state.as_str() == state).unwrap().kid
    }
}

#[tokio::test]
async fn a_key_of_another_algorithm_is_published_before_it_signs() {
    use jsonwebtoken::Algorithm as Jwa;
    let place = Place::new().await;
    let before = place.es256().await;
    let token = place.token(&before);
    let after = place.load(Algorithm::EdDSA, None).await.unwrap();
    let both = pairs(&[("ES256", "current"), ("ES256", "next"), ("EdDSA", "next")]);
    assert_eq!(place.states(&after).await, both);
    // Every replica publishes the key and signs with the old one, whatever its configuration.
    place.tick(&before).await;
    for keys in [&before, &after] {
        place.tick(keys).await;
        assert_eq!(place.published(keys), ["ES256", "ES256", "EdDSA"]);
        assert_eq!(place.signs(keys), Jwa::ES256);
        assert!(place.good(keys, &token));
    }
    // A restart of either changes nothing.
    place.es256().await;
    place.load(Algorithm::EdDSA, None).await.unwrap();
    assert_eq!(place.states(&after).await, both);
    place.clock.advance(MAX_AGE);
    place.tick(&before).await;
    assert_eq!(place.states(&after).await, both);
    place.tick(&after).await;
    place.tick(&before).await;
    let changed = pairs(&[("ES256", "retired"), ("EdDSA", "current"), ("EdDSA", "next")]);
    assert_eq!(place.states(&after).await, changed);
    for keys in [&before, &after] {
        assert_eq!(place.signs(keys), Jwa::EdDSA);
        assert!(place.good(keys, &token) && place.good(keys, &place.token(&before)));
    }
    assert_eq!(place.published(&after), ["ES256", "EdDSA", "EdDSA"]);
    place.clock.advance(Duration::from_hours(1));
    assert_eq!(place.published(&after), ["EdDSA", "EdDSA"]);
    assert!(place.good(&after, &token));
}

#[tokio::test]
async fn replicas_reconfigured_one_by_one_do_not_retire_each_others_keys() {
    let place = Place::new().await;
    let old = place.es256().await;
    let new = place.load(Algorithm::EdDSA, None).await.unwrap();
    place.clock.advance(MAX_AGE);
    place.tick(&new).await;
    let current = place.kid(&new, "current").await;
    // A replica with the old configuration is restarted, more than once, and still works.
    for _ in 0..3 {
        let again = place.es256().await;
        for keys in [&old, &again, &new] {
            place.clock.advance(MAX_AGE);
            place.tick(keys).await;
            assert!(place.good(&new, &place.token(keys)));
        }
        place.load(Algorithm::EdDSA, None).await.unwrap();
    }
    assert_eq!(place.kid(&new, "current").await, current);
    // An hour after the change, such a restart counts as a change back, with the same rule.
    place.clock.advance(Duration::from_hours(1));
    let back = place.es256().await;
    place.clock.advance(MAX_AGE);
    place.tick(&back).await;
    place.tick(&new).await;
    assert_eq!(place.signs(&new), jsonwebtoken::Algorithm::ES256);
    assert!(place.good(&back, &place.token(&new)) && place.good(&new, &place.token(&back)));
}

#[tokio::test]
async fn a_shared_secret_cannot_be_rotated() {
    let place = Place::new().await;
    let before = place.es256().await;
    let token = place.token(&before);
    let keys = place.load(Algorithm::HS256, None).await.unwrap();
    assert_eq!(keys.jwks(START), json!({"keys": []}));
    assert!(place.good(&keys, &token) && place.good(&keys, &place.token(&keys)));
    assert!(!place.good(&before, &place.token(&keys)));
    assert!(matches!(place.rotate(&keys, true).await, Err(Error::NoKeys)));
    assert_eq!(place.states(&keys).await, pairs(&[("ES256", "retired")]));
    // A replica with the old configuration continues to sign for an hour.
    place.clock.advance(Duration::from_mins(59));
    place.tick(&before).await;
    assert!(place.good(&keys, &place.token(&before)));
    place.clock.advance(Duration::from_mins(5));
    assert!(!place.good(&keys, &place.token(&before)));
}

#[tokio::test]
async fn a_dropped_key_is_rejected_everywhere_and_replaced() {
    let place = Place::new().await;
    let (keys, other) = (place.es256().await, place.es256().await);
    place.clock.advance(MAX_AGE);
    place.rotate(&keys, false).await.unwrap();
    place.tick(&other).await;
    let token = place.token(&keys);
    let states = pairs(&[("ES256", "current"), ("ES256", "next"), ("ES256", "retired")]);
    assert_eq!(place.states(&keys).await, states);
    let [current, next] = [place.kid(&keys, "current").await, place.kid(&keys, "next").await];
    assert!(matches!(place.drop(&keys, &["none".into()]).await, Err(Error::NotFound)));
    place.drop(&keys, std::slice::from_ref(&current)).await.unwrap();
    place.tick(&other).await;
    for keys in [&keys, &other] {
        assert!(!place.good(keys, &token));
        assert!(kids(keys).iter().all(|kid| *kid != current));
    }
    // The next key signs immediately, whether verifiers have seen it or not.
    assert_eq!(place.kid(&keys, "current").await, next);
    assert_eq!(place.states(&keys).await, states);
    assert!(place.good(&other, &place.token(&keys)));
    // With all keys removed, no token that was signed before is valid.
    let token = place.token(&keys);
    let all = keys.list(&place.db, place.clock.now()).await.unwrap();
    let all: Vec<_> = all.into_iter().map(|k| k.kid).collect();
    // If one key does not exist, none is removed.
    let wrong = [&all[..], &["none".to_owned()]].concat();
    assert!(matches!(place.drop(&keys, &wrong).await, Err(Error::NotFound)));
    assert!(place.good(&keys, &token));
    place.drop(&keys, &all).await.unwrap();
    assert_eq!(place.states(&keys).await, states[..2]);
    place.tick(&other).await;
    assert!(!place.good(&other, &token) && place.good(&other, &place.token(&keys)));
}

#[tokio::test]
async fn plain_secrets_are_encrypted_and_can_be_reencrypted() {
    let place = Place::new().await;
    let [one, two] = ["a key of thirty-two bytes, or more", "another key of thirty-two bytes"];
    let stored = async || {
        let all = secrets::all(&mut place.db.read().await.unwrap()).await.unwrap();
        all.into_iter().find(|(purpose, _)| purpose == "x").unwrap().1
    };
    let plain = place.es256().await;
    let secret = plain.provision_secret(&place.db, "x").await.unwrap();
    assert_eq!(stored().await, *secret);
    let sealed = place.load(Algorithm::ES256, Some(one)).await.unwrap();
    assert_eq!(sealed.provision_secret(&place.db, "x").await.unwrap(), secret);
    assert!(!stored().await.windows(8).any(|part| secret.starts_with(part)));
    assert_eq!(sealed.read_secret(&place.db, "x").await.unwrap(), Some(secret.clone()));
    assert_eq!(sealed.read_secret(&place.db, "y").await.unwrap(), None);
    assert!(plain.read_secret(&place.db, "x").await.is_err());
    // A new encryption key: together with the previous one it opens everything, and reseals on request.
    let token = place.token(&sealed);
    assert!(place.load(Algorithm::ES256, Some(two)).await.is_err());
    let mut config = (*settings(Algorithm::ES256, Some(two))).clone();
    config.previous_encryption_key = Some(Secret(one.to_owned()));
    let config = Arc::new(config);
    let both = Keys::load(&place.db, &config, 30 * DAY, &place.clock).await.unwrap();
    assert!(place.good(&both, &token));
    assert!(place.load(Algorithm::ES256, Some(one)).await.is_ok());
    let mut tx = place.db.write().await.unwrap();
    assert_eq!(both.reseal(&mut tx).await.unwrap(), 3);
    tx.commit().await.unwrap();
    let new = place.load(Algorithm::ES256, Some(two)).await.unwrap();
    assert!(place.good(&new, &token));
    assert_eq!(new.read_secret(&place.db, "x").await.unwrap(), Some(secret));
    assert!(place.load(Algorithm::ES256, Some(one)).await.is_err());
    assert!(matches!(sealed.read_secret(&place.db, "x").await, Err(Error::Internal(_))));
}

#[tokio::test]
async fn a_command_reads_keys_and_creates_none() {
    let place = Place::new().await;
    let read = async |algorithm| {
        Keys::read(&place.db, &settings(algorithm, None), &place.clock).await.unwrap()
    };
    let none = read(Algorithm::ES256).await;
    assert!(none.sign(&json!({})).is_err());
    assert_eq!(place.states(&none).await, []);
    let keys = place.es256().await;
    let other = read(Algorithm::EdDSA).await;
    let states = pairs(&[("ES256", "current"), ("ES256", "next")]);
    assert_eq!(place.states(&other).await, states);
    assert!(place.good(&keys, &place.token(&other)));
    let wrong = place.rotate(&other, true).await;
    assert!(matches!(wrong, Err(Error::Internal(e)) if e.to_string().contains("EdDSA")));
    assert_eq!(place.states(&keys).await, states);
}

#[tokio::test]
async fn keys_are_encrypted_once_an_encryption_key_is_configured() {
    let place = Place::new().await;
    let plain = place.es256().await;
    let token = place.token(&plain);
    place.rotate(&plain, true).await.unwrap();
    assert!(place.stored().await.iter().all(|k| k[0] == 0x30));
    let seal = "a key that seals, of 32 bytes or more";
    let sealed = place.load(Algorithm::ES256, Some(seal)).await.unwrap();
    assert_eq!(place.stored().await.len(), 3);
    assert!(place.stored().await.iter().all(|k| k[0] == 1));
    assert!(place.good(&sealed, &token));
    assert_eq!(kids(&sealed), kids(&plain));
    place.rotate(&sealed, true).await.unwrap();
    assert!(place.stored().await.iter().all(|k| k[0] == 1));
    let again = place.load(Algorithm::ES256, Some(seal)).await.unwrap();
    assert!(place.good(&again, &place.token(&sealed)));
    for (wrong, words) in [(Some("another key"), "another encryption_key"), (None, "is missing")] {
        let Err(Error::Internal(e)) = place.load(Algorithm::ES256, wrong).await else { panic!() };
        assert!(e.to_string().ends_with(words), "{e}");
    }
    // The failed attempts changed nothing.
    assert!(place.load(Algorithm::ES256, Some(seal)).await.is_ok());
}
