//! Tokens. An input that starts with `{` has a header and claims as JSON, one per line, and is signed with
//! our key. Any other input is the token itself.
use super::headers::{lines, request};
use crate::{
    config::{Algorithm, Config, LONGEST_ACCESS_TOKEN, LONGEST_REFRESH_TOKEN, Secret},
    secret,
    time::Timestamp,
    tokens::{
        claims::{Claims, RefreshClaims},
        encryption::Encryption,
        key_ring::KeyRing,
    },
    web::guards,
};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use std::sync::LazyLock;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

static KEYS: LazyLock<KeyRing> = LazyLock::new(|| {
    let mut config = Config::default();
    config.jwt.algorithm = Algorithm::HS256;
    config.jwt.secret = Some(Secret(SECRET.to_owned()));
    let encryption = Encryption::new(None, None).expect("no key is derived");
    KeyRing::new(&config, &encryption, Vec::new()).expect("a secret is configured")
});

fn mac(signed: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()))
}

/// The token of an input.
fn token(text: &str) -> String {
    let Some((header, claims)) = text.split_once('\n').filter(|_| text.starts_with('{')) else {
        return text.to_owned();
    };
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = mac(&signed);
    format!("{signed}.{mac}")
}

/// The header `Authorization`, with one value per line.
///
/// # Panics
/// If a token is accepted that is not one of ours, or is ambiguous.
pub fn authorization(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let signed = text.starts_with('{').then(|| format!("Bearer {}", token(text)));
    let Some(lines) = lines(signed.as_deref().map_or(bytes, str::as_bytes)) else { return };
    let request = request("authorization", lines.iter().copied());
    let Ok(Some(token)) = guards::authorization(request.inner()) else { return };
    assert!(lines.len() == 1 && !token.contains(' ') && lines[0].ends_with(token));
    if let Ok(claims) = KEYS.verify::<Claims>(token, NOW) {
        check(token, "access", LONGEST_ACCESS_TOKEN.as_secs());
        assert_eq!(Ok(claims.user_id), claims.sub.parse());
        assert!(KEYS.verify::<RefreshClaims>(token, NOW).is_err());
        let again = KEYS.sign(&claims).expect("signed");
        assert!(KEYS.verify::<Claims>(&again, NOW).is_ok());
    }
}

/// A refresh token in either envelope, or one of simplejwt.
///
/// # Panics
/// If a token is accepted that is not one of ours, or that has another form.
pub fn refresh_token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let token = token(text);
    if let Some(id) = secret::parse(&token) {
        assert_eq!(id.to_string(), token.to_ascii_lowercase());
        assert!(KEYS.verify::<RefreshClaims>(&token, NOW).is_err());
    }
    if let Ok(claims) = KEYS.verify::<RefreshClaims>(&token, NOW) {
        check(&token, "refresh", LONGEST_REFRESH_TOKEN.as_secs());
        assert!(KEYS.verify_simplejwt(&token, NOW).is_err());
        let again = KEYS.verify::<RefreshClaims>(&KEYS.sign(&claims).expect("signed"), NOW);
        let again = again.expect("a token that was read can be issued");
        assert_eq!((claims.jti, claims.sid, claims.exp), (again.jti, again.sid, again.exp));
    }
    if let Ok(claims) = KEYS.verify_simplejwt(&token, NOW) {
        assert!(claims.exp > NOW.unix());
        let sent = signed_claims(&token);
        assert_eq!(sent["token_type"], "refresh");
        assert!(sent.get("sid").is_none());
    }
}

/// Asserts that a token which was accepted is one that we may have issued.
fn check(token: &str, kind: &str, longest: u64) {
    let sent = signed_claims(token);
    assert_eq!(sent["token_type"], kind);
    assert_eq!(sent["iss"], "http://localhost:8000");
    assert_eq!(sent["aud"], "portcullis");
    assert_eq!(sent["sub"], sent["user_id"].to_string());
    let [iat, exp] = ["iat", "exp"].map(|name| sent[name].as_i64().expect("seconds"));
    assert!(exp > NOW.unix() && iat <= NOW.unix() + 30);
    assert!(u64::try_from(exp - iat).is_ok_and(|life| life <= longest));
}

/// The claims of a token, after its header and signature are checked independently.
fn signed_claims(token: &str) -> Value {
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    assert_eq!(mac(signed), signature);
    let part = |part: &str| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        assert_eq!(URL_SAFE_NO_PAD.encode(&bytes), part);
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let (header, claims) = signed.split_once('.').expect("a header");
    let header = part(header);
    assert_eq!(header["alg"], "HS256");
    assert!(header.get("kid").is_none() && header.get("crit").is_none());
    part(claims)
}
