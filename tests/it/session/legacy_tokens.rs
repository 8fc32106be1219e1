//! Refresh tokens of djangorestframework-simplejwt, issued before a migration.
use crate::support::{PASSWORD, Person, Reply, Service, acts, rows};
use jsonwebtoken::{EncodingKey, Header, encode};
use portcullis::{
    config::{Algorithm, Config, Secret},
    flows::{Dump, Import, Login, Source, UserId},
};
use rocket::{futures::future::join_all, http::Method};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

const DIALECTS: [&str; 3] = ["/token/refresh", "/api/refresh", "/u/api/refresh"];
const SECRET: &str = "django-insecure-0123456789-abcdefghij";

/// 2027-01-15, 08:00.
const NOW: i64 = 1_800_000_000;
const DAY: Duration = Duration::from_hours(24);

fn accepts_simplejwt(c: &mut Config) {
    c.jwt.algorithm = Algorithm::HS256;
    c.jwt.secret = Some(Secret(SECRET.into()));
    c.legacy.accept_simplejwt = true;
    c.legacy.until = Some(time::macros::date!(2027 - 01 - 20));
}

/// The claims of a simplejwt refresh token.
fn claims(user: i64) -> Value {
    json!({ "token_type": "refresh", "exp": NOW + 30 * 86_400, "iat": NOW - 3_600,
            "jti": Uuid::new_v4().simple().to_string(), "user_id": user.to_string() })
}

fn sign(claims: &Value) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

async fn refresh(person: &Person<'_>, path: &str, token: &str) -> Reply {
    if path.starts_with("/u/") {
        let bearer = format!("Bearer {token}");
        return person.send(Method::Post, path, None, &[("Authorization", &bearer)]).await;
    }
    let key = if path == "/api/refresh" { "refresh_token" } else { "refresh" };
    person.post(path, json!({ key: token })).await
}

fn next(reply: &Reply) -> &str {
    let body = reply.expect(200);
    body["refresh"].as_str().or(body["refresh_token"].as_str()).unwrap()
}

on_both!(each_dialect_accepts_a_legacy_token_once, accepts_simplejwt);
async fn each_dialect_accepts_a_legacy_token_once(service: &Service) {
    for (path, name) in DIALECTS.into_iter().zip(["ann", "bob", "eve"]) {
        let person = service.registered(name).await;
        // Confirming the email invalidates earlier legacy tokens, so issue this one a second later.
        service.advance(Duration::from_secs(1));
        let mut old = claims(person.id);
        old["iat"] = json!(service.clock.now().unix());
        let old = sign(&old);
        let first = refresh(&person, path, &old).await;
        let access = first.body["access"].as_str().or(first.body["access_token"].as_str()).unwrap();
        let claims = service.auth().verify_access(access).unwrap();
        assert_eq!(claims.user_id, person.id);
        service.advance(Duration::from_mins(6));
        refresh(&person, path, next(&first)).await.expect(200);
        // The token is used again, so it may be stolen, and the session ends.
        assert!(matches!(refresh(&person, path, &old).await.status, 400 | 401));
        assert!(service.auth().verify_access(access).is_err());
    }
    let recorded = acts(service).await;
    assert_eq!(recorded.iter().filter(|kind| *kind == "legacy_token_adopted").count(), 3);
    assert_eq!(recorded.iter().filter(|kind| *kind == "refresh_token_reused").count(), 3);
}

on_both!(a_legacy_token_opens_no_session_of_a_user_with_a_second_factor, accepts_simplejwt);
async fn a_legacy_token_opens_no_session_of_a_user_with_a_second_factor(service: &Service) {
    let ann = service.user("ann").await;
    service.advance(Duration::from_secs(1));
    let token = || {
        let mut token = claims(ann.id);
        token["iat"] = json!(service.clock.now().unix());
        sign(&token)
    };
    let adopted = token();
    let stranger = service.stranger();
    let first = refresh(&stranger, DIALECTS[0], &adopted).await;
    let after = next(&first).to_owned();
    ann.sets_up_totp().await;
    // Neither does one that opened a session before.
    for old in [&adopted, &after, &token()] {
        for path in [DIALECTS[0], DIALECTS[1], DIALECTS[2], "/api/token/refresh"] {
            let reply = refresh(&stranger, path, old).await;
            assert!(matches!(reply.status, 400 | 401), "{path}: {reply:?}");
        }
    }
    ann.refresh().await.expect(200);
}

on_both!(a_surface_without_rotation_accepts_a_legacy_token_until_it_expires, accepts_simplejwt);
async fn a_surface_without_rotation_accepts_a_legacy_token_until_it_expires(service: &Service) {
    let ann = service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .find_user(Login::Id(imported(service).await))
        .await
        .unwrap();
    let mut old = claims(ann.id.0);
    old["user_id"] = json!(ann.id.0);
    old["exp"] = json!(NOW + 3_600);
    let old = sign(&old);
    let stranger = service.stranger();
    for _ in 0..3 {
        let reply = refresh(&stranger, "/api/token/refresh", &old).await;
        assert!(reply.expect(200)["refresh"].is_null());
        service.advance(Duration::from_mins(15));
    }
    service.advance(Duration::from_mins(15));
    refresh(&stranger, "/api/token/refresh", &old).await.refused(401, "token_not_valid");
    assert_eq!(
        acts(service).await.iter().filter(|kind| *kind == "legacy_token_adopted").count(),
        1
    );
}

on_both!(concurrent_uses_of_a_legacy_token_open_one_session, accepts_simplejwt);
async fn concurrent_uses_of_a_legacy_token_open_one_session(service: &Service) {
    let id = imported(service).await;
    let old = sign(&claims(id.0));
    let stranger = service.stranger();
    let replies = join_all((0..8).map(|_| refresh(&stranger, "/api/refresh", &old))).await;
    let tokens: BTreeSet<_> = replies.iter().map(next).collect();
    assert_eq!(tokens.len(), 1);
    let sids: BTreeSet<_> = replies
        .iter()
        .map(|r| {
            service.auth().verify_access(r.body["access_token"].as_str().unwrap()).unwrap().sid
        })
        .collect();
    assert_eq!(sids.len(), 1);
}

on_both!(an_invalid_legacy_token_is_refused, accepts_simplejwt);
async fn an_invalid_legacy_token_is_refused(service: &Service) {
    let id = imported(service).await.0;
    let with = |key: &str, value: Value| {
        let mut claims = claims(id);
        claims[key] = value;
        sign(&claims)
    };
    let other_key = EncodingKey::from_secret(b"django-insecure-0123456789-abcdefghiX");
    let named = Header { kid: Some("k".into()), ..Header::default() };
    let sha512 = Header::new(jsonwebtoken::Algorithm::HS512);
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for (why, token) in [
        ("another secret", encode(&Header::default(), &claims(id), &other_key).unwrap()),
        ("another algorithm", encode(&sha512, &claims(id), &key).unwrap()),
        ("the name of a key", encode(&named, &claims(id), &key).unwrap()),
        ("an access token", with("token_type", json!("access"))),
        ("expired", with("exp", json!(NOW))),
        ("from the future", with("iat", json!(NOW + 60))),
        ("not good yet", with("nbf", json!(NOW + 60))),
        ("nobody", with("user_id", json!(99))),
        ("no id", with("user_id", json!("ann"))),
        ("no jti", with("jti", json!("1"))),
        ("another issuer", with("iss", json!("https://elsewhere.example"))),
        ("another audience", with("aud", json!(["elsewhere"]))),
        ("one of ours", with("sid", json!(Uuid::new_v4()))),
    ] {
        let reply = refresh(&service.stranger(), "/token/refresh", &token).await;
        assert_eq!(reply.status, 401, "{why}");
        reply.refused(401, "token_not_valid");
    }
    let good = with("aud", json!(["x", "portcullis"]));
    // The native endpoint does not accept the token in its cookie.
    let cookie = format!("__Host-portcullis={good}");
    let native =
        service.stranger().send(Method::Post, "/auth/refresh", None, &[("Cookie", &cookie)]).await;
    native.refused(401, "token_not_valid");
    refresh(&service.stranger(), "/token/refresh", &good).await.expect(200);
}

on_both!(a_legacy_token_opens_no_session_of_another_user_with_the_same_jti, accepts_simplejwt);
async fn a_legacy_token_opens_no_session_of_another_user_with_the_same_jti(service: &Service) {
    let ann = imported(service).await;
    let bob = service.registered("bob").await;
    let of_ann = claims(ann.0);
    let mut of_bob = of_ann.clone();
    of_bob["user_id"] = json!(bob.id.to_string());
    of_bob["iat"] = json!(service.clock.now().unix());
    let first = refresh(&bob, "/api/refresh", &sign(&of_ann)).await;
    let claims = service.auth().verify_access(first.expect(200)["access_token"].as_str().unwrap());
    assert_eq!(claims.unwrap().user_id, ann.0);
    refresh(&bob, "/api/refresh", &sign(&of_bob)).await.refused(401, "token_not_valid");
    bob.post("/api/logout", json!({ "refresh_token": sign(&of_bob) }))
        .await
        .refused(401, "token_not_valid");
    refresh(&bob, "/api/refresh", next(&first)).await.expect(200);
}

on_both!(a_legacy_token_is_no_reauthentication, accepts_simplejwt);
async fn a_legacy_token_is_no_reauthentication(service: &Service) {
    let root = service.superuser("root").await;
    service.advance(Duration::from_secs(1));
    let mut old = claims(root.id);
    old["iat"] = json!(service.clock.now().unix());
    let mut dateless = claims(imported(service).await.0);
    dateless.as_object_mut().unwrap().remove("iat");
    for old in [dateless, old] {
        let reply = refresh(&service.stranger(), "/api/refresh", &sign(&old)).await;
        let access = reply.expect(200)["access_token"].as_str().unwrap().to_owned();
        let said = service.auth().verify_access(&access).unwrap();
        assert_eq!(said.auth_time, 0);
        if said.is_superuser {
            let bearer = format!("Bearer {access}");
            let headers = [("Authorization", &*bearer)];
            let rotate = service
                .stranger()
                .send(Method::Post, "/auth/admin/keys/rotate", None, &headers)
                .await;
            rotate.refused(403, "password_required");
        }
    }
}

on_both!(ending_all_sessions_of_a_user_revokes_their_legacy_tokens, accepts_simplejwt);
async fn ending_all_sessions_of_a_user_revokes_their_legacy_tokens(service: &Service) {
    let id = imported(service).await;
    let auth = service.auth();
    for (n, path) in (1..).zip(DIALECTS) {
        let mut old = claims(id.0);
        old["iat"] = json!(service.clock.now().unix());
        service.advance(Duration::from_secs(5));
        match n {
            1 => auth
                .admin(&portcullis::flows::Operator::cli())
                .set_password(id, "another good password")
                .await
                .unwrap(),
            2 => {
                service.set_active(id, false).await;
                assert!(matches!(
                    refresh(&service.stranger(), path, &sign(&old)).await.status,
                    400 | 401
                ));
                service.set_active(id, true).await;
            }
            _ => {
                let ann = service.stranger();
                ann.login_with(
                    json!({ "email": "old@example.com", "password": "another good password" }),
                )
                .await
                .expect(200);
                assert_eq!(ann.post("/auth/logout-all", json!({})).await.status, 204);
            }
        }
        assert!(matches!(refresh(&service.stranger(), path, &sign(&old)).await.status, 400 | 401));
    }
    let mut unknown = claims(id.0);
    unknown.as_object_mut().unwrap().remove("iat");
    refresh(&service.stranger(), "/token/refresh", &sign(&unknown))
        .await
        .refused(401, "token_not_valid");
}

on_both!(logout_with_a_legacy_token_revokes_it, accepts_simplejwt);
async fn logout_with_a_legacy_token_revokes_it(service: &Service) {
    let id = imported(service).await;
    let (unused, used) = (sign(&claims(id.0)), sign(&claims(id.0)));
    refresh(&service.stranger(), "/api/token/refresh", &used).await.expect(200);
    for old in [unused, used] {
        service.stranger().post("/api/logout", json!({ "refresh_token": old })).await.expect(200);
        for path in ["/api/token/refresh", "/api/refresh"] {
            refresh(&service.stranger(), path, &old).await.refused(401, "token_not_valid");
        }
    }
}

on_both!(a_used_legacy_token_stays_used_after_its_session_is_purged, accepts_simplejwt);
async fn a_used_legacy_token_stays_used_after_its_session_is_purged(service: &Service) {
    let id = imported(service).await;
    let mut old = claims(id.0);
    old.as_object_mut().unwrap().remove("iat");
    let old = sign(&old);
    let first = refresh(&service.stranger(), "/api/refresh", &old).await;
    let token = next(&first);
    service.stranger().post("/api/logout", json!({ "refresh_token": token })).await.expect(200);
    let session = service.auth();
    session.purge().await.unwrap();
    service.advance(4 * DAY);
    refresh(&service.stranger(), "/api/refresh", &old).await.refused(401, "token_not_valid");
    rows(service, "DELETE FROM auth_sessions RETURNING 'gone'").await;
    refresh(&service.stranger(), "/api/refresh", &old).await.refused(401, "token_not_valid");
}

on_both!(a_legacy_token_revoked_before_the_migration_is_refused, accepts_simplejwt);
async fn a_legacy_token_revoked_before_the_migration_is_refused(service: &Service) {
    let (out, alive) = (claims(7), claims(7));
    let token = |pk: i64, claims: &Value| {
        json!({
        "model": "token_blacklist.outstandingtoken", "pk": pk, "fields": {
            "user": 7, "jti": claims["jti"], "token": sign(claims),
            "created_at": "2027-01-01T00:00:00Z", "expires_at": "2027-02-01T00:00:00Z" } })
    };
    let dump = json!([
        { "model": "auth.user", "pk": 7, "fields": { "email": "ann@example.com", "username": "ann" } },
        token(1, &out), token(2, &alive),
        { "model": "token_blacklist.blacklistedtoken", "pk": 1, "fields": { "token": 1 } },
    ]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), dump.to_string()).unwrap();
    let users = Dump { model: "auth.user".into(), ..Dump::default() };
    let source = Source::open(file.path().into(), users).unwrap();
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .import(&source, Import::default(), |outcome| drop(outcome.added.unwrap()))
        .await
        .unwrap();
    refresh(&service.stranger(), "/api/refresh", &sign(&out)).await.refused(401, "token_not_valid");
    refresh(&service.stranger(), "/api/refresh", &sign(&alive)).await.expect(200);
}

on_both!(no_legacy_token_is_accepted_after_the_last_day, accepts_simplejwt);
async fn no_legacy_token_is_accepted_after_the_last_day(service: &Service) {
    let id = imported(service).await;
    service.advance(5 * DAY + Duration::from_hours(15));
    refresh(&service.stranger(), "/api/refresh", &sign(&claims(id.0))).await.expect(200);
    service.advance(Duration::from_hours(1));
    refresh(&service.stranger(), "/api/refresh", &sign(&claims(id.0)))
        .await
        .refused(401, "token_not_valid");
}

on_both!(no_legacy_token_is_accepted_unless_switched_on, |c| {
    accepts_simplejwt(c);
    c.legacy.accept_simplejwt = false;
});
async fn no_legacy_token_is_accepted_unless_switched_on(service: &Service) {
    let id = imported(service).await;
    refresh(&service.stranger(), "/api/refresh", &sign(&claims(id.0)))
        .await
        .refused(401, "token_not_valid");
}

/// A user who has never logged in here.
async fn imported(service: &Service) -> UserId {
    let new = portcullis::flows::NewUser {
        email: "old@example.com",
        password: PASSWORD,
        confirmed: true,
        ..portcullis::flows::NewUser::default()
    };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap().id
}
