use super::*;
use crate::flows::secret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn keys(algorithm: Algorithm) -> Keys {
    let mut config = Config::default();
    config.jwt.algorithm = algorithm;
    config.jwt.secret = Some(crate::config::Secret("x".repeat(32)));
    let config = Arc::new(config);
    let seal = Seal::new(None).unwrap();
    let mut rows = Vec::new();
    if algorithm != Algorithm::HS256 {
        let private_key = pair::generate(algorithm).unwrap();
        rows.push(Key {
            kid: Pair::read(algorithm, &private_key).unwrap().kid,
            algorithm: pair::name(algorithm).to_owned(),
            state: "current".to_owned(),
            private_key,
            created_at: NOW,
            expires_at: None,
        });
    }
    let ring = RwLock::new(Arc::new(Ring::new(&config, &seal, rows).unwrap()));
    Keys(Arc::new(Inner { config, seal, ring }))
}

fn claims() -> Value {
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

const ALL: [Algorithm; 4] =
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256, Algorithm::HS256];

#[test]
fn what_we_sign_we_verify_until_the_second_it_expires() {
    for algorithm in ALL {
        let keys = keys(algorithm);
        let token = keys.sign(&claims()).unwrap();
        assert!(keys.verify_access(&token, NOW).is_ok());
        assert!(keys.verify_access(&token, NOW.plus(Duration::from_secs(299))).is_ok());
        assert!(keys.verify_access(&token, NOW.plus(Duration::from_secs(300))).is_err());
        assert!(keys.verify_refresh(&token, NOW).is_err());
        assert_eq!(
            keys.jwks()["keys"].as_array().unwrap().len(),
            usize::from(algorithm != Algorithm::HS256)
        );
        assert!(!keys.jwks().to_string().contains("\"d\""));
    }
}

#[test]
fn every_claim_counts() {
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
    ] {
        let token = keys.sign(&claims).unwrap();
        assert!(matches!(keys.verify_access(&token, NOW), Err(Error::TokenNotValid)), "{claims}");
    }
}

fn token(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let part = |v: &Value| B64.encode(v.to_string());
    format!("{}.{}.{}", part(header), part(claims), B64.encode(signature))
}

#[test]
fn the_key_decides_the_algorithm() {
    let keys = keys(Algorithm::ES256);
    let kid = keys.jwks()["keys"][0]["kid"].clone();
    let public = keys.jwks()["keys"][0].to_string();
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "none", "kid": kid}),
        json!({"alg": "HS256", "kid": kid}),
        json!({"alg": "HS256"}),
        json!({"alg": "ES384", "kid": kid}),
        json!({"alg": "RS256", "kid": kid}),
    ] {
        let signed =
            format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims().to_string()));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, public.as_bytes());
        let mac = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        let token = format!("{signed}.{}", B64.encode(mac));
        assert!(keys.verify_access(&token, NOW).is_err(), "{header}");
    }
    let zero = token(&json!({"alg": "ES256", "kid": kid}), &claims(), &[0; 64]);
    assert!(keys.verify_access(&zero, NOW).is_err());
}

#[test]
fn only_our_own_keys_are_believed_and_no_extension() {
    let (mine, other) = (keys(Algorithm::ES256), keys(Algorithm::ES256));
    assert!(mine.verify_access(&other.sign(&claims()).unwrap(), NOW).is_err());
    let good = mine.sign(&claims()).unwrap();
    let signature = B64.decode(good.rsplit_once('.').unwrap().1).unwrap();
    let kid = mine.jwks()["keys"][0]["kid"].clone();
    for extra in [
        json!({"alg": "ES256", "kid": "../../etc/passwd"}),
        json!({"alg": "ES256", "kid": 1}),
        json!({"alg": "ES256", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "ES256", "kid": kid, "typ": "at+jwt"}),
        json!({"alg": "ES256", "jwk": other.jwks()["keys"][0]}),
    ] {
        assert!(mine.verify_access(&token(&extra, &claims(), &signature), NOW).is_err(), "{extra}");
    }
}

#[test]
fn a_token_has_one_spelling() {
    let keys = keys(Algorithm::ES256);
    let good = keys.sign(&claims()).unwrap();
    assert!(keys.verify_access(&good, NOW).is_ok());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    let other = if last == 'A' { 'B' } else { char::from(last as u8 + 1) };
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
        String::new(),
        "..".to_owned(),
    ] {
        assert!(matches!(keys.verify_access(&bad, NOW), Err(Error::TokenNotValid)), "{bad}");
    }
}

#[test]
fn a_refresh_token_is_no_access_token() {
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
    fn no_text_is_a_token(text in "[A-Za-z0-9_.=-]{0,200}", any in ".{0,60}") {
        let keys = keys(Algorithm::HS256);
        prop_assert!(keys.verify_access(&text, NOW).is_err());
        prop_assert!(keys.verify_access(&any, NOW).is_err());
        let three = format!("{any}.{text}.{any}");
        prop_assert!(keys.verify_refresh(&three, NOW).is_err());
    }

    #[test]
    fn a_changed_letter_is_noticed(at in 0usize..400, to in "[A-Za-z0-9_.-]") {
        let keys = keys(Algorithm::ES256);
        let good = keys.sign(&claims()).unwrap();
        let at = at % good.len();
        let mut bad = good.clone();
        bad.replace_range(at..=at, &to);
        prop_assert_eq!(keys.verify_access(&bad, NOW).is_ok(), bad == good);
    }
}
