use portcullis::{
    config::{Algorithm, Secret},
    flows::{Error, Operator},
};
use serde_json::Value;
use std::time::Duration;

fn kid(token: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().map(str::to_owned)
}

on_both! {
    async fn a_rotation_logs_nobody_out(service) {
        let ann = service.user("ann").await;
        let old = ann.access().unwrap();
        assert!(matches!(service.auth().rotate_keys(&Operator::cli(), false).await, Err(Error::KeyTooYoung { .. })));
        service.advance(Duration::from_mins(4));
        let published = service.stranger().get("/.well-known/jwks.json").await.body;
        service.auth().rotate_keys(&Operator::cli(), true).await.unwrap();
        ann.get("/auth/me").await.expect(200);
        ann.refresh().await.expect(200);
        let new = ann.access().unwrap();
        assert_ne!(kid(&old), kid(&new));
        // The key that signs now had been published before.
        let known = published["keys"].as_array().unwrap().iter().any(|k| k["kid"] == kid(&new).unwrap());
        assert!(known);
        // The retired key goes once the last token that it signed has expired.
        service.advance(Duration::from_hours(24 * 30 + 1));
        service.auth().catch_up().await.unwrap();
        let now = service.stranger().get("/.well-known/jwks.json").await.body;
        assert!(now["keys"].as_array().unwrap().iter().all(|k| k["kid"] != kid(&old).unwrap()));
    }

    async fn metadata_leads_to_the_keys(service) {
        let reply = service.stranger().get("/.well-known/openid-configuration").await;
        assert_eq!(reply.expect(200)["issuer"], "http://localhost:8000");
        assert_eq!(reply.body["jwks_uri"], "http://localhost:8000/.well-known/jwks.json");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=300"));
        let keys = service.stranger().get("/.well-known/jwks.json").await;
        let keys = keys.expect(200)["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        assert!(keys.iter().all(|k| k["alg"] == "ES256" && k["use"] == "sig" && k.get("d").is_none()));
    }

    async fn ed_dsa_signs(service, |c| c.jwt.algorithm = Algorithm::EdDSA) {
        let ann = service.user("ann").await;
        ann.get("/auth/me").await.expect(200);
        ann.refresh().await.expect(200);
    }

    async fn rsa_signs(service, |c| c.jwt.algorithm = Algorithm::RS256) {
        service.user("ann").await.get("/auth/me").await.expect(200);
    }

    async fn a_shared_secret_signs_without_key_id_and_is_not_published(service, |c| {
        c.jwt.algorithm = Algorithm::HS256;
        c.jwt.secret = Some(Secret("an old SIGNING_KEY of 32 bytes or more".into()));
    }) {
        let ann = service.user("ann").await;
        assert_eq!(kid(&ann.access().unwrap()), None);
        ann.get("/auth/me").await.expect(200);
        let keys = service.stranger().get("/.well-known/jwks.json").await;
        assert_eq!(keys.expect(200)["keys"].as_array().unwrap().len(), 0);
        assert!(matches!(service.auth().rotate_keys(&Operator::cli(), true).await, Err(Error::NoKeys)));
    }

    async fn keys_are_sealed_at_rest(service, |c| {
        c.encryption_key = Some(Secret("a key of 32 bytes that seals the keys".into()));
    }) {
        service.user("ann").await.get("/auth/me").await.expect(200);
        let sql = if service.url().starts_with("sqlite") {
            "SELECT hex(substr(private_key, 1, 1)) FROM auth_keys"
        } else {
            "SELECT encode(substr(private_key, 1, 1), 'hex') FROM auth_keys"
        };
        assert_eq!(crate::store::rows(service, sql).await, ["01", "01"]);
    }
}

#[tokio::test]
async fn after_a_change_of_algorithm_old_tokens_verify_and_the_set_has_the_new_kind_only() {
    use crate::support::{Database, Service, config};
    let database = Database::sqlite();
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let mut other = config();
    other.jwt.algorithm = Algorithm::EdDSA;
    let changed = Service::start(&database, other, Some(service.clock.clone())).await;
    ann.at(&changed).get("/auth/me").await.expect(200);
    let keys = changed.stranger().get("/.well-known/jwks.json").await.body;
    assert!(keys["keys"].as_array().unwrap().iter().all(|k| k["alg"] == "EdDSA"));
}
