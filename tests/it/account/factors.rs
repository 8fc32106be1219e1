//! Setting up and removing second factors.
use super::NEW;
use crate::support::{Authenticator, Database, PASSWORD, Person, Service, acts, config, rows};
use portcullis::{
    config::Secret,
    flows::{Operator, UserId},
};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);

async fn remove(person: &Person<'_>, password: &str, code: &str) -> crate::support::Reply {
    let body = json!({ "password": password, "code": code });
    person.json(Method::Delete, "/auth/factors/totp", body).await
}

async fn renew(person: &Person<'_>, password: &str, code: &str) -> crate::support::Reply {
    person.post("/auth/factors/recovery-codes", json!({ "password": password, "code": code })).await
}

/// Checks that a mail of this kind was enqueued for ann.
async fn assert_mailed(service: &Service, kind: &str) {
    let sql = "SELECT kind FROM auth_outbox WHERE recipient = 'ann@example.com'";
    let kinds = rows(service, sql).await;
    assert!(kinds.iter().any(|k| k == kind), "{kind}: {kinds:?}");
}

on_both!(an_app_counts_once_a_code_confirms_it);
async fn an_app_counts_once_a_code_confirms_it(service: &Service) {
    let (ann, elsewhere) = (service.user("ann").await, service.elsewhere("ann").await);
    let none = json!({ "totp": null, "recovery_codes_left": 0, "recovery_codes_low": false });
    assert_eq!(*ann.get("/auth/factors").await.expect(200), none);
    let start = async |password: &str| {
        ann.post("/auth/factors/totp", json!({ "password": password })).await
    };
    assert!(start("wrong").await.refused(400, "validation")["errors"]["password"].is_array());
    let begun = start(PASSWORD).await;
    let body = begun.expect(200);
    let uri = body["otpauth_uri"].as_str().unwrap();
    let (secret, account) = (body["secret"].as_str().unwrap(), "ann%40example%2Ecom");
    assert!(uri.starts_with(&format!("otpauth://totp/localhost:{account}?secret={secret}&")));
    let old = Authenticator::new(secret);
    // It is no factor yet, and another start replaces it.
    service
        .stranger()
        .login_with(json!({ "login": "ann", "password": PASSWORD }))
        .await
        .expect(200);
    let app = Authenticator::new(start(PASSWORD).await.expect(200)["secret"].as_str().unwrap());
    let confirm =
        async |code: &str| ann.post("/auth/factors/totp/confirm", json!({ "code": code })).await;
    for wrong in [old.code(service), app.wrong_code(service), String::new()] {
        assert!(confirm(&wrong).await.refused(400, "validation")["errors"]["code"].is_array());
    }
    let codes = confirm(&app.code(service)).await;
    assert_eq!(codes.expect(200)["recovery_codes"].as_array().unwrap().len(), 10);
    confirm(&app.code(service)).await.refused(409, "factor_exists");
    start(PASSWORD).await.refused(409, "factor_exists");
    // Sessions that were opened with the password alone have ended. This one has proven both now.
    elsewhere.get("/auth/me").await.refused(401, "token_not_valid");
    let token = ann.refresh().await.expect(200)["token"].as_str().unwrap().to_owned();
    assert_eq!(service.auth().verify_access(&token).unwrap().amr, ["pwd", "otp", "mfa"]);
    let factors = ann.get("/auth/factors").await;
    assert!(factors.expect(200)["totp"]["confirmed_at"].is_string());
    assert_eq!(factors.body["recovery_codes_left"], 10);
    let mail = service.mail("ann@example.com").await;
    assert!(mail["subject"].as_str().unwrap().contains("Authenticator app added"), "{mail}");
    assert!(!mail["text"].as_str().unwrap().contains(secret));
    assert!(acts(service).await.contains(&"totp_added".to_owned()));
}

on_both!(a_set_up_expires_and_needs_a_confirmed_email);
async fn a_set_up_expires_and_needs_a_confirmed_email(service: &Service) {
    let ann = service.user("ann").await;
    let start = json!({ "password": PASSWORD });
    let begun = ann.post("/auth/factors/totp", start.clone()).await;
    let app = Authenticator::new(begun.expect(200)["secret"].as_str().unwrap());
    service.advance(Duration::from_mins(10));
    ann.refresh().await.expect(200);
    let code = json!({ "code": app.code(service) });
    ann.post("/auth/factors/totp/confirm", code).await.refused(404, "not_found");
    // A stranger who registered with somebody else's address cannot lock the owner out.
    let mallory = service.stranger();
    mallory.registers("bob@example.com").await;
    let login = json!({ "email": "bob@example.com", "password": PASSWORD });
    mallory.login_with(login).await.expect(200);
    mallory.post("/auth/factors/totp", start.clone()).await.refused(403, "email_not_confirmed");
    let stranger = service.stranger();
    stranger.get("/auth/factors").await.refused(401, "unauthenticated");
    stranger.post("/auth/factors/totp", start).await.refused(401, "unauthenticated");
}

on_both!(removing_an_app_needs_the_password_and_a_code);
async fn removing_an_app_needs_the_password_and_a_code(service: &Service) {
    let ann = service.user("ann").await;
    remove(&ann, PASSWORD, "123456").await.refused(404, "not_found");
    let app = ann.sets_up_totp().await;
    let elsewhere = service.stranger();
    let login = json!({ "login": "ann", "password": PASSWORD, "code": app.code(service) });
    elsewhere.login_with(login).await.expect(200);
    service.advance(STEP);
    let code = app.code(service);
    let refused = remove(&ann, "wrong", &code).await;
    assert!(refused.refused(400, "validation")["errors"]["password"].is_array());
    let refused = remove(&ann, PASSWORD, &app.wrong_code(service)).await;
    assert!(refused.refused(400, "validation")["errors"]["code"].is_array());
    ann.get("/auth/factors").await.expect(200)["totp"]["confirmed_at"].as_str().unwrap();
    remove(&ann, PASSWORD, &code).await.expect(204);
    assert_eq!(ann.get("/auth/factors").await.expect(200)["totp"], Value::Null);
    elsewhere.get("/auth/me").await.refused(401, "token_not_valid");
    let again = json!({ "login": "ann", "password": PASSWORD });
    service.stranger().login_with(again).await.expect(200);
    assert_mailed(service, "totp_removed").await;
    for table in ["auth_totp", "auth_recovery_codes"] {
        let sql = format!("SELECT 'row' FROM {table}");
        assert_eq!(rows(service, &sql).await.len(), 0, "{table}");
    }
}

on_both!(renewed_recovery_codes_replace_the_old_ones);
async fn renewed_recovery_codes_replace_the_old_ones(service: &Service) {
    let ann = service.user("ann").await;
    let app = ann.sets_up_totp().await;
    let old = &app.recovery_codes;
    renew(&ann, PASSWORD, &app.wrong_code(service)).await.refused(400, "validation");
    // A recovery code is a proof by a factor as well.
    let renewed = renew(&ann, PASSWORD, &old[0]).await;
    let new = renewed.expect(200)["recovery_codes"].as_array().unwrap().clone();
    assert_eq!(new.len(), 10);
    assert!(new.iter().all(|code| !old.contains(&code.as_str().unwrap().to_owned())));
    assert_mailed(service, "recovery_codes_renewed").await;
    assert_mailed(service, "recovery_code_used").await;
    let other = service.stranger();
    let login = async |code: &str| {
        other.login_with(json!({ "login": "ann", "password": PASSWORD, "code": code })).await
    };
    login(&old[1]).await.refused(401, "invalid_credentials");
    login(new[0].as_str().unwrap()).await.expect(200);
    // With one of them the app can be removed, when it is lost.
    remove(&ann, PASSWORD, new[1].as_str().unwrap()).await.expect(204);
}

on_both!(undoing_a_change_of_email_removes_an_app_that_was_added_after_it);
async fn undoing_a_change_of_email_removes_an_app_that_was_added_after_it(service: &Service) {
    let ann = service.user("ann").await;
    let change = json!({ "email": "mallory@example.com", "password": PASSWORD });
    ann.post("/auth/email", change).await.expect(202);
    let token = service.mailed_token("mallory@example.com").await;
    ann.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    ann.sets_up_totp().await;
    let undo = service.mailed_token("ann@example.com").await;
    let owner = service.stranger();
    let done = owner.press("/restore-email", &undo, "/restore-email", &[]).await;
    assert_eq!(done.status, 303, "{done:?}");
    owner.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    let reset = json!({ "token": token, "new_password": NEW });
    owner.post("/auth/password/reset", reset).await.expect(204);
    owner.login_with(json!({ "login": "ann", "password": NEW })).await.expect(200);
    assert!(acts(service).await.contains(&"totp_removed".to_owned()));
}

/// Says "this was not me" with the link in a mail, and sets another password.
async fn reports(owner: &Person<'_>, token: &str) {
    let done = owner.press("/report-login", token, "/report-login", &[]).await;
    let page = owner.follow(&done, "/reset-password").await;
    let reset = page.text.split("name=\"token\" value=\"").nth(1).unwrap();
    let fields = [("token", reset.split_once('"').unwrap().0), ("new_password", NEW)];
    let saved = owner.submit("/reset-password", "/reset-password", &fields).await;
    owner.follow(&saved, "/login").await;
}

on_both!(this_was_not_me_removes_an_app_that_was_added_since);
async fn this_was_not_me_removes_an_app_that_was_added_since(service: &Service) {
    let thief = service.user("ann").await;
    thief.sets_up_totp().await;
    let mail = service.mail("ann@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("removes the app"), "{mail}");
    let token = service.mailed_token("ann@example.com").await;
    // The thief changes the password next. The link still works.
    let stolen = json!({ "current_password": PASSWORD, "new_password": "the thief's own words" });
    thief.post("/auth/password", stolen).await.expect(204);
    let owner = service.stranger();
    owner.get(&format!("/report-login?token={token}")).await;
    thief.get("/auth/me").await.expect(200);
    reports(&owner, &token).await;
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    owner.login_with(json!({ "login": "ann", "password": NEW })).await.expect(200);
    for kind in ["login_reported", "totp_removed"] {
        assert!(acts(service).await.contains(&kind.to_owned()), "{kind}");
    }
    assert_mailed(service, "totp_removed").await;
    let sql = "SELECT detail FROM auth_audit WHERE kind = 'login_reported'";
    assert_eq!(rows(service, sql).await, ["totp_added"]);
}

on_both!(this_was_not_me_keeps_an_app_of_before_and_removes_newer_codes);
async fn this_was_not_me_keeps_an_app_of_before_and_removes_newer_codes(service: &Service) {
    let ann = service.user("ann").await;
    let app = ann.sets_up_totp().await;
    let first = service.mailed_token("ann@example.com").await;
    service.advance(STEP);
    let codes = renew(&ann, PASSWORD, &app.code(service)).await;
    let stolen = codes.expect(200)["recovery_codes"][0].as_str().unwrap().to_owned();
    let token = service.mailed_token("ann@example.com").await;
    service.advance(STEP);
    let owner = service.stranger();
    reports(&owner, &token).await;
    let login = async |code: &str| {
        owner.login_with(json!({ "login": "ann", "password": NEW, "code": code })).await
    };
    login(&stolen).await.refused(401, "invalid_credentials");
    login("").await.refused(401, "second_factor_required");
    login(&app.code(service)).await.expect(200);
    // Links of before are revoked.
    assert_eq!(owner.get(&format!("/report-login?token={first}")).await.status, 303);
    assert_eq!(owner.get("/report-login").await.status, 400);
}

on_both!(every_change_of_factors_is_mailed_with_a_link_to_say_it_was_not_me);
async fn every_change_of_factors_is_mailed_with_a_link_to_say_it_was_not_me(service: &Service) {
    let ann = service.user("ann").await;
    let linked = async |kind: &str| {
        assert_mailed(service, kind).await;
        let mail = service.mail("ann@example.com").await;
        let link = mail["links"][0].as_str().unwrap();
        assert!(link.contains("/report-login?token="), "{kind}: {mail}");
    };
    let app = ann.sets_up_totp().await;
    linked("totp_added").await;
    renew(&ann, PASSWORD, &app.recovery_codes[0]).await.expect(200);
    linked("recovery_codes_renewed").await;
    service.advance(STEP);
    remove(&ann, PASSWORD, &app.code(service)).await.expect(204);
    linked("totp_removed").await;
    ann.sets_up_totp().await;
    let op = Operator::cli();
    service.auth().admin(&op).reset_factors(UserId(ann.id)).await.unwrap();
    linked("factors_reset").await;
}

on_both!(a_set_up_that_was_not_confirmed_is_purged_after_a_day);
async fn a_set_up_that_was_not_confirmed_is_purged_after_a_day(service: &Service) {
    let (ann, bob) = (service.user("ann").await, service.user("bob").await);
    ann.post("/auth/factors/totp", json!({ "password": PASSWORD })).await.expect(200);
    bob.sets_up_totp().await;
    let count = async || rows(service, "SELECT 'row' FROM auth_totp").await.len();
    service.auth().purge().await.unwrap();
    assert_eq!(count().await, 2);
    service.advance(Duration::from_hours(25));
    service.auth().purge().await.unwrap();
    assert_eq!(count().await, 1);
    let factors = service.auth().admin(&Operator::cli()).factors_of(UserId(bob.id)).await;
    assert!(factors.unwrap().totp.is_some());
}

on_both_databases!(secrets_are_sealed_at_rest);
async fn secrets_are_sealed_at_rest(database: Database) {
    let key = |c: &mut portcullis::config::Config, key: &str| {
        c.encryption_key = Some(Secret(format!("a long and random key number {key}")));
    };
    let plain = Service::start(&database, config(), None).await;
    // Their mails are sent before other servers exist that could send them.
    let (ann, bob) = (plain.user("ann").await, plain.user("bob").await);
    let app = ann.sets_up_totp().await;
    let stored = async || {
        let hex = if database.url.starts_with("sqlite") {
            "hex(secret)"
        } else {
            "encode(secret, 'hex')"
        };
        let sql = format!("SELECT {hex} FROM auth_totp");
        rows(&plain, &sql).await.remove(0).to_lowercase()
    };
    // Without an encryption key it is stored in clear, like the signing keys.
    let clear = stored().await;
    assert_eq!(clear.len(), 40);
    let mut sealed = config();
    key(&mut sealed, "1");
    let sealing = Service::start(&database, sealed, Some(plain.clock.clone())).await;
    let op = Operator::cli();
    // The start has sealed it.
    let first = stored().await;
    assert!(first.len() > 80 && !first.contains(&clear));
    let login = async |service: &Service| {
        service.advance(STEP);
        let code = app.code(service);
        let body = json!({ "login": "ann", "password": PASSWORD, "code": code });
        service.stranger().login_with(body).await.expect(200);
    };
    login(&sealing).await;
    // Another key, while the first still opens.
    let mut other = config();
    other.previous_encryption_key = Some(Secret("a long and random key number 1".to_owned()));
    key(&mut other, "2");
    let second = Service::start(&database, other, Some(plain.clock.clone())).await;
    login(&second).await;
    second.auth().admin(&op).reseal_keys().await.unwrap();
    assert_ne!(stored().await, first);
    login(&second).await;
    // A new secret is sealed at once.
    bob.at(&second).sets_up_totp().await;
    let sql = "SELECT 'sealed' FROM auth_totp WHERE length(secret) > 40";
    assert_eq!(rows(&second, sql).await.len(), 2);
    for service in [plain, sealing, second] {
        service.end().await;
    }
    database.end().await;
}

on_both!(factors_go_with_their_user);
async fn factors_go_with_their_user(service: &Service) {
    let ann = service.user("ann").await;
    ann.sets_up_totp().await;
    ann.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })).await.expect(204);
    for table in ["auth_totp", "auth_recovery_codes", "auth_login_challenges"] {
        let sql = format!("SELECT 'row' FROM {table}");
        assert_eq!(rows(service, &sql).await.len(), 0, "{table}");
    }
}
