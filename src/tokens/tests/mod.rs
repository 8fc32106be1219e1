use super::{
    key_pair::{self, KeyPair},
    *,
};
use crate::config::Algorithm;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

pub(crate) fn keys(algorithm: Algorithm) -> Keys {
    keys_and_private(algorithm).0
}

pub(crate) fn keys_and_private(algorithm: Algorithm) -> (Keys, Vec<u8>) {
    let mut config = Config::default();
    config.jwt.algorithm = algorithm;
    config.jwt.secret = Some(crate::config::Secret("x".repeat(32)));
    let config = Arc::new(config);
    let encryption = Encryption::new(None, None).unwrap();
    let (mut rows, mut private) = (Vec::new(), Vec::new());
    if algorithm != Algorithm::HS256 {
        let private_key = key_pair::generate(algorithm).unwrap();
        private.clone_from(&private_key);
        rows.push(Key {
            kid: KeyPair::read(algorithm, &private_key).unwrap().kid,
            algorithm: key_pair::name(algorithm).to_owned(),
            state: crate::store::keys::KeyState::Current.into(),
            private_key: private_key.to_vec(),
            created_at: NOW,
            expires_at: None,
            retired_at: None,
        });
    }
    let ring = RwLock::new(Arc::new(KeyRing::new(&config, &encryption, rows).unwrap()));
    (Keys(Arc::new(Inner { config, encryption, ring })), private)
}

pub(crate) fn claims() -> Value {
    let id = secret::token().unwrap();
    json!({
        "iss": "http://localhost:8000", "aud": "portcullis", "sub": "1", "user_id": 1,
        "token_type": "access", "iat": NOW.unix(), "nbf": NOW.unix(), "exp": NOW.unix() + 300,
        "jti": id, "sid": id, "username": "", "email": "a@example.com", "email_verified": false,
        "role": "USER", "roles": [], "is_superuser": false, "auth_time": NOW.unix(), "amr": ["pwd"],
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

pub(crate) const ALL: [Algorithm; 4] =
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256, Algorithm::HS256];

#[test]
fn a_signed_token_verifies_until_it_expires() {
    for algorithm in ALL {
        let keys = keys(algorithm);
        let token = keys.sign(&claims()).unwrap();
        assert!(keys.verify_access(&token, NOW).is_ok());
        assert!(keys.verify_access(&token, NOW.plus(Duration::from_secs(299))).is_ok());
        assert!(keys.verify_access(&token, NOW.plus(Duration::from_mins(5))).is_err());
        assert!(keys.verify_refresh(&token, NOW).is_err());
        assert_eq!(
            keys.jwks(NOW)["keys"].as_array().unwrap().len(),
            usize::from(algorithm != Algorithm::HS256)
        );
        assert!(!keys.jwks(NOW).to_string().contains("\"d\""));
    }
}

#[test]
fn every_claim_is_validated() {
    let keys = keys(Algorithm::ES256);
    for claims in [
        with("iss", json!("http://localhost:8001")),
        with("aud", json!("other")),
        with("aud", json!(null)),
        with("token_type", json!("refresh")),
        with("token_type", json!(null)),
        with("exp", json!(NOW.unix())),
        with("exp", json!("soon")),
        with("nbf", json!(NOW.unix() + 60)),
        with("nbf", json!(null)),
        with("iat", json!(null)),
        with("jti", json!("x")),
        with("sid", json!(null)),
        with("sub", json!("2")),
        with("sub", json!(1)),
        with("user_id", json!("1")),
        with("user_id", json!(1.5)),
        with("user_id", json!(2)),
        with("iss", json!("http://localhost:8000/")),
        with("iss", json!(["http://localhost:8000"])),
        with("aud", json!(["portcullis"])),
        with("aud", json!(["portcullis", "other"])),
        with("token_type", json!("ACCESS")),
        with("token_type", json!("mail")),
        with("exp", json!(NOW.unix() - 1)),
        with("exp", json!(-1)),
        with("exp", json!(u64::MAX)),
        with("exp", json!(1e300)),
        with("exp", json!(null)),
        with("nbf", json!(NOW.unix() + 31)),
        with("iat", json!(NOW.unix() + 31)),
        with("iat", json!(i64::MIN)),
        with("exp", json!(NOW.unix() + 86_401)),
        with("iat", json!(NOW.unix() - 86_400)),
        with("nbf", json!(u64::MAX)),
        with("roles", json!("ADMIN")),
        with("is_superuser", json!(1)),
    ] {
        let token = keys.sign(&claims).unwrap();
        assert!(matches!(keys.verify_access(&token, NOW), Err(Error::NotValid)), "{claims}");
    }
    // The clock of another replica may be ahead.
    for (name, ahead) in [("nbf", 30), ("iat", 30), ("exp", 86_400)] {
        let token = keys.sign(&with(name, json!(NOW.unix() + ahead))).unwrap();
        assert!(keys.verify_access(&token, NOW).is_ok());
    }
}

#[track_caller]
pub(crate) fn refused(keys: &Keys, token: &str, why: &str) {
    assert!(matches!(keys.verify_access(token, NOW), Err(Error::NotValid)), "{why}: {token}");
    assert!(matches!(keys.verify_refresh(token, NOW), Err(Error::NotValid)), "{why}: {token}");
}

#[test]
fn the_key_id_is_the_jwk_thumbprint() {
    // RFC 7638, 3: the required members in alphabetical order, without white space.
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let jwk = keys(algorithm).jwks(NOW)["keys"][0].clone();
        let text = match algorithm {
            Algorithm::RS256 => json!({"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}),
            Algorithm::EdDSA => json!({"crv": "Ed25519", "kty": "OKP", "x": jwk["x"]}),
            _ => json!({"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}),
        };
        let hash =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.to_string().as_bytes());
        assert_eq!(jwk["kid"], B64.encode(hash));
        assert_eq!((&jwk["use"], &jwk["alg"]), (&json!("sig"), &json!(key_pair::name(algorithm))));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "key_ops"] {
            assert!(jwk.get(private).is_none(), "{private}");
        }
    }
}

#[test]
fn only_the_canonical_form_of_a_token_is_accepted() {
    let keys = keys(Algorithm::ES256);
    let good = keys.sign(&claims()).unwrap();
    assert!(keys.verify_access(&good, NOW).is_ok());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // 64 bytes leave four trailing bits, which must be zero.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    let other = alphabet.chars().nth(at + 1).unwrap();
    for bad in [
        format!("{good}."),
        format!("{good}.x"),
        head.to_owned(),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{head}."),
        format!("{head}.{signature}A"),
        format!("{head}.{}{other}", &signature[..signature.len() - 1]),
        format!("{}.{}", head, "A".repeat(9000)),
        "A.A.A.".repeat(4000),
        format!("{good}\u{0}"),
        format!("Bearer {good}"),
        good.replace('.', ".."),
        good.to_ascii_uppercase(),
        String::new(),
        "..".to_owned(),
    ] {
        assert!(matches!(keys.verify_access(&bad, NOW), Err(Error::NotValid)), "{bad}");
    }
}

#[test]
fn a_refresh_token_is_not_accepted_as_access_token() {
    let keys = keys(Algorithm::HS256);
    let id = secret::token().unwrap();
    let refresh = RefreshClaims {
        iss: "http://localhost:8000".into(),
        aud: "portcullis".into(),
        sub: "1".into(),
        user_id: 1,
        token_type: "refresh".into(),
        iat: NOW.unix(),
        exp: NOW.unix() + 9,
        jti: id,
        sid: id,
    };
    let token = keys.sign(&refresh).unwrap();
    assert_eq!(keys.verify_refresh(&token, NOW).unwrap().jti, id);
    assert!(keys.verify_access(&token, NOW).is_err());
}

proptest! {
    #[test]
    fn arbitrary_text_is_not_a_valid_token(text in "[A-Za-z0-9_.=-]{0,200}", any in ".{0,60}") {
        let keys = keys(Algorithm::HS256);
        prop_assert!(keys.verify_access(&text, NOW).is_err());
        prop_assert!(keys.verify_access(&any, NOW).is_err());
        let three = format!("{any}.{text}.{any}");
        prop_assert!(keys.verify_refresh(&three, NOW).is_err());
    }

    #[test]
    fn a_changed_character_invalidates_a_token(at in 0usize..400, to in "[A-Za-z0-9_.-]") {
        let keys = keys(Algorithm::ES256);
        let good = keys.sign(&claims()).unwrap();
        let at = at % good.len();
        let mut bad = good.clone();
        bad.replace_range(at..=at, &to);
        prop_assert_eq!(keys.verify_access(&bad, NOW).is_ok(), bad == good);
    }
}

#[cfg(test)]
mod algorithm_change;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod rotation;
