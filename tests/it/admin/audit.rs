//! The audit log.
use super::kinds;
use crate::support::{PASSWORD, Person, Reply, Service, rows};
use rocket::http::Method;
use serde_json::{Value, json};
use std::time::Duration;

async fn csv(by: &Person<'_>, query: &str) -> Reply {
    by.send(Method::Get, &format!("/auth/admin/audit?{query}"), None, &[("Accept", "text/csv")])
        .await
}

on_both!(an_audit_event_names_actor_target_and_origin);
async fn an_audit_event_names_actor_target_and_origin(service: &Service) {
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

on_both!(the_audit_log_is_paged_and_exported_as_csv, |c| c.trusted_proxies =
    vec!["127.0.0.0/8".parse().unwrap()]);
async fn the_audit_log_is_paged_and_exported_as_csv(service: &Service) {
    let root = service.superuser("root").await;
    for n in 0..60 {
        // Failed logins from one address would be one row.
        let ip = format!("192.0.2.{n}");
        let agent = [
            ("User-Agent", "=HYPERLINK(\"http://evil.example\")"),
            ("Content-Type", "application/json"),
            ("X-Forwarded-For", ip.as_str()),
        ];
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
        assert_eq!(reader.headers().unwrap().len(), 14);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 60);
        assert_eq!(&rows[0][10], "'=HYPERLINK(\"http://evil.example\")");
        assert_eq!(
            (&rows[0][2], &rows[0][7], &rows[0][9], &rows[0][12]),
            ("login_failed", "root@example.com", "192.0.2.59", "1")
        );
    }
    assert!(root.get("/auth/admin/audit?format=json").await.expect(200)["results"].is_array());
    let admin = service.admin("adm").await;
    csv(&admin, "").await.refused(403, "forbidden");
}

on_both!(the_audit_log_holds_no_secret_and_is_purged_after_its_lifetime, |c| c.audit_lifetime =
    Duration::from_hours(48));
async fn the_audit_log_holds_no_secret_and_is_purged_after_its_lifetime(service: &Service) {
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

on_both!(users_do_not_see_the_address_of_an_operator);
async fn users_do_not_see_the_address_of_an_operator(service: &Service) {
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
