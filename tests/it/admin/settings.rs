//! Runtime settings, which a superuser changes while the service runs.
use crate::support::{
    Database, PASSWORD, Person, Reply, Service, acts, config, eventually, root, rows,
};
use portcullis::flows::NewUser;
use rocket::{futures::future::join_all, http::Method};
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/auth/admin/settings";

impl Person<'_> {
    async fn set(&self, change: Value) -> Reply {
        self.json(Method::Patch, PATH, change).await
    }

    async fn undo(&self, setting: &str) -> Reply {
        self.post("/auth/admin/settings/undo", json!({ "setting": setting })).await
    }
}

on_both!(a_runtime_setting_overrides_the_file_and_can_be_undone);
async fn a_runtime_setting_overrides_the_file_and_can_be_undone(service: &Service) {
    let root = root(service).await;
    let shown = root.get(PATH).await;
    let shown = shown.expect(200);
    assert_eq!(
        (&shown["access_token_lifetime"], &shown["registration"]),
        (&json!("5m"), &json!("open"))
    );
    assert_eq!(
        (&shown["file"]["refresh_token_lifetime"], &shown["changes"]),
        (&json!("30d"), &json!([]))
    );
    let reply = root.set(json!({ "access_token_lifetime": "90m", "registration": "closed" })).await;
    let set = reply.expect(200);
    assert_eq!(
        (&set["access_token_lifetime"], &set["file"]["access_token_lifetime"]),
        (&json!("1h 30m"), &json!("5m"))
    );
    assert_eq!(set["changes"].as_array().unwrap().len(), 2);
    let change = &set["changes"][1];
    assert_eq!(
        (&change["setting"], &change["from"], &change["to"]),
        (&json!("registration"), &Value::Null, &json!("closed"))
    );
    assert_eq!(
        (&change["changed_by"]["id"], &change["changed_by"]["email"]),
        (&json!(root.id), &json!("root@example.com"))
    );
    assert!(change["changed_at"].as_str().unwrap().starts_with("2027-"));
    let effects = set["effects"].as_array().unwrap();
    assert!(
        effects.len() == 2 && effects[0].as_str().unwrap().contains("5 minutes"),
        "{effects:?}"
    );
    assert_eq!(root.login().await.expect(200)["expires_in"], 5_400);
    service
        .stranger()
        .post("/auth/register", json!({ "email": "a@example.com", "password": PASSWORD }))
        .await
        .refused(403, "registration_closed");
    root.set(json!({ "registration": "invite" })).await.expect(200);
    assert_eq!(root.undo("registration").await.expect(200)["registration"], "closed");
    assert_eq!(root.undo("registration").await.expect(200)["registration"], "invite");
    let back = root.set(json!({ "registration": null, "access_token_lifetime": null })).await;
    assert_eq!(
        (&back.expect(200)["registration"], &back.body["access_token_lifetime"]),
        (&json!("open"), &json!("5m"))
    );
    assert_eq!(
        root.undo("access_token_lifetime").await.expect(200)["access_token_lifetime"],
        "1h 30m"
    );
    root.undo("email_confirmation").await.refused(404, "not_found");
    root.undo("dialects").await.refused(404, "not_found");
    // Setting the current value is not a change.
    let count = root.get(PATH).await.body["changes"].as_array().unwrap().len();
    let same = root.set(json!({ "access_token_lifetime": "1h 30m" })).await;
    assert_eq!(
        (same.expect(200)["changes"].as_array().unwrap().len(), &same.body["effects"]),
        (count, &Value::Null)
    );
    let told =
        rows(service, "SELECT detail FROM auth_audit WHERE kind = 'setting_changed' ORDER BY id")
            .await;
    assert_eq!(told[..2], ["access_token_lifetime: 5m -> 1h 30m", "registration: open -> closed"]);
    assert_eq!(told.len(), 8, "{told:?}");
}

on_both!(a_change_reports_how_it_affects_issued_tokens);
async fn a_change_reports_how_it_affects_issued_tokens(service: &Service) {
    let root = root(service).await;
    let told = async |lifetime: &str| {
        root.refresh().await.expect(200);
        let reply = root.set(json!({ "access_token_lifetime": lifetime })).await;
        reply.expect(200)["effects"][0].as_str().unwrap().to_owned()
    };
    // After two changes in a row, there are still tokens with the first lifetime.
    for lifetime in ["5s", "10s"] {
        let effect = told(lifetime).await;
        assert!(effect.contains(" for up to 5 minutes;"), "{effect}");
    }
    service.advance(Duration::from_mins(4));
    let effect = told("20s").await;
    assert!(effect.contains(" for up to 1 minute;"), "{effect}");
    service.advance(Duration::from_mins(1));
    let effect = told("7s").await;
    assert!(effect.contains(" for up to 20 seconds;"), "{effect}");
}

on_both!(only_a_superuser_sees_and_changes_settings);
async fn only_a_superuser_sees_and_changes_settings(service: &Service) {
    let ann = service.user("ann").await;
    let id = portcullis::flows::UserId(ann.id);
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .grant(id, "ADMIN", false)
        .await
        .unwrap();
    for person in [&ann, &service.stranger()] {
        let code = if person.id == 0 { 401 } else { 403 };
        assert_eq!(person.get(PATH).await.status, code);
        assert_eq!(person.set(json!({ "registration": "closed" })).await.status, code);
        assert_eq!(person.undo("registration").await.status, code);
    }
    assert_eq!(service.auth().runtime_settings().registration.name(), "open");
    assert!(!acts(service).await.contains(&"setting_changed".to_owned()));
    // Another site sends a form with a superuser's cookie.
    let root = root(service).await;
    root.forget_access();
    let form =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", "https://evil.example")];
    assert_eq!(
        root.send(Method::Patch, PATH, Some("registration=closed".into()), &form).await.status,
        403
    );
}

on_both!(a_runtime_setting_is_validated_like_the_file);
async fn a_runtime_setting_is_validated_like_the_file(service: &Service) {
    let root = root(service).await;
    for (setting, value) in [
        ("access_token_lifetime", json!("0s")),
        ("access_token_lifetime", json!("25h")),
        ("access_token_lifetime", json!("soon")),
        ("access_token_lifetime", json!(5)),
        ("access_token_lifetime", json!("99999999999999999999y")),
        ("refresh_token_lifetime", json!("1m")),
        ("refresh_token_lifetime", json!("91d")),
        ("registration", json!("opened")),
        ("email_confirmation", json!("OPTIONAL")),
    ] {
        let reply = root.set(json!({ setting: value, "language": "xx" })).await;
        assert!(reply.refused(400, "validation")["errors"][setting][0].is_string(), "{reply:?}");
    }
    // All settings of a request change, or none. Their values must also fit together.
    let two = json!({ "registration": "closed", "refresh_token_lifetime": "nonsense" });
    root.set(two).await.refused(400, "validation");
    assert_eq!(root.get(PATH).await.body["registration"], "open");
    root.set(json!({ "refresh_token_lifetime": "1h" })).await.expect(200);
    let reply = root.set(json!({ "access_token_lifetime": "2h" })).await;
    assert!(reply.refused(400, "validation")["errors"]["access_token_lifetime"].is_array());
    root.set(json!({ "access_token_lifetime": "2h", "refresh_token_lifetime": "3h" }))
        .await
        .expect(200);
    let reply = root.set(json!({ "refresh_token_lifetime": "1h" })).await;
    assert!(reply.refused(400, "validation")["errors"]["refresh_token_lifetime"].is_array());
}

on_both!(one_of_two_conflicting_changes_is_refused);
async fn one_of_two_conflicting_changes_is_refused(service: &Service) {
    let root = root(service).await;
    let other = service.replica().await;
    let there = root.at(&other);
    let (a, b) = rocket::tokio::join!(
        root.set(json!({ "access_token_lifetime": "2h" })),
        there.set(json!({ "refresh_token_lifetime": "1h" })),
    );
    let mut codes = [a.status, b.status];
    codes.sort_unstable();
    assert_eq!(codes, [200, 400]);
    let changes = (0..8).map(|n| {
        let person = if n % 2 == 0 { &root } else { &there };
        person.set(if n < 4 {
            json!({ "registration": (["invite", "closed"][n % 2]) })
        } else {
            json!({ "email_confirmation": (["optional", "required"][n % 2]) })
        })
    });
    assert!(join_all(changes).await.iter().all(|r| r.status == 200));
    let shown = root.get(PATH).await.body;
    assert!(["invite", "closed"].contains(&shown["registration"].as_str().unwrap()));
    other.end().await;
}

on_both!(a_change_reaches_the_other_server_and_one_that_starts_later);
async fn a_change_reaches_the_other_server_and_one_that_starts_later(service: &Service) {
    let root = root(service).await;
    let other = service.replica().await;
    root.set(json!({ "registration": "closed", "refresh_token_lifetime": "1d" })).await.expect(200);
    let guest = other.stranger();
    let new = json!({ "email": "ann@example.com", "password": "no" });
    eventually("registration is still open there", async || {
        guest.post("/auth/register", new.clone()).await.status == 403
    })
    .await;
    assert_eq!(root.at(&other).get(PATH).await.body["registration"], "closed");
    let third = service.replica().await;
    third.stranger().post("/auth/register", new).await.refused(403, "registration_closed");
    let cookie = root.at(&third).login().await;
    assert!(cookie.header("set-cookie").unwrap().contains("Max-Age=86400"), "{cookie:?}");
    third.end().await;
    other.end().await;
}

on_both!(requiring_confirmation_applies_to_existing_users_at_once);
async fn requiring_confirmation_applies_to_existing_users_at_once(service: &Service) {
    let root = root(service).await;
    let ann = Person { name: "ann".into(), ..service.stranger() };
    ann.post("/auth/register", json!({ "email": ann.email(), "password": PASSWORD }))
        .await
        .expect(201);
    ann.login().await.expect(200);
    ann.get("/auth/me").await.expect(200);
    root.set(json!({ "email_confirmation": "required" })).await.expect(200);
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    // The access token that is already issued fails at `/auth/verify` too.
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.refresh().await.refused(403, "email_not_confirmed");
    assert_eq!(ann.forget_access().get("/account").await.status, 303);
    root.set(json!({ "email_confirmation": "optional" })).await.expect(200);
    ann.refresh().await.expect(200);
    ann.get("/auth/me").await.expect(200);
    ann.get("/auth/verify").await.expect(200);
    root.set(json!({ "email_confirmation": "required" })).await.expect(200);
    // Logging out always works.
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
}

on_both!(a_superuser_cannot_lock_themselves_out);
async fn a_superuser_cannot_lock_themselves_out(service: &Service) {
    let new = NewUser {
        email: "op@example.com",
        password: PASSWORD,
        superuser: true,
        ..NewUser::default()
    };
    service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    let op = Person { name: "op".into(), ..service.stranger() };
    op.login().await.expect(200);
    let reply = op.set(json!({ "email_confirmation": "required" })).await;
    assert!(reply.refused(400, "validation")["errors"]["email_confirmation"][0].is_string());
    op.set(json!({ "registration": "closed" })).await.expect(200);
    let token = service.mailed_token("op@example.com").await;
    op.post("/auth/email/confirm", json!({ "token": token })).await.expect(200);
    op.set(json!({ "email_confirmation": "required" })).await.expect(200);
}

on_both!(a_logout_revokes_tokens_of_any_lifetime);
async fn a_logout_revokes_tokens_of_any_lifetime(service: &Service) {
    let root = root(service).await;
    let ann = service.user("ann").await;
    root.set(json!({ "access_token_lifetime": "2h" })).await.expect(200);
    ann.refresh().await.expect(200);
    root.set(json!({ "access_token_lifetime": "1m" })).await.expect(200);
    let short = Person { access: std::sync::Mutex::new(ann.access()), ..ann.at(service) };
    assert_eq!(short.refresh().await.expect(200)["expires_in"], 60);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    service.advance(Duration::from_mins(90));
    service.auth().purge().await.unwrap();
    service.auth().catch_up().await.unwrap();
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
}

on_both_databases!(a_stored_lifetime_that_conflicts_with_the_file_is_ignored);
/// The file changes so that it conflicts with a stored setting.
async fn a_stored_lifetime_that_conflicts_with_the_file_is_ignored(database: Database) {
    let service = Service::start(&database, config(), None).await;
    let root = root(&service).await;
    let stored = json!({ "refresh_token_lifetime": "60d", "registration": "closed" });
    root.set(stored).await.expect(200);
    let mut shorter = config();
    shorter.session_lifetime = Duration::from_hours(24 * 40);
    let other = Service::start(&database, shorter, Some(service.clock.clone())).await;
    let there = root.at(&other);
    let shown = there.get(PATH).await.body;
    assert_eq!(shown["refresh_token_lifetime"], "30d");
    assert_eq!(shown["registration"], "closed");
    there.set(json!({ "registration": "invite" })).await.expect(200);
    other.end().await;
    service.end().await;
    database.end().await;
}
