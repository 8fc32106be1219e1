//! What operators read: the audit log, the outbox, the keys, the figures.
use crate::support::Service;
use crate::{
    store::rows,
    support::{PASSWORD, Person, Reply},
};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn kinds(reply: &Reply) -> Vec<String> {
    let all = reply.expect(200)["results"].as_array().unwrap();
    all.iter().map(|e| e["kind"].as_str().unwrap().to_owned()).collect()
}

async fn csv(by: &Person<'_>, query: &str) -> Reply {
    by.send(Method::Get, &format!("/auth/admin/audit?{query}"), None, &[("Accept", "text/csv")])
        .await
}

on_both!(the_log_tells_who_did_what_to_whom_from_where);
async fn the_log_tells_who_did_what_to_whom_from_where(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let agent = [
        ("User-Agent", "=HYPERLINK(\"http://evil.example\")"),
        ("Content-Type", "application/json"),
    ];
    let wrong = json!({ "email": "ann@example.com", "password": "wrong password" }).to_string();
    ann.send(Method::Post, "/auth/login", Some(wrong), &agent)
        .await
        .refused(401, "invalid_credentials");
    root.json(Method::Put, &format!("/auth/admin/users/{}/roles/EDITOR", ann.id), json!({}))
        .await
        .expect(200);
    let log = root.get("/auth/admin/audit").await;
    let newest = &log.expect(200)["results"][0];
    assert_eq!(
        (&newest["kind"], &newest["detail"], &newest["actor"]),
        (&json!("role_granted"), &json!("EDITOR"), &json!("user"))
    );
    assert_eq!(
        (&newest["actor_id"], &newest["user_id"], &newest["ip"]),
        (&json!(root.id), &json!(ann.id), &json!("127.0.0.1"))
    );
    assert_eq!(log.body["results"][1]["kind"], "login_failed");
    let known = root.get("/auth/admin/audit/kinds").await;
    assert!(
        known.expect(200).as_array().unwrap().contains(&json!("keys_provisioned")),
        "{known:?}"
    );
    for (query, expected) in [
        (format!("user={}&kind=login", ann.id), vec!["login"]),
        (format!("actor={}&user={}", root.id, ann.id), vec!["role_granted"]),
        ("kind=login_failed".to_owned(), vec!["login_failed"]),
        ("kind=login_failed&from=2027-01-15&to=2027-01-15".to_owned(), vec!["login_failed"]),
        ("kind=login_failed&to=2027-01-14".to_owned(), vec![]),
        ("kind=login_failed&from=2027-01-15T08:00:01Z".to_owned(), vec![]),
        ("kind=login_failed&to=2027-01-15T08:00:00Z&user=&actor=&cursor=".to_owned(), vec![]),
    ] {
        assert_eq!(
            kinds(&root.get(&format!("/auth/admin/audit?{query}")).await),
            expected,
            "{query}"
        );
    }
    for (query, field) in [
        ("user=x", "user"),
        ("actor=1e3", "actor"),
        ("from=yesterday", "from"),
        ("to=2027-02-30", "to"),
        ("kind=%00", "kind"),
        ("cursor=n1", "cursor"),
        ("format=xml", "format"),
    ] {
        let reply = root.get(&format!("/auth/admin/audit?{query}")).await;
        assert!(reply.refused(400, "validation")["errors"][field].is_array(), "{query}");
    }
}

on_both!(the_log_is_paged_and_given_as_csv);
async fn the_log_is_paged_and_given_as_csv(service: &Service) {
    let root = service.superuser("root").await;
    let agent = [
        ("User-Agent", "=HYPERLINK(\"http://evil.example\")"),
        ("Content-Type", "application/json"),
    ];
    for _ in 0..60 {
        let wrong =
            json!({ "email": "root@example.com", "password": "wrong password" }).to_string();
        root.send(Method::Post, "/auth/login", Some(wrong), &agent)
            .await
            .refused(401, "invalid_credentials");
    }
    let first = root.get("/auth/admin/audit?kind=login_failed").await;
    let link = first.expect(200)["next"].as_str().unwrap().to_owned();
    let second = root.get(link.strip_prefix("http://localhost:8000").unwrap()).await;
    assert_eq!(
        (kinds(&first).len(), kinds(&second).len(), &second.body["next"]),
        (50, 10, &Value::Null)
    );
    let link = second.body["previous"].as_str().unwrap();
    let back = root.get(link.strip_prefix("http://localhost:8000").unwrap()).await;
    assert_eq!(back.body["results"], first.body["results"]);
    for table in [
        csv(&root, "kind=login_failed").await,
        root.get("/auth/admin/audit?kind=login_failed&format=csv").await,
    ] {
        assert_eq!(
            (table.status, table.header("content-type")),
            (200, Some("text/csv; charset=utf-8"))
        );
        assert!(table.header("content-disposition").unwrap().contains("audit.csv"));
        let mut reader = csv::Reader::from_reader(table.text.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 12);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 60);
        assert_eq!(&rows[0][10], "'=HYPERLINK(\"http://evil.example\")");
        assert_eq!(
            (&rows[0][2], &rows[0][7], &rows[0][9]),
            ("login_failed", "root@example.com", "127.0.0.1")
        );
    }
    assert!(root.get("/auth/admin/audit?format=json").await.expect(200)["results"].is_array());
    let admin = service.admin("adm").await;
    csv(&admin, "").await.refused(403, "forbidden");
}

on_both!(the_log_holds_no_secret_and_is_kept_as_long_as_is_said, |c| c.audit_lifetime =
    Duration::from_hours(48));
async fn the_log_holds_no_secret_and_is_kept_as_long_as_is_said(service: &Service) {
    let root = service.superuser("root").await;
    let ann = service.user("ann").await;
    root.post("/auth/admin/prove", json!({ "password": "a wrong secret" }))
        .await
        .refused(400, "validation");
    root.post(&format!("/auth/admin/users/{}/send-reset", ann.id), json!({})).await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    let table = csv(&root, "").await.text;
    for secret in
        [PASSWORD, "a wrong secret", &token, &ann.refresh_cookie().unwrap(), &ann.access().unwrap()]
    {
        assert!(!table.contains(secret), "{secret}");
    }
    assert!(
        rows(service, "SELECT detail FROM auth_audit WHERE detail LIKE '%@%'").await.is_empty()
    );
    service.advance(Duration::from_hours(47));
    service.auth().purge().await.unwrap();
    assert!(!rows(service, "SELECT kind FROM auth_audit").await.is_empty());
    service.advance(Duration::from_hours(2));
    service.auth().purge().await.unwrap();
    assert!(rows(service, "SELECT kind FROM auth_audit").await.is_empty());
}

on_both!(users_are_not_told_where_an_operator_was);
async fn users_are_not_told_where_an_operator_was(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let agent =
        [("User-Agent", "The operator's own browser"), ("Content-Type", "application/json")];
    let path = format!("/auth/admin/users/{}", ann.id);
    root.send(Method::Patch, &path, Some(json!({ "first_name": "A" }).to_string()), &agent)
        .await
        .expect(200);
    let page = ann.get("/account/data.json").await;
    let history = page.expect(200)["history"].as_array().unwrap();
    assert_eq!(
        (&history[0]["what"], &history[0]["ip"], &history[0]["user_agent"]),
        (&json!("user_changed"), &json!(null), &json!(null))
    );
    assert_eq!(history.iter().find(|e| e["what"] == "login").unwrap()["ip"], "127.0.0.1");
}

on_both!(the_outbox_shows_no_link_and_takes_no_nonsense);
async fn the_outbox_shows_no_link_and_takes_no_nonsense(service: &Service) {
    let root = service.superuser("root").await;
    let token = service.mailed_token("root@example.com").await;
    let all = root.get("/auth/admin/mail").await;
    assert_eq!(kinds(&all), ["confirm_email"]);
    assert!(!all.text.contains(&token), "{}", all.text);
    let mail = &all.body["results"][0];
    assert_eq!(
        (&mail["state"], &mail["due_at"], &mail["recipient"]),
        (&json!("sent"), &json!(null), &json!("root@example.com"))
    );
    // What was sent is not sent again.
    for id in [mail["id"].to_string().as_str(), "99", "x"] {
        root.post(&format!("/auth/admin/mail/{id}/retry"), json!({}))
            .await
            .refused(404, "not_found");
    }
    for query in ["state=lost", "cursor=n1.2"] {
        root.get(&format!("/auth/admin/mail?{query}")).await.refused(400, "validation");
    }
}

on_both!(keys_are_listed_and_rotated);
async fn keys_are_listed_and_rotated(service: &Service) {
    let root = service.superuser("root").await;
    let keys = root.get("/auth/admin/keys").await;
    let all = keys.expect(200).as_array().unwrap();
    assert_eq!(all.len(), 2);
    for secret in ["private", "pkcs8", "\"d\""] {
        assert!(!keys.text.contains(secret), "{}", keys.text);
    }
    root.post("/auth/admin/keys/rotate", json!({})).await.refused(409, "key_too_young");
    let rotated = root.post("/auth/admin/keys/rotate", json!({ "force": true })).await;
    assert_eq!(rotated.expect(200).as_array().unwrap().len(), 3);
    root.get("/auth/me").await.expect(200);
    let log = root.get("/auth/admin/audit?kind=keys_rotated").await;
    assert_eq!(log.expect(200)["results"][0]["actor_id"], root.id);
}

on_both!(the_overview_counts_people_and_logins_by_day);
async fn the_overview_counts_people_and_logins_by_day(service: &Service) {
    let admin = service.admin("adm").await;
    service
        .stranger()
        .post("/auth/register", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await
        .expect(201);
    service.advance(Duration::from_hours(24));
    admin
        .login_with(json!({ "login": "adm", "password": "wrong password" }))
        .await
        .refused(401, "invalid_credentials");
    admin.login().await.expect(200);
    let told = admin.get("/auth/admin/overview").await;
    let told = told.expect(200);
    assert_eq!((&told["users"], &told["confirmed"]), (&json!(2), &json!(1)));
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[29], json!({ "day": "2027-01-16", "logins": 1, "failures": 1 }));
    assert_eq!(days[28], json!({ "day": "2027-01-15", "logins": 1, "failures": 0 }));
    assert_eq!(days[0]["day"], "2026-12-18");
    // Days that are over are counted once, and the others each time.
    admin.login().await.expect(200);
    service.advance(Duration::from_hours(48));
    admin.login().await.expect(200);
    for _ in 0..2 {
        let told = admin.get("/auth/admin/overview").await.body;
        let logins: Vec<_> = told["days"].as_array().unwrap()[26..]
            .iter()
            .map(|d| d["logins"].as_i64().unwrap())
            .collect();
        assert_eq!((told["days"].as_array().unwrap().len(), logins), (30, vec![1, 2, 0, 1]));
        assert_eq!(told["days"][29]["day"], "2027-01-18");
    }
}
