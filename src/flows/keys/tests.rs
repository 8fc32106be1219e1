use super::*;
use crate::{config::Algorithm, flows::secret};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn keys(algorithm: Algorithm) -> Keys {
    keys_and_private(algorithm).0
}

fn keys_and_private(algorithm: Algorithm) -> (Keys, Vec<u8>) {
    let mut config = Config::default();
    config.jwt.algorithm = algorithm;
    config.jwt.secret = Some(crate::config::Secret("x".repeat(32)));
    let config = Arc::new(config);
    let seal = Seal::new(None).unwrap();
    let (mut rows, mut private) = (Vec::new(), Vec::new());
    if algorithm != Algorithm::HS256 {
        let private_key = pair::generate(algorithm).unwrap();
        private.clone_from(&private_key);
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
    (Keys(Arc::new(Inner { config, seal, ring })), private)
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
        assert!(keys.verify_access(&token, NOW.plus(Duration::from_mins(5))).is_err());
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
        with("nbf", json!(NOW.unix() + 6)),
        with("nbf", json!(u64::MAX)),
        with("roles", json!("ADMIN")),
        with("is_superuser", json!(1)),
    ] {
        let token = keys.sign(&claims).unwrap();
        assert!(matches!(keys.verify_access(&token, NOW), Err(Error::TokenNotValid)), "{claims}");
    }
    // The clock of another replica may be ahead, and a token may have been issued "later".
    for (name, ahead) in [("nbf", 5), ("iat", 3600)] {
        let token = keys.sign(&with(name, json!(NOW.unix() + ahead))).unwrap();
        assert!(keys.verify_access(&token, NOW).is_ok());
    }
}

#[track_caller]
fn refused(keys: &Keys, token: &str, why: &str) {
    assert!(matches!(keys.verify_access(token, NOW), Err(Error::TokenNotValid)), "{why}: {token}");
    assert!(matches!(keys.verify_refresh(token, NOW), Err(Error::TokenNotValid)), "{why}: {token}");
}

/// A key as attackers may know it: the raw point, DER, PEM, and the published JSON.
fn public_forms(jwk: &Value) -> Vec<Vec<u8>> {
    let part = |name: &str| B64.decode(jwk[name].as_str().unwrap()).unwrap();
    let point = [vec![4], part("x"), part("y")].concat();
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480).
    let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    let head = (0..head.len()).step_by(2).map(|i| u8::from_str_radix(&head[i..i + 2], 16).unwrap());
    let der: Vec<u8> = head.chain(point.iter().copied()).collect();
    let pem = pem::encode(&pem::Pem::new("PUBLIC KEY", der.clone()));
    let bare = pem.trim_end().as_bytes().to_vec();
    vec![point, der, pem.into_bytes(), bare, jwk.to_string().into_bytes(), part("x"), Vec::new()]
}

#[test]
fn the_key_decides_the_algorithm() {
    let keys = keys(Algorithm::ES256);
    let jwk = keys.jwks()["keys"][0].clone();
    let kid = jwk["kid"].clone();
    for header in [
        json!({"typ": "JWT", "alg": "none"}),
        json!({"typ": "JWT", "alg": "none", "kid": kid}),
        json!({"typ": "JWT", "alg": "None", "kid": kid}),
        json!({"typ": "JWT", "alg": "HS256", "kid": kid}),
        json!({"typ": "JWT", "alg": "HS256"}),
        json!({"typ": "JWT", "alg": "HS512", "kid": kid}),
        json!({"typ": "JWT", "alg": "ES384", "kid": kid}),
        json!({"typ": "JWT", "alg": "RS256", "kid": kid}),
        json!({"typ": "JWT", "alg": "EdDSA", "kid": kid}),
        json!({"typ": "JWT", "alg": "es256", "kid": kid}),
    ] {
        let signed =
            format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims().to_string()));
        for secret in public_forms(&jwk) {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
            let mac = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
            let token = format!("{signed}.{}", B64.encode(mac));
            refused(&keys, &token, &header.to_string());
        }
        refused(&keys, &format!("{signed}."), "no signature");
    }
}

/// The order of the curve P-256.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
    0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn a_signature_has_to_be_one() {
    for algorithm in ALL {
        let keys = keys(algorithm);
        let good = keys.sign(&claims()).unwrap();
        let (head, signature) = good.rsplit_once('.').unwrap();
        let signature = B64.decode(signature).unwrap();
        let longer = [signature.as_slice(), &[0]].concat();
        let psychic = [N, N].concat();
        for bad in [
            &[0; 64][..],
            &[0; 32],
            &[0],
            &[0xff; 64],
            &psychic,
            &longer,
            &signature[..signature.len() - 1],
            &signature[..signature.len() / 2],
        ] {
            refused(&keys, &format!("{head}.{}", B64.encode(bad)), &format!("{algorithm:?}"));
        }
        // ASN.1 is how others write an ECDSA signature; JWS does not (RFC 7518, 3.4).
        let der = [&[0x30, 68, 2, 32], &signature[..32], &[2, 32], &signature[32..]].concat();
        refused(&keys, &format!("{head}.{}", B64.encode(der)), "DER");
    }
}

/// A header of one's choice, properly signed.
fn signed(private: &[u8], header: &str) -> String {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
    };
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private).unwrap();
    let signed = format!("{}.{}", B64.encode(header), B64.encode(claims().to_string()));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", B64.encode(signature))
}

#[test]
fn only_our_own_keys_are_believed_and_no_extension() {
    let (mine, private) = keys_and_private(Algorithm::ES256);
    let (other, others) = keys_and_private(Algorithm::ES256);
    refused(&mine, &other.sign(&claims()).unwrap(), "another key");
    let kid = mine.jwks()["keys"][0]["kid"].clone();
    let good = json!({"alg": "ES256", "typ": "JWT", "kid": kid}).to_string();
    assert!(mine.verify_access(&signed(&private, &good), NOW).is_ok());
    let folded = json!({"alg": "ES256", "typ": "jwt", "kid": kid}).to_string();
    assert!(mine.verify_access(&signed(&private, &folded), NOW).is_ok());
    // Parameters that name keys are not followed, whatever they say.
    let jwk = other.jwks()["keys"][0].clone();
    let named = json!({"alg": "ES256", "typ": "JWT", "kid": kid, "jku": "https://evil.example/",
        "x5u": "https://evil.example/", "x5c": ["AA"], "jwk": jwk});
    assert!(mine.verify_access(&signed(&private, &named.to_string()), NOW).is_ok());
    let forged = signed(&others, &named.to_string());
    refused(&mine, &forged, "jwk");
    for header in [
        json!({"alg": "ES256", "typ": "JWT", "kid": "../../../../dev/null"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": "' OR 1=1 --"}),
        json!({"alg": "ES256", "typ": "JWT", "kid": ""}),
        json!({"alg": "ES256", "typ": "JWT", "kid": null}),
        json!({"alg": "ES256", "typ": "JWT", "kid": 1}),
        json!({"alg": "ES256", "typ": "JWT", "kid": [kid]}),
        json!({"alg": "ES256", "typ": "JWT"}),
        json!({"alg": "ES256", "typ": "JWT", "jwk": mine.jwks()["keys"][0]}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "crit": ["exp"]}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "crit": []}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "crit": null}),
        json!({"alg": "ES256", "typ": "JWT", "kid": kid, "b64": false, "crit": ["b64"]}),
        json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}),
        json!({"alg": "ES256", "typ": "dpop+jwt", "kid": kid}),
        json!({"alg": "ES256", "typ": null, "kid": kid}),
        json!({"alg": "ES256", "kid": kid}),
        json!({"alg": ["ES256"], "typ": "JWT", "kid": kid}),
        json!({"typ": "JWT", "kid": kid}),
    ] {
        refused(&mine, &signed(&private, &header.to_string()), &header.to_string());
    }
    for text in [
        format!(r#"{{"alg":"ES256","alg":"ES256","typ":"JWT","kid":{kid}}}"#),
        format!(r#"{{"alg":"none","alg":"ES256","typ":"JWT","kid":{kid}}}"#),
        format!(r#"{{"alg":"ES256","typ":"JWT","kid":"x","kid":{kid}}}"#),
        format!(r#"{{"alg":"ES256","typ":"JWT","kid":{kid}}} x"#),
        format!(r#"["ES256","JWT",{kid},false]"#),
        format!(r#"[{{"alg":"ES256","typ":"JWT","kid":{kid}}}]"#),
        "null".to_owned(),
        "[".repeat(4000),
    ] {
        refused(&mine, &signed(&private, &text), &text);
    }
}

#[test]
fn a_claim_that_comes_twice_is_refused() {
    let keys = keys(Algorithm::HS256);
    let twice = |name: &str, value: &str| {
        let text = claims().to_string();
        let text = format!("{},\"{name}\":{value}}}", text.strip_suffix('}').unwrap());
        let head = B64.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{head}.{}", B64.encode(text));
        let key =
            aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, "x".repeat(32).as_bytes());
        let mac = aws_lc_rs::hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", B64.encode(mac))
    };
    assert!(keys.verify_access(&twice("unknown", "1"), NOW).is_ok());
    refused(&keys, &twice("user_id", "1"), "user_id");
    refused(&keys, &twice("is_superuser", "true"), "is_superuser");
    refused(&keys, &twice("exp", "99999999999"), "exp");
}

#[test]
fn the_name_of_a_key_is_its_thumbprint() {
    // RFC 7638, 3: the required members in the order of letters, without white space.
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let jwk = keys(algorithm).jwks()["keys"][0].clone();
        let text = match algorithm {
            Algorithm::RS256 => json!({"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}),
            Algorithm::EdDSA => json!({"crv": "Ed25519", "kty": "OKP", "x": jwk["x"]}),
            _ => json!({"crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"]}),
        };
        let hash =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.to_string().as_bytes());
        assert_eq!(jwk["kid"], B64.encode(hash));
        assert_eq!((&jwk["use"], &jwk["alg"]), (&json!("sig"), &json!(pair::name(algorithm))));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "key_ops"] {
            assert!(jwk.get(private).is_none(), "{private}");
        }
    }
}

#[test]
fn a_token_has_one_spelling() {
    let keys = keys(Algorithm::ES256);
    let good = keys.sign(&claims()).unwrap();
    assert!(keys.verify_access(&good, NOW).is_ok());
    let (head, signature) = good.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    // 64 bytes leave four bits over, which have to be zero.
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
