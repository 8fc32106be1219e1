//! Finding users.
use super::ids;
use crate::support::{PASSWORD, Service};
use portcullis::flows::{NewUser, Operator, UserChange};
use rocket::futures::future::join_all;
use serde_json::Value;

on_both!(users_are_searched_and_paged);
async fn users_are_searched_and_paged(service: &Service) {
    let admin = service.admin("adm").await;
    let hash = (0..120).map(|n| async move {
        let (email, name) = (format!("user{n}@example.org"), format!("Пётр {n}"));
        let new = NewUser {
            email: &email,
            password: PASSWORD,
            first_name: Some(&name),
            confirmed: n % 2 == 0,
            ..NewUser::default()
        };
        service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap().id
    });
    for id in join_all(hash).await.into_iter().take(3) {
        service.auth().admin(&Operator::cli()).grant(id, "EDITOR", false).await.unwrap();
        let change = UserChange { active: Some(false), ..UserChange::default() };
        service.auth().admin(&Operator::cli()).change_user(id, &change).await.unwrap();
    }
    let first = admin.get("/auth/admin/users?search=EXAMPLE.ORG").await;
    assert_eq!(
        (first.expect(200)["count"].as_i64(), &first.body["previous"]),
        (Some(120), &Value::Null)
    );
    let follow = async |link: &Value| {
        let link = link.as_str().unwrap().strip_prefix("http://localhost:8000").unwrap().to_owned();
        admin.get(&link).await
    };
    let second = follow(&first.body["next"]).await;
    let third = follow(&second.body["next"]).await;
    assert_eq!(
        (third.expect(200)["count"].as_i64(), &third.body["next"]),
        (Some(120), &Value::Null)
    );
    let mut all = [ids(&first), ids(&second), ids(&third)].concat();
    assert_eq!(ids(&follow(&third.body["previous"]).await), ids(&second));
    assert!(all.is_sorted_by(|a, b| a > b));
    all.dedup();
    assert_eq!(all.len(), 120);
    for (query, count) in [
        ("", 121),
        ("search=%D0%9F%D0%81%D0%A2%D0%A0", 120),
        ("search=user7%40", 1),
        ("search=%25", 0),
        ("search=_", 0),
        ("search=adm", 1),
        ("role=EDITOR", 3),
        ("role=editor", 0),
        ("state=disabled", 3),
        ("state=active", 118),
        ("confirmed=true", 61),
        ("confirmed=false&state=active&search=example.org", 59),
        ("role=EDITOR&state=disabled&search=&cursor=", 3),
    ] {
        let found = admin.get(&format!("/auth/admin/users?{query}")).await;
        assert_eq!(found.expect(200)["count"], count, "{query}");
    }
}

on_both!(an_invalid_query_is_refused);
async fn an_invalid_query_is_refused(service: &Service) {
    let admin = service.admin("adm").await;
    for (query, field) in [
        ("cursor=n", "cursor"),
        ("cursor=n1.2", "cursor"),
        ("cursor=p99999999999999999999", "cursor"),
        ("cursor=1%20OR%201=1", "cursor"),
        ("state=gone", "state"),
        ("confirmed=1", "confirmed"),
        ("search=%00", "search"),
        ("role=%00", "role"),
    ] {
        let reply = admin.get(&format!("/auth/admin/users?{query}")).await;
        assert!(reply.refused(400, "validation")["errors"][field].is_array(), "{query}");
    }
    let long = "x".repeat(101);
    admin.get(&format!("/auth/admin/users?search={long}")).await.refused(400, "validation");
    // A made-up cursor shows nothing that the list would not show.
    for cursor in ["n0", "p0", "n-1", "p9223372036854775807"] {
        admin.get(&format!("/auth/admin/users?cursor={cursor}")).await.expect(200);
    }
    for id in ["x", "0", "99", "-1", "1.5", "99999999999999999999"] {
        admin.get(&format!("/auth/admin/users/{id}")).await.refused(404, "not_found");
    }
}
