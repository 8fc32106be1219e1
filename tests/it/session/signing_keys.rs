//! The keys that sign access tokens: algorithms, rotation, publication, encryption.
use crate::support::{PASSWORD, Person, Service, acts, root, rows};
use portcullis::{
    config::{Algorithm, Secret},
    flows::{Error, Operator},
};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn kid(token: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().map(str::to_owned)
}

on_both!(rotating_keys_logs_nobody_out);
async fn rotating_keys_logs_nobody_out(service: &Service) {
    let ann = service.user("ann").await;
    let old = ann.access().unwrap();
    assert!(matches!(
        service.auth().admin(&Operator::cli()).rotate_keys(false).await,
        Err(Error::KeyTooYoung { .. })
    ));
    service.advance(Duration::from_mins(4));
    let published = service.stranger().get("/.well-known/jwks.json").await.body;
    service.auth().admin(&Operator::cli()).rotate_keys(true).await.unwrap();
    ann.get("/auth/me").await.expect(200);
    ann.refresh().await.expect(200);
    let new = ann.access().unwrap();
    assert_ne!(kid(&old), kid(&new));
    // The key that signs now was published before the rotation.
    let known =
        published["keys"].as_array().unwrap().iter().any(|k| k["kid"] == kid(&new).unwrap());
    assert!(known);
    // The retired key is removed once the last token that it signed has expired.
    service.advance(Duration::from_hours(24 * 30 + 1));
    service.auth().catch_up().await.unwrap();
    let now = service.stranger().get("/.well-known/jwks.json").await.body;
    assert!(now["keys"].as_array().unwrap().iter().all(|k| k["kid"] != kid(&old).unwrap()));
}

on_both!(the_metadata_links_to_the_key_set);
async fn the_metadata_links_to_the_key_set(service: &Service) {
    let reply = service.stranger().get("/.well-known/openid-configuration").await;
    assert_eq!(reply.expect(200)["issuer"], "http://localhost:8000");
    assert_eq!(reply.body["jwks_uri"], "http://localhost:8000/.well-known/jwks.json");
    assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
    let keys = service.stranger().get("/.well-known/jwks.json").await;
    let keys = keys.expect(200)["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|k| k["alg"] == "ES256" && k["use"] == "sig" && k.get("d").is_none()));
}

on_both!(eddsa_signs_access_tokens, |c| c.jwt.algorithm = Algorithm::EdDSA);
async fn eddsa_signs_access_tokens(service: &Service) {
    let ann = service.user("ann").await;
    ann.get("/auth/me").await.expect(200);
    ann.refresh().await.expect(200);
}

on_both!(rsa_signs_access_tokens, |c| c.jwt.algorithm = Algorithm::RS256);
async fn rsa_signs_access_tokens(service: &Service) {
    service.user("ann").await.get("/auth/me").await.expect(200);
}

on_both!(a_shared_secret_signs_without_a_key_id_and_is_not_published, |c| {
    c.jwt.algorithm = Algorithm::HS256;
    c.jwt.secret = Some(Secret("an old SIGNING_KEY of 32 bytes or more".into()));
});
async fn a_shared_secret_signs_without_a_key_id_and_is_not_published(service: &Service) {
    let ann = service.user("ann").await;
    assert_eq!(kid(&ann.access().unwrap()), None);
    ann.get("/auth/me").await.expect(200);
    let keys = service.stranger().get("/.well-known/jwks.json").await;
    assert_eq!(keys.expect(200)["keys"].as_array().unwrap().len(), 0);
    assert!(matches!(
        service.auth().admin(&Operator::cli()).rotate_keys(true).await,
        Err(Error::NoKeys)
    ));
}

on_both!(keys_are_encrypted_in_the_database, |c| {
    c.encryption_key = Some(Secret("a key of 32 bytes that seals the keys".into()));
});
async fn keys_are_encrypted_in_the_database(service: &Service) {
    service.user("ann").await.get("/auth/me").await.expect(200);
    let sql = if service.url().starts_with("sqlite") {
        "SELECT hex(substr(private_key, 1, 1)) FROM auth_keys"
    } else {
        "SELECT encode(substr(private_key, 1, 1), 'hex') FROM auth_keys"
    };
    assert_eq!(rows(service, sql).await, ["01", "01"]);
}

on_both!(dropping_a_stolen_key_takes_effect_on_every_server);
async fn dropping_a_stolen_key_takes_effect_on_every_server(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let root = root(service).await;
    let stolen = kid(&ann.access().unwrap()).unwrap();
    let path = format!("/auth/admin/keys/{stolen}");
    let delete = async |who: &Person<'_>| who.send(Method::Delete, &path, None, &[]).await;
    delete(&ann).await.refused(403, "forbidden");
    // The time in the token does not count: with a stolen key, anyone could claim a recent password.
    service.advance(Duration::from_mins(11));
    ann.refresh().await.expect(200);
    root.refresh().await.expect(200);
    delete(&root).await.refused(403, "password_required");
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    let left = delete(&root).await;
    let left = left.expect(200).as_array().unwrap();
    assert!(left.len() == 2 && left.iter().all(|k| k["kid"] != stolen));
    other.auth().catch_up().await.unwrap();
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.at(&other).get("/auth/verify").await.refused(401, "token_not_valid");
    // Dropping a key does not end sessions.
    ann.refresh().await.expect(200);
    ann.get("/auth/me").await.expect(200);
    ann.at(&other).get("/auth/verify").await.expect(200);
    root.login().await.expect(200);
    delete(&root).await.refused(404, "not_found");
    assert!(acts(service).await.contains(&"key_dropped".to_owned()));
}

on_both!(a_key_of_a_new_algorithm_is_published_before_it_signs);
async fn a_key_of_a_new_algorithm_is_published_before_it_signs(service: &Service) {
    let ann = service.user("ann").await;
    let changed = service.replica_with(|c| c.jwt.algorithm = Algorithm::EdDSA).await;
    let kinds = async |at: &Service| {
        let set = at.stranger().get("/.well-known/jwks.json").await.body;
        let kind = |k: &Value| k["alg"].as_str().unwrap().to_owned();
        let mut kinds: Vec<_> = set["keys"].as_array().unwrap().iter().map(kind).collect();
        kinds.sort();
        kinds
    };
    service.auth().catch_up().await.unwrap();
    for at in [service, &changed] {
        assert_eq!(kinds(at).await, ["ES256", "ES256", "EdDSA"]);
    }
    let set = service.stranger().get("/.well-known/jwks.json").await.body;
    ann.at(&changed).get("/auth/me").await.expect(200);
    service.advance(Duration::from_mins(5));
    changed.auth().catch_up().await.unwrap();
    service.auth().catch_up().await.unwrap();
    let there = ann.at(&changed);
    there.refresh().await.expect(200);
    let kid = kid(&there.access().unwrap()).unwrap();
    let published = set["keys"].as_array().unwrap().iter().find(|k| k["kid"] == kid).unwrap();
    assert_eq!(published["alg"], "EdDSA");
    there.at(service).get("/auth/me").await.expect(200);
    service.advance(Duration::from_hours(1));
    assert_eq!(kinds(&changed).await, ["EdDSA", "EdDSA"]);
}
