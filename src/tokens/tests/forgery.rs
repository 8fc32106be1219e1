use super::{ALL, NOW, claims, keys, keys_and_private, refused};
use crate::config::Algorithm;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};

/// The forms in which attackers may know a public key: the raw point, DER, PEM, and the published JSON.
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
fn the_algorithm_comes_from_the_key_not_the_header() {
    let keys = keys(Algorithm::ES256);
    let jwk = keys.jwks(NOW)["keys"][0].clone();
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
fn malformed_signatures_are_refused() {
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
        // Others encode an ECDSA signature as ASN.1; JWS does not (RFC 7518, 3.4).
        let der = [&[0x30, 68, 2, 32], &signature[..32], &[2, 32], &signature[32..]].concat();
        refused(&keys, &format!("{head}.{}", B64.encode(der)), "DER");
    }
}

/// A token with any header, properly signed.
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
fn only_our_own_keys_verify_and_unknown_header_extensions_are_refused() {
    let (mine, private) = keys_and_private(Algorithm::ES256);
    let (other, others) = keys_and_private(Algorithm::ES256);
    refused(&mine, &other.sign(&claims()).unwrap(), "another key");
    let kid = mine.jwks(NOW)["keys"][0]["kid"].clone();
    let good = json!({"alg": "ES256", "typ": "JWT", "kid": kid}).to_string();
    assert!(mine.verify_access(&signed(&private, &good), NOW).is_ok());
    let folded = json!({"alg": "ES256", "typ": "jwt", "kid": kid}).to_string();
    assert!(mine.verify_access(&signed(&private, &folded), NOW).is_ok());
    // Parameters that name keys are ignored.
    let jwk = other.jwks(NOW)["keys"][0].clone();
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
        json!({"alg": "ES256", "typ": "JWT", "jwk": mine.jwks(NOW)["keys"][0]}),
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
fn a_duplicate_claim_is_refused() {
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
