//! Who is an operator, and what an admin may not do to a superuser.
use super::{patch, path, send};
use crate::support::Service;
use portcullis::{
    config::Setting,
    flows::{Caller, Error, NewInvitation, NewUser, Operator, UserChange, UserId},
};
use rocket::http::Method;
use serde_json::json;

on_both!(only_operators_reach_the_admin_api);
async fn only_operators_reach_the_admin_api(service: &Service) {
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
    // Revoking a role takes effect at once.
    send(&root, Method::Delete, &path(&admin, "/roles/ADMIN")).await.expect(200);
    send(&admin, Method::Get, "/auth/admin/users").await.refused(403, "forbidden");
    // A cookie in a request from another site does not authenticate it.
    root.forget_access();
    let foreign = [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")];
    root.send(Method::Delete, &path(&ann, ""), None, &foreign).await.refused(403, "csrf_failed");
}

on_both!(an_admin_can_neither_change_a_superuser_nor_become_one);
async fn an_admin_can_neither_change_a_superuser_nor_become_one(service: &Service) {
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
    // The session id must belong to the user in the path.
    send(&admin, Method::Delete, &path(&ann, &format!("/sessions/{session}")))
        .await
        .refused(404, "not_found");
    root.get("/auth/me").await.expect(200);
    for whom in [&admin, &ann] {
        patch(&admin, whom, json!({ "is_superuser": true })).await.refused(403, "forbidden");
        send(&admin, Method::Put, &path(whom, "/roles/OWNER")).await.refused(403, "forbidden");
        patch(&admin, whom, json!({ "roles": ["ADMIN", "OWNER"] })).await.refused(403, "forbidden");
    }
    // An admin may grant the roles that they have, a superuser every role.
    send(&admin, Method::Put, &path(&ann, "/roles/ADMIN")).await.expect(200);
    send(&root, Method::Put, &path(&ann, "/roles/OWNER")).await.expect(200);
    assert_eq!(
        patch(&root, &ann, json!({ "is_superuser": true })).await.expect(200)["is_superuser"],
        true
    );
    patch(&admin, &ann, json!({ "is_active": false })).await.refused(403, "forbidden");
    // Admins cannot promote themselves through their own profile either.
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

on_both!(a_superuser_demoted_during_a_request_loses_their_rights);
async fn a_superuser_demoted_during_a_request_loses_their_rights(service: &Service) {
    let (root, ann) = (service.superuser("root").await, service.user("ann").await);
    service.superuser("other").await;
    service.grant(&root, "ADMIN").await;
    let auth = service.auth();
    let claims = auth.verify_access(&root.access().unwrap()).unwrap();
    let op = Operator::new(&Caller::default(), auth.signed_in(&claims).await.unwrap()).unwrap();
    // The user is demoted after the guard has checked them and before the flow begins.
    let change = |superuser| UserChange { superuser: Some(superuser), ..UserChange::default() };
    auth.admin(&Operator::cli()).change_user(UserId(root.id), &change(false)).await.unwrap();
    let made = auth.admin(&op).change_user(UserId(ann.id), &change(true)).await;
    assert!(matches!(made, Err(Error::Forbidden)));
    assert!(matches!(auth.admin(&op).rotate_keys(true).await, Err(Error::Forbidden)));
    assert!(matches!(auth.admin(&op).drop_keys(&[]).await, Err(Error::Forbidden)));
    let wanted = [(Setting::Registration, Some("closed"))];
    let set = auth.admin(&op).change_settings(&wanted).await;
    assert!(matches!(set, Err(Error::Forbidden)));
}

on_both!(an_admin_who_is_no_superuser_can_take_over_no_account_through_the_library);
async fn an_admin_who_is_no_superuser_can_take_over_no_account_through_the_library(
    service: &Service,
) {
    let (root, adm) = (service.superuser("root").await, service.admin("adm").await);
    let auth = service.auth();
    let claims = auth.verify_access(&adm.access().unwrap()).unwrap();
    let op = Operator::new(&Caller::default(), auth.signed_in(&claims).await.unwrap()).unwrap();
    let admin = auth.admin(&op);
    let new = NewUser {
        email: "new@example.com",
        password: "another good password",
        superuser: true,
        confirmed: true,
        ..NewUser::default()
    };
    assert!(matches!(admin.add_user(new).await, Err(Error::Forbidden)));
    let set = admin.set_password(UserId(root.id), "another good password").await;
    assert!(matches!(set, Err(Error::Forbidden)));
    assert!(matches!(admin.export(UserId(0), 9).await, Err(Error::Forbidden)));
    assert!(matches!(admin.note_export().await, Err(Error::Forbidden)));
    assert!(matches!(admin.reseal_keys().await, Err(Error::Forbidden)));
    root.get("/auth/me").await.expect(200);
}

on_both!(an_admin_who_lost_the_role_during_a_request_cannot_invite);
async fn an_admin_who_lost_the_role_during_a_request_cannot_invite(service: &Service) {
    let adm = service.admin("adm").await;
    let auth = service.auth();
    let claims = auth.verify_access(&adm.access().unwrap()).unwrap();
    let op = Operator::new(&Caller::default(), auth.signed_in(&claims).await.unwrap()).unwrap();
    auth.admin(&Operator::cli()).revoke(UserId(adm.id), "ADMIN", false).await.unwrap();
    let new = NewInvitation { email: "new@example.com", roles: &[], language: None };
    assert!(matches!(auth.admin(&op).invite(new).await, Err(Error::Forbidden)));
    assert!(matches!(auth.admin(&op).revoke_invitation(1).await, Err(Error::Forbidden)));
}
