//! Operators and users: who may do what to whom.
use crate::support::Service;
use crate::{
    store::acts,
    support::{PASSWORD, Person, Reply},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis::{
    config::Setting,
    flows::{Caller, Error, NewUser, Operator, UserChange, UserId},
};
use rocket::{futures::future::join_all, http::Method};
use serde_json::{Value, json};
use std::time::Duration;

/// Past the time for which a password that was given is proof.
const LATE: Duration = Duration::from_secs(601);

fn path(person: &Person<'_>, rest: &str) -> String {
    format!("/auth/admin/users/{}{rest}", person.id)
}

async fn patch(by: &Person<'_>, whom: &Person<'_>, change: Value) -> Reply {
    by.json(Method::Patch, &path(whom, ""), change).await
}

async fn send(by: &Person<'_>, method: Method, path: &str) -> Reply {
    by.send(method, path, None, &[]).await
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn ids(reply: &Reply) -> Vec<i64> {
    reply.expect(200)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["id"].as_i64().unwrap())
        .collect()
}

on_both!(only_operators_get_in);
async fn only_operators_get_in(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let admin = service.admin("adm").await;
    let calls = [
        (Method::Get, "/auth/admin/users"),
        (Method::Get, "/auth/admin/overview"),
        (Method::Get, "/auth/admin/roles"),
        (Method::Get, "/auth/admin/users/1"),
        (Method::Delete, "/auth/admin/users/1"),
        (Method::Patch, "/auth/admin/users/1"),
        (Method::Put, "/auth/admin/users/1/roles/X"),
        (Method::Get, "/auth/admin/users/1/mails"),
        (Method::Get, "/auth/admin/users/1/history"),
        (Method::Post, "/auth/admin/users/1/send-reset"),
        (Method::Post, "/auth/admin/prove"),
    ];
    let of_superusers = [
        (Method::Get, "/auth/admin/audit"),
        (Method::Get, "/auth/admin/mail"),
        (Method::Get, "/auth/admin/keys"),
        (Method::Get, "/auth/admin/audit/kinds"),
        (Method::Post, "/auth/admin/keys/rotate"),
        (Method::Post, "/auth/admin/mail/1/retry"),
    ];
    for (method, path) in calls.into_iter().chain(of_superusers) {
        send(&service.stranger(), method, path).await.refused(401, "unauthenticated");
        send(&ann, method, path).await.refused(403, "forbidden");
    }
    for (method, path) in of_superusers {
        send(&admin, method, path).await.refused(403, "forbidden");
    }
    assert_eq!(send(&root, Method::Get, "/auth/admin/users").await.expect(200)["count"], 3);
    assert_eq!(send(&admin, Method::Get, "/auth/admin/users").await.expect(200)["count"], 3);
    // A role that is taken away is gone at once.
    send(&root, Method::Delete, &path(&admin, "/roles/ADMIN")).await.expect(200);
    send(&admin, Method::Get, "/auth/admin/users").await.refused(403, "forbidden");
    // A cookie that another site sends along proves nothing.
    root.forget_access();
    let foreign = [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")];
    root.send(Method::Delete, &path(&ann, ""), None, &foreign).await.refused(403, "csrf_failed");
}

on_both!(users_are_found_and_paged);
async fn users_are_found_and_paged(service: &Service) {
    let admin = service.admin("adm").await;
    let hash = (0..120).map(|n| async move {
        let (email, name) = (format!("user{n}@example.org"), format!("Пётр {n}"));
        let new = NewUser {
            email: &email,
            password: PASSWORD,
            username: None,
            first_name: Some(&name),
            roles: &[],
            superuser: false,
            confirmed: n % 2 == 0,
        };
        service.auth().add_user(new).await.unwrap().id
    });
    for id in join_all(hash).await.into_iter().take(3) {
        service.auth().grant(&Operator::cli(), id, "EDITOR", false).await.unwrap();
        let change = UserChange { active: Some(false), ..UserChange::default() };
        service.auth().change_user(&Operator::cli(), id, &change).await.unwrap();
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

on_both!(a_query_that_is_no_query_is_refused);
async fn a_query_that_is_no_query_is_refused(service: &Service) {
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
    // A place that was made up shows nothing that the list would not.
    for cursor in ["n0", "p0", "n-1", "p9223372036854775807"] {
        admin.get(&format!("/auth/admin/users?cursor={cursor}")).await.expect(200);
    }
    for id in ["x", "0", "99", "-1", "1.5", "99999999999999999999"] {
        admin.get(&format!("/auth/admin/users/{id}")).await.refused(404, "not_found");
    }
}

on_both!(a_user_is_changed_whole_or_not_at_all);
async fn a_user_is_changed_whole_or_not_at_all(service: &Service) {
    let (admin, ann, bob) =
        (service.admin("adm").await, service.user("ann").await, service.user("bob").await);
    let reply = patch(&admin, &ann, json!({ "first_name": "Анна", "language": "ru", "username": null, "id": 99, "email": "x@example.com", "password": "evil evil evil" })).await;
    let user = reply.expect(200);
    assert_eq!(
        (&user["first_name"], &user["username"], &user["language"]),
        (&json!("Анна"), &json!(null), &json!("ru"))
    );
    assert_eq!((&user["id"], &user["email"]), (&json!(ann.id), &json!("ann@example.com")));
    assert!(user["last_login_at"].is_string() && user["email_confirmed_at"].is_string());
    // The second half is wrong, so the first has not happened.
    patch(&admin, &ann, json!({ "first_name": "B", "username": "BOB" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": ["a,b"] }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": "ADMIN" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "is_active": "maybe" }))
        .await
        .refused(400, "validation");
    patch(&admin, &ann, json!({ "first_name": "B", "roles": ["EDITOR"] }))
        .await
        .refused(403, "forbidden");
    assert_eq!(admin.get(&path(&ann, "")).await.expect(200)["first_name"], "Анна");
    ann.get("/auth/me").await.expect(200);
    assert_eq!(
        patch(&admin, &ann, json!({ "is_active": false })).await.expect(200)["is_active"],
        false
    );
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.get("/auth/verify").await.refused(401, "token_not_valid");
    ann.forget_access().login().await.refused(403, "account_disabled");
    patch(&admin, &ann, json!({ "is_active": true })).await.expect(200);
    ann.login().await.expect(200);
    send(&admin, Method::Delete, &path(&bob, "")).await.expect(204);
    bob.get("/auth/me").await.refused(401, "token_not_valid");
    admin.get(&path(&bob, "")).await.refused(404, "not_found");
    let log = acts(service).await;
    for kind in ["user_changed", "user_disabled", "user_enabled", "user_deleted"] {
        assert_eq!(log.iter().filter(|k| *k == kind).count(), 1, "{kind}");
    }
}

on_both!(an_admin_cannot_touch_a_superuser_nor_rise);
async fn an_admin_cannot_touch_a_superuser_nor_rise(service: &Service) {
    let (root, admin, ann) =
        (service.superuser("root").await, service.admin("adm").await, service.user("ann").await);
    for change in [
        json!({ "is_active": false }),
        json!({ "first_name": "x" }),
        json!({ "is_superuser": false }),
        json!({ "roles": [] }),
        json!({}),
    ] {
        patch(&admin, &root, change).await.refused(403, "forbidden");
    }
    let session = root.get("/auth/sessions").await.body[0]["id"].as_str().unwrap().to_owned();
    for (method, rest) in [
        (Method::Delete, String::new()),
        (Method::Delete, "/sessions".into()),
        (Method::Delete, format!("/sessions/{session}")),
        (Method::Put, "/roles/ADMIN".into()),
        (Method::Delete, "/roles/ADMIN".into()),
        (Method::Post, "/send-reset".into()),
        (Method::Post, "/send-confirmation".into()),
        (Method::Get, "/sessions".into()),
        (Method::Get, "/mails".into()),
        (Method::Get, "/history".into()),
    ] {
        send(&admin, method, &path(&root, &rest)).await.refused(403, "forbidden");
    }
    admin.get(&path(&root, "")).await.expect(200);
    // A session is fetched by its id and its user's.
    send(&admin, Method::Delete, &path(&ann, &format!("/sessions/{session}")))
        .await
        .refused(404, "not_found");
    root.get("/auth/me").await.expect(200);
    for whom in [&admin, &ann] {
        patch(&admin, whom, json!({ "is_superuser": true })).await.refused(403, "forbidden");
        send(&admin, Method::Put, &path(whom, "/roles/OWNER")).await.refused(403, "forbidden");
        patch(&admin, whom, json!({ "roles": ["ADMIN", "OWNER"] })).await.refused(403, "forbidden");
    }
    // What he has he may give, and a superuser everything.
    send(&admin, Method::Put, &path(&ann, "/roles/ADMIN")).await.expect(200);
    send(&root, Method::Put, &path(&ann, "/roles/OWNER")).await.expect(200);
    assert_eq!(
        patch(&root, &ann, json!({ "is_superuser": true })).await.expect(200)["is_superuser"],
        true
    );
    patch(&admin, &ann, json!({ "is_active": false })).await.refused(403, "forbidden");
    // Nor by his own account.
    for body in
        [json!({ "is_superuser": true }), json!({ "roles": ["OWNER"] }), json!({ "role": "OWNER" })]
    {
        admin.json(Method::Patch, "/auth/me", body).await.expect(200);
    }
    let me = admin.get("/auth/me").await;
    assert_eq!(
        (&me.expect(200)["is_superuser"], &me.body["roles"]),
        (&json!(false), &json!(["ADMIN"]))
    );
}

on_both!(a_role_is_in_tokens_as_soon_as_the_admin_says);
async fn a_role_is_in_tokens_as_soon_as_the_admin_says(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let editor = path(&ann, "/roles/EDITOR");
    assert_eq!(send(&root, Method::Put, &editor).await.expect(200)["roles"], json!(["EDITOR"]));
    assert_eq!(send(&root, Method::Put, &editor).await.expect(200)["roles"], json!(["EDITOR"]));
    // A token that is out says what was when it was issued.
    ann.get("/auth/verify?role=EDITOR").await.refused(403, "forbidden");
    assert_eq!(ann.get("/auth/me").await.expect(200)["roles"], json!(["EDITOR"]));
    ann.refresh().await.expect(200);
    ann.get("/auth/verify?role=EDITOR").await.expect(200);
    let end = json!({ "end_sessions": true });
    root.json(Method::Delete, &editor, end.clone()).await.expect(200);
    ann.get("/auth/verify?role=EDITOR").await.refused(401, "token_not_valid");
    ann.forget_access().login().await.expect(200);
    root.json(Method::Put, &editor, end).await.expect(200);
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    root.json(Method::Put, &path(&ann, "/roles/a%2Cb"), json!({})).await.refused(400, "validation");
    root.json(Method::Put, &editor, json!({ "end_sessions": "perhaps" }))
        .await
        .refused(400, "validation");
    send(&root, Method::Delete, &editor).await.expect(200);
    send(&root, Method::Delete, &editor).await.refused(404, "not_found");
    send(&root, Method::Delete, &path(&ann, "/roles/%00")).await.refused(404, "not_found");
    assert_eq!(
        patch(&root, &ann, json!({ "roles": ["B", "A"] })).await.expect(200)["roles"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        root.get("/auth/admin/roles").await.expect(200)[0],
        json!({ "role": "A", "users": 1 })
    );
    assert_eq!(
        patch(&root, &ann, json!({ "roles": ["A"] })).await.expect(200)["roles"],
        json!(["A"])
    );
    let log = crate::store::rows(
        service,
        "SELECT kind || ' ' || detail FROM auth_audit WHERE kind LIKE 'role%' ORDER BY id",
    )
    .await;
    assert_eq!(log.iter().filter(|l| *l == "role_granted EDITOR").count(), 2);
    assert_eq!(log.last().unwrap(), "role_revoked B");
}

on_both!(dangerous_acts_ask_for_the_password_again);
async fn dangerous_acts_ask_for_the_password_again(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    service.advance(LATE);
    root.refresh().await.expect(200);
    let needing = async || {
        let mut replies = vec![];
        for change in [
            json!({ "is_active": true }),
            json!({ "is_email_confirmed": true }),
            json!({ "is_superuser": false }),
            json!({ "roles": [] }),
        ] {
            replies.push(patch(&root, &ann, change).await);
        }
        replies.push(
            root.json(Method::Patch, "/auth/admin/settings", json!({ "registration": "open" }))
                .await,
        );
        replies.push(send(&root, Method::Put, &path(&ann, "/roles/X")).await);
        replies.push(send(&root, Method::Delete, &path(&ann, "/roles/X")).await);
        replies.push(root.post("/auth/admin/keys/rotate", json!({ "force": true })).await);
        replies.push(send(&root, Method::Delete, &path(&ann, "")).await);
        replies
    };
    for reply in needing().await {
        reply.refused(403, "password_required");
    }
    let invite = json!({ "email": "new@example.com", "roles": ["X"] });
    root.post("/auth/admin/invitations", invite).await.refused(403, "password_required");
    // What closes doors, or opens none, does not ask.
    root.post("/auth/admin/invitations", json!({ "email": "new@example.com" })).await.expect(201);
    patch(&root, &ann, json!({ "first_name": "A" })).await.expect(200);
    send(&root, Method::Delete, &path(&ann, "/sessions")).await.expect(204);
    send(&root, Method::Post, &path(&ann, "/send-reset")).await.expect(202);
    let prove = async |password: &str| {
        root.post("/auth/admin/prove", json!({ "password": password })).await
    };
    assert!(
        prove("wrong password").await.refused(400, "validation")["errors"]["password"].is_array()
    );
    patch(&root, &ann, json!({ "is_active": true })).await.refused(403, "password_required");
    prove(PASSWORD).await.expect(204);
    for reply in needing().await {
        assert!(matches!(reply.status, 200 | 204), "{reply:?}");
    }
    let log = acts(service).await;
    assert!(
        log.contains(&"password_refused".to_owned())
            && log.contains(&"password_confirmed".to_owned())
    );
    // The proof is that of one session, and tokens tell when it was given.
    let phone = service.stranger().at(service);
    phone.login_with(json!({ "login": "root", "password": PASSWORD })).await.expect(200);
    service.advance(LATE);
    phone.refresh().await.expect(200);
    phone.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    root.refresh().await.expect(200);
    patch(&root, &root, json!({ "roles": [] })).await.refused(403, "password_required");
    let since = async |by: &Person<'_>| {
        by.refresh().await.expect(200);
        let now = service.clock.now().unix();
        now - claims(&by.access().unwrap())["auth_time"].as_i64().unwrap()
    };
    assert_eq!((since(&phone).await, since(&root).await), (0, 601));
}

on_both!(tokens_for_another_are_no_proof);
async fn tokens_for_another_are_no_proof(service: &Service) {
    let (root, other) = (service.superuser("root").await, service.superuser("other").await);
    service.advance(LATE);
    root.refresh().await.expect(200);
    root.post("/api/tokens", json!({ "id": other.id })).await.refused(403, "password_required");
    root.post("/auth/admin/prove", json!({ "password": PASSWORD })).await.expect(204);
    let token = root.post("/api/tokens", json!({ "id": other.id })).await;
    let borrowed = service.stranger();
    *borrowed.access.lock().unwrap() =
        Some(token.expect(200)["token"].as_str().unwrap().to_owned());
    patch(&borrowed, &root, json!({ "is_superuser": false })).await.refused(403, "forbidden");
}

on_both!(the_last_superuser_stays);
async fn the_last_superuser_stays(service: &Service) {
    let root = service.superuser("root").await;
    for change in [json!({ "is_superuser": false }), json!({ "is_active": false })] {
        patch(&root, &root, change).await.refused(409, "last_superuser");
    }
    send(&root, Method::Delete, &path(&root, "")).await.refused(409, "last_superuser");
    // One who cannot log in does not count.
    let other = service.superuser("other").await;
    patch(&root, &other, json!({ "is_active": false })).await.expect(200);
    patch(&root, &root, json!({ "is_superuser": false })).await.refused(409, "last_superuser");
    patch(&root, &other, json!({ "is_active": true })).await.expect(200);
    patch(&root, &root, json!({ "is_superuser": false })).await.expect(200);
    patch(&root, &other, json!({ "is_superuser": false })).await.refused(403, "forbidden");
}

on_both!(a_superuser_who_cannot_log_in_is_not_the_last_one);
async fn a_superuser_who_cannot_log_in_is_not_the_last_one(service: &Service) {
    let (root, other) = (service.superuser("root").await, service.superuser("other").await);
    crate::store::rows(
        service,
        "UPDATE auth_users SET password_hash = NULL WHERE username = 'other' RETURNING email",
    )
    .await;
    patch(&root, &root, json!({ "is_superuser": false })).await.refused(409, "last_superuser");
    send(&root, Method::Delete, &path(&root, "")).await.refused(409, "last_superuser");
    // Who can, may take the other away.
    patch(&root, &other, json!({ "is_superuser": false })).await.expect(200);
}

on_both!(whoever_was_a_superuser_a_moment_ago_makes_none);
async fn whoever_was_a_superuser_a_moment_ago_makes_none(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    service.superuser("other").await;
    service.grant(&root, "ADMIN").await;
    let auth = service.auth();
    let claims = auth.verify_access(&root.access().unwrap()).unwrap();
    let op = Operator::new(&Caller::default(), auth.signed_in(&claims).await.unwrap()).unwrap();
    // What the guard saw is not so any more when the flow begins.
    let change = |superuser| UserChange { superuser: Some(superuser), ..UserChange::default() };
    auth.change_user(&Operator::cli(), UserId(root.id), &change(false)).await.unwrap();
    let made = auth.change_user(&op, UserId(ann.id), &change(true)).await;
    assert!(matches!(made, Err(Error::Forbidden)));
    assert!(matches!(auth.rotate_keys(&op, true).await, Err(Error::Forbidden)));
    assert!(matches!(auth.drop_keys(&op, &[]).await, Err(Error::Forbidden)));
    let wanted = [(Setting::Registration, Some("closed"))];
    let set = auth.change_settings(&Caller::default(), op.signed_in().unwrap(), &wanted).await;
    assert!(matches!(set, Err(Error::Forbidden)));
}

on_both!(a_token_with_every_role_a_user_may_have_is_taken);
async fn a_token_with_every_role_a_user_may_have_is_taken(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    let all: Vec<_> = (0..51).map(|n| format!("{n:0>64}")).collect();
    let refused = patch(&root, &ann, json!({ "roles": all })).await;
    assert_eq!(
        refused.refused(400, "validation")["errors"]["roles"][0],
        "A user has 50 roles at most."
    );
    patch(&root, &ann, json!({ "roles": all[..50] })).await.expect(200);
    let one_more = send(&root, Method::Put, &path(&ann, "/roles/EDITOR")).await;
    one_more.refused(400, "validation");
    send(&root, Method::Put, &path(&ann, &format!("/roles/{}", all[0]))).await.expect(200);
    ann.login().await.expect(200);
    assert!(ann.access().unwrap().len() < 8 * 1024);
    assert_eq!(ann.get("/auth/me").await.expect(200)["roles"].as_array().unwrap().len(), 50);
}

on_both!(of_superusers_who_remove_each_other_at_once_one_stays);
async fn of_superusers_who_remove_each_other_at_once_one_stays(service: &Service) {
    for n in 0..6 {
        let mut all = Vec::new();
        for i in 0..4 {
            all.push(service.superuser(&format!("s{n}-{i}")).await);
        }
        // Each removes the next one, each in another way.
        let acts = all.iter().enumerate().map(|(i, by)| {
            let whom = &all[(i + 1) % all.len()];
            async move {
                match (n + i) % 3 {
                    0 => patch(by, whom, json!({ "is_superuser": false })).await,
                    1 => patch(by, whom, json!({ "is_active": false })).await,
                    _ => send(by, Method::Delete, &path(whom, "")).await,
                }
            }
        });
        let told: Vec<u16> = join_all(acts).await.iter().map(|r| r.status).collect();
        assert!(told.iter().all(|s| matches!(s, 200 | 204 | 401 | 403 | 409)), "{told:?}");
        let left = crate::store::rows(
            service,
            "SELECT email FROM auth_users WHERE is_superuser AND is_active",
        )
        .await;
        assert!(!left.is_empty(), "{told:?}");
        for email in left.iter().skip(1) {
            let id =
                service.auth().find_user(portcullis::flows::By::Email(email)).await.unwrap().id;
            let change = UserChange { superuser: Some(false), ..UserChange::default() };
            service.auth().change_user(&Operator::cli(), id, &change).await.unwrap();
        }
    }
}

on_both!(two_who_demote_each_other_are_not_both_gone);
async fn two_who_demote_each_other_are_not_both_gone(service: &Service) {
    for n in 0..8 {
        let (a, b) =
            (service.superuser(&format!("a{n}")).await, service.superuser(&format!("b{n}")).await);
        // Nobody else is left from the round before.
        for old in crate::store::rows(
            service,
            "SELECT CAST(id AS TEXT) FROM auth_users WHERE is_superuser",
        )
        .await
        {
            let id: i64 = old.parse().unwrap();
            if ![a.id, b.id].contains(&id) {
                let change = UserChange { superuser: Some(false), ..UserChange::default() };
                service.auth().change_user(&Operator::cli(), UserId(id), &change).await.unwrap();
            }
        }
        let no_more = || json!({ "is_superuser": false });
        let (one, two) = rocket::tokio::join!(patch(&a, &b, no_more()), patch(&b, &a, no_more()));
        let mut told = [one.status, two.status];
        told.sort_unstable();
        assert!(told == [200, 403], "{told:?}");
    }
}

on_both!(sessions_mails_and_history_of_a_user);
async fn sessions_mails_and_history_of_a_user(service: &Service) {
    let (admin, ann, bob) =
        (service.admin("adm").await, service.user("ann").await, service.user("bob").await);
    let phone = service.stranger();
    phone.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
    let sessions = admin.get(&path(&ann, "/sessions")).await;
    let list = sessions.expect(200).as_array().unwrap();
    assert!(list.len() == 2 && list.iter().all(|s| s["current"] == false));
    let own = phone.get("/auth/sessions").await;
    let id = own.body.as_array().unwrap().iter().find(|s| s["current"] == true).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    send(&admin, Method::Delete, &path(&bob, &format!("/sessions/{id}")))
        .await
        .refused(404, "not_found");
    send(&admin, Method::Delete, &path(&ann, "/sessions/nonsense")).await.refused(404, "not_found");
    send(&admin, Method::Delete, &path(&ann, &format!("/sessions/{id}"))).await.expect(204);
    phone.get("/auth/me").await.refused(401, "token_not_valid");
    ann.get("/auth/me").await.expect(200);
    send(&admin, Method::Delete, &path(&ann, "/sessions")).await.expect(204);
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    send(&admin, Method::Post, &path(&ann, "/send-reset")).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    let mails = admin.get(&path(&ann, "/mails")).await;
    assert_eq!(mails.expect(200)[0]["kind"], "reset_password");
    assert!(!mails.text.contains(&token) && !mails.text.contains("bob@"), "{}", mails.text);
    ann.post(
        "/auth/password/reset",
        json!({ "token": token, "new_password": "another good password" }),
    )
    .await
    .expect(204);
    let history = admin.get(&path(&ann, "/history")).await;
    let kinds: Vec<_> = history.expect(200)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        &kinds[..4],
        ["password_reset", "password_reset_sent", "sessions_ended", "session_ended"]
    );
    let by_admin = &history.body["results"][1];
    assert_eq!(
        (&by_admin["actor_id"], &by_admin["actor_email"], &by_admin["user_id"]),
        (&json!(admin.id), &json!("adm@example.com"), &json!(ann.id))
    );
    admin.get(&path(&ann, "/history?cursor=n1")).await.refused(400, "validation");
}

on_both!(an_address_is_confirmed_by_hand_or_mailed_again);
async fn an_address_is_confirmed_by_hand_or_mailed_again(service: &Service) {
    let admin = service.admin("adm").await;
    let eve = service.stranger();
    let user = eve
        .post("/auth/register", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await;
    let eve = format!("/auth/admin/users/{}", user.expect(201)["id"]);
    let first = service.mailed_token("eve@example.com").await;
    admin.post(&format!("{eve}/send-confirmation"), json!({})).await.expect(202);
    assert_ne!(service.mailed_token("eve@example.com").await, first);
    let confirm = async |yes: bool| {
        admin.json(Method::Patch, &eve, json!({ "is_email_confirmed": yes })).await
    };
    assert_eq!(confirm(false).await.expect(200)["is_email_confirmed"], false);
    assert_eq!(confirm(true).await.expect(200)["is_email_confirmed"], true);
    assert_eq!(confirm(false).await.expect(200)["is_email_confirmed"], true);
    admin.post(&format!("{eve}/send-confirmation"), json!({})).await.expect(202);
    let log = acts(service).await;
    assert_eq!(log.iter().filter(|k| *k == "confirmation_sent").count(), 1);
    assert_eq!(log.iter().filter(|k| *k == "user_confirmed").count(), 1);
}
