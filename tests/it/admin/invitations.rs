//! Registration by invitation.
use crate::support::{PASSWORD, Person, Reply, Service, acts, root, rows, says};
use portcullis::{
    config::{EmailConfirmation, Registration},
    flows::UserId,
};
use rocket::{futures::future::join_all, http::Method};
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/auth/admin/invitations";
const DAY: Duration = Duration::from_hours(24);

/// An admin who is logged in and is not a superuser.
async fn admin<'s>(service: &'s Service, roles: &[&str]) -> Person<'s> {
    let admin = service.user("admin").await;
    for role in ["ADMIN"].iter().chain(roles) {
        service
            .auth()
            .admin(&portcullis::flows::Operator::cli())
            .grant(UserId(admin.id), role, false)
            .await
            .unwrap();
    }
    admin
}

impl Person<'_> {
    async fn invite(&self, email: &str, roles: &[&str]) -> Reply {
        self.post(PATH, json!({ "email": email, "roles": roles })).await
    }

    async fn accept(&self, email: &str, token: &str) -> Reply {
        self.accept_with(json!({ "email": email, "invite": token })).await
    }

    async fn accept_with(&self, mut body: Value) -> Reply {
        body["password"] = PASSWORD.into();
        self.post("/auth/register", body).await
    }
}

fn invite_only(c: &mut portcullis::config::Config) {
    c.registration = Registration::Invite;
    c.email_confirmation = EmailConfirmation::Required;
}

on_both!(an_invited_person_registers_once_and_gets_the_roles, invite_only);
async fn an_invited_person_registers_once_and_gets_the_roles(service: &Service) {
    let root = root(service).await;
    let ann = service.stranger();
    ann.accept_with(json!({ "email": "ann@example.com" })).await.refused(403, "invitation_needed");
    let made = root.invite("Ann@Example.com", &["EDITOR", "AUTHOR", "EDITOR"]).await;
    let made = made.expect(201);
    assert_eq!(
        (&made["email"], &made["roles"]),
        (&json!("Ann@example.com"), &json!(["EDITOR", "AUTHOR"]))
    );
    assert_eq!(made["invited_by"]["email"], "root@example.com");
    let listed = root.get(PATH).await;
    assert_eq!(
        (&listed.expect(200)["results"][0]["id"], &listed.body["next"]),
        (&made["id"], &Value::Null)
    );
    let token = service.mailed_token("Ann@example.com").await;
    let mail = service.mail("Ann@example.com").await;
    assert!(mail["text"].as_str().unwrap().contains("/register?invite="), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains("once and expires after 7 days."), "{mail}");
    // The outbox and the audit log do not contain the token; the audit log does not contain the email either.
    for sql in ["SELECT args FROM auth_outbox", "SELECT detail FROM auth_audit"] {
        assert!(rows(service, sql).await.iter().all(|text| !text.contains(&token)));
    }
    assert!(
        rows(service, "SELECT detail FROM auth_audit").await.iter().all(|text| !text.contains('@'))
    );
    let user = ann.accept("ann@example.com", &token).await;
    let user = user.expect(201);
    assert_eq!((&user["is_email_confirmed"], &user["is_superuser"]), (&json!(true), &json!(false)));
    assert_eq!(user["roles"], json!(["AUTHOR", "EDITOR"]));
    let ann = Person { name: "ann".into(), ..ann };
    ann.login().await.expect(200);
    assert_eq!(root.get(PATH).await.body["results"], json!([]));
    service.stranger().accept("ann@example.com", &token).await.refused(400, "token_not_valid");
    service.stranger().accept("bob@example.com", &token).await.refused(400, "token_not_valid");
    let acts = acts(service).await;
    assert_eq!(acts.iter().filter(|a| *a == "role_granted").count(), 2);
    assert!(acts.contains(&"invitation_mailed".to_owned()));
    root.invite("ann@example.com", &[]).await.refused(409, "email_taken");
}

on_both!(of_many_concurrent_uses_of_an_invitation_one_registers, invite_only);
async fn of_many_concurrent_uses_of_an_invitation_one_registers(service: &Service) {
    let root = root(service).await;
    root.invite("ann@example.com", &["EDITOR"]).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    let other = service.replica().await;
    let replies = join_all((0..6).map(|n| {
        let server = if n % 2 == 0 { service } else { &other };
        let (person, token) = (server.stranger(), token.clone());
        async move { person.accept("ann@example.com", &token).await.status }
    }))
    .await;
    assert_eq!(replies.iter().filter(|s| **s == 201).count(), 1, "{replies:?}");
    assert!(replies.iter().all(|s| [201, 400].contains(s)), "{replies:?}");
    other.end().await;
}

on_both!(an_invitation_is_valid_only_for_its_email_and_its_roles, invite_only);
async fn an_invitation_is_valid_only_for_its_email_and_its_roles(service: &Service) {
    let root = root(service).await;
    root.invite("ann@example.com", &[]).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    let eve = service.stranger();
    let refused = eve.accept("eve@example.com", &token).await;
    assert!(refused.refused(400, "validation")["errors"]["email"][0].is_string());
    // A refused registration does not consume the invitation.
    eve.post(
        "/auth/register",
        json!({ "email": "ann@example.com", "password": "x", "invite": token }),
    )
    .await
    .refused(400, "validation");
    let same_name = json!({ "email": "ann@example.com", "invite": token, "username": "root" });
    eve.accept_with(same_name).await.refused(400, "validation");
    let more = json!({
        "email": "ann@example.com", "invite": token, "roles": ["ADMIN"], "role": "ADMIN",
        "is_superuser": true, "is_active": false, "id": 99, "invited_by": 1,
    });
    let user = eve.accept_with(more).await;
    let user = user.expect(201);
    assert_eq!(
        (&user["roles"], &user["role"], &user["is_superuser"]),
        (&json!([]), &json!("USER"), &json!(false))
    );
    // An invitation does not work as another kind of link, and no other link works as an invitation.
    root.invite("bob@example.com", &[]).await.expect(201);
    let invite = service.mailed_token("bob@example.com").await;
    let reset = json!({ "token": invite, "new_password": "seven green herons" });
    eve.post("/auth/password/reset", reset).await.refused(400, "token_not_valid");
    eve.post("/auth/email/confirm", json!({ "token": invite }))
        .await
        .refused(400, "token_not_valid");
    eve.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    let reset = service.mailed_token("ann@example.com").await;
    eve.accept("bob@example.com", &reset).await.refused(400, "token_not_valid");
    for odd in
        ["x", " ", &invite.to_uppercase().replace('-', ""), &uuid::Uuid::new_v4().to_string()]
    {
        eve.accept("bob@example.com", odd).await.refused(400, "token_not_valid");
    }
    // An empty token counts as none.
    eve.accept("bob@example.com", "").await.refused(403, "invitation_needed");
}

on_both!(an_invitation_expires_and_can_be_revoked_or_replaced, invite_only);
async fn an_invitation_expires_and_can_be_revoked_or_replaced(service: &Service) {
    let root = root(service).await;
    let guest = service.stranger();
    root.invite("ann@example.com", &["EDITOR"]).await.expect(201);
    let first = service.mailed_token("ann@example.com").await;
    let second = root.invite("ann@example.com", &[]).await.expect(201)["id"].clone();
    guest.accept("ann@example.com", &first).await.refused(400, "token_not_valid");
    assert_eq!(root.get(PATH).await.body["results"].as_array().unwrap().len(), 1);
    let token = service.mailed_token("ann@example.com").await;
    let path = format!("{PATH}/{second}");
    guest.json(Method::Delete, &path, json!({})).await.expect(401);
    root.send(Method::Delete, &path, None, &[]).await.expect(204);
    root.send(Method::Delete, &path, None, &[]).await.refused(404, "not_found");
    root.send(Method::Delete, &format!("{PATH}/x"), None, &[]).await.refused(404, "not_found");
    guest.accept("ann@example.com", &token).await.refused(400, "token_not_valid");
    // The invitation is revoked before its mail is sent.
    let third = root.invite("bob@example.com", &[]).await.expect(201)["id"].clone();
    root.send(Method::Delete, &format!("{PATH}/{third}"), None, &[]).await.expect(204);
    service.auth().deliver_due().await.unwrap();
    root.invite("cat@example.com", &[]).await.expect(201);
    let token = service.mailed_token("cat@example.com").await;
    service.advance(7 * DAY);
    guest.accept("cat@example.com", &token).await.refused(400, "token_not_valid");
    root.login().await.expect(200);
    assert_eq!(root.get(PATH).await.body["results"], json!([]));
    service.advance(8 * DAY);
    service.auth().purge().await.unwrap();
    assert!(rows(service, "SELECT email FROM auth_invitations").await.is_empty());
}

on_both!(an_admin_cannot_revoke_an_invitation_of_a_superuser);
async fn an_admin_cannot_revoke_an_invitation_of_a_superuser(service: &Service) {
    let root = root(service).await;
    let admin = admin(service, &[]).await;
    let id = root.invite("ann@example.com", &[]).await.expect(201)["id"].clone();
    let path = format!("{PATH}/{id}");
    admin.send(Method::Delete, &path, None, &[]).await.refused(403, "forbidden");
    // The admin cannot replace it with an invitation of their own either.
    admin.invite("Ann@example.com", &[]).await.refused(403, "forbidden");
    let token = service.mailed_token("ann@example.com").await;
    service.stranger().accept("ann@example.com", &token).await.expect(201);
    // The admin may revoke their own invitations, and replace expired ones.
    let own = admin.invite("bob@example.com", &[]).await.expect(201)["id"].clone();
    admin.send(Method::Delete, &format!("{PATH}/{own}"), None, &[]).await.expect(204);
    root.invite("cat@example.com", &[]).await.expect(201);
    service.advance(8 * DAY);
    admin.login().await.expect(200);
    admin.invite("cat@example.com", &[]).await.expect(201);
    // A superuser may revoke every invitation.
    let own = admin.invite("dan@example.com", &[]).await.expect(201)["id"].clone();
    root.login().await.expect(200);
    root.send(Method::Delete, &format!("{PATH}/{own}"), None, &[]).await.expect(204);
}

on_both!(a_registration_without_the_link_leaves_the_invitation_valid);
async fn a_registration_without_the_link_leaves_the_invitation_valid(service: &Service) {
    let root = root(service).await;
    root.invite("ann@example.com", &["EDITOR"]).await.expect(201);
    let eve = service.stranger();
    let account = json!({ "email": "ann@example.com", "password": PASSWORD });
    eve.post("/auth/register", account.clone()).await.expect(201);
    eve.login_with(account).await.expect(200);
    eve.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })).await.expect(204);
    let left = root.get(PATH).await;
    assert_eq!(left.expect(200)["results"].as_array().unwrap().len(), 1);
}

on_both!(an_operator_cannot_grant_roles_they_do_not_have);
async fn an_operator_cannot_grant_roles_they_do_not_have(service: &Service) {
    let admin = admin(service, &["EDITOR"]).await;
    let ann = service.user("ann").await;
    for person in [&ann, &service.stranger()] {
        let status = if person.id == 0 { 401 } else { 403 };
        person.invite("x@example.com", &[]).await.expect(status);
        person.get(PATH).await.expect(status);
        person.send(Method::Delete, &format!("{PATH}/1"), None, &[]).await.expect(status);
    }
    admin.invite("x@example.com", &["EDITOR", "OWNER"]).await.refused(403, "forbidden");
    admin.invite("x@example.com", &["a b"]).await.refused(400, "validation");
    admin.invite("x", &[]).await.refused(400, "validation");
    for body in [
        json!({ "email": "x@example.com", "roles": 1 }),
        json!({ "email": "x@example.com", "roles": [1] }),
        json!({ "email": "x@example.com", "language": "xx" }),
    ] {
        admin.post(PATH, body).await.refused(400, "validation");
    }
    assert!(rows(service, "SELECT email FROM auth_invitations").await.is_empty());
    let mailed = async |email: &str| {
        admin.invite(email, &["EDITOR"]).await.expect(201);
        service.mailed_token(email).await
    };
    let (x, y) = (mailed("x@example.com").await, mailed("y@example.com").await);
    // An invitation works only while its inviter may still give its roles.
    let id = UserId(admin.id);
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .revoke(id, "EDITOR", false)
        .await
        .unwrap();
    service.stranger().accept("x@example.com", &x).await.refused(400, "token_not_valid");
    service
        .auth()
        .admin(&portcullis::flows::Operator::cli())
        .grant(id, "EDITOR", false)
        .await
        .unwrap();
    service.set_active(id, false).await;
    service.stranger().accept("x@example.com", &x).await.refused(400, "token_not_valid");
    service.set_active(id, true).await;
    service.stranger().accept("x@example.com", &x).await.expect(201);
    service.auth().admin(&portcullis::flows::Operator::cli()).delete_user(id).await.unwrap();
    service.stranger().accept("y@example.com", &y).await.refused(400, "token_not_valid");
}

on_both!(closed_registration_refuses_invited_people_too, invite_only);
async fn closed_registration_refuses_invited_people_too(service: &Service) {
    let root = root(service).await;
    root.invite("ann@example.com", &[]).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    let set = async |mode: &str| {
        root.json(Method::Patch, "/auth/admin/settings", json!({ "registration": mode }))
            .await
            .expect(200);
    };
    set("closed").await;
    service.stranger().accept("ann@example.com", &token).await.refused(403, "registration_closed");
    root.invite("bob@example.com", &[]).await.refused(403, "registration_closed");
    set("open").await;
    service.stranger().accept("ann@example.com", &token).await.expect(201);
}

on_both!(invitations_to_one_email_are_limited_and_the_admin_is_told);
async fn invitations_to_one_email_are_limited_and_the_admin_is_told(service: &Service) {
    let root = root(service).await;
    for _ in 0..5 {
        root.invite("ann@example.com", &[]).await.expect(201);
    }
    let refused = root.invite("ANN@example.com", &[]).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(root.get(PATH).await.body["results"].as_array().unwrap().len(), 1);
    service.advance(Duration::from_mins(61));
    root.login().await.expect(200);
    let ru = json!({ "email": "ann@example.com", "language": "ru" });
    root.post(PATH, ru).await.expect(201);
    assert!(
        service.mail("ann@example.com").await["subject"].as_str().unwrap().contains("приглашают")
    );
}

on_both!(invitations_are_paged);
async fn invitations_are_paged(service: &Service) {
    let root = root(service).await;
    for n in 0..51 {
        root.invite(&format!("n{n}@example.com"), &[]).await.expect(201);
    }
    let first = root.get(PATH).await;
    assert_eq!(first.expect(200)["results"].as_array().unwrap().len(), 50);
    let next = first.body["next"].as_str().unwrap().strip_prefix("http://localhost:8000").unwrap();
    let rest = root.get(next).await;
    assert_eq!(
        (&rest.expect(200)["results"][0]["email"], &rest.body["next"]),
        (&json!("n0@example.com"), &Value::Null)
    );
}

on_both!(the_invitation_link_opens_the_form_and_registers, invite_only);
async fn the_invitation_link_opens_the_form_and_registers(service: &Service) {
    let root = root(service).await;
    let ann = service.stranger();
    says(&ann.get("/register").await, "need an invitation");
    root.invite("ann@example.com", &["EDITOR"]).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    // A redirect removes the token from the URL, and opening the page does not consume the invitation.
    let link = ann.get(&format!("/register?invite={token}")).await;
    assert_eq!(link.header("referrer-policy"), Some("no-referrer"));
    let page = ann.follow(&link, "/register").await;
    says(&page, "You’ve been invited.");
    says(&page, "value=\"ann@example.com\"");
    let short = [("email", "ann@example.com"), ("password", "short"), ("invite", &*token)];
    assert_eq!(ann.submit("/register", "/register", &short).await.status, 400);
    let fields = [("email", "ann@example.com"), ("password", PASSWORD), ("invite", &*token)];
    let sent = ann.submit("/register", "/register", &fields).await;
    says(&ann.follow(&sent, "/account").await, "Your account is ready.");
    assert!(!ann.cookies.lock().unwrap().contains_key("__Host-portcullis-invite"));
    assert_eq!(ann.get("/auth/verify?role=EDITOR").await.status, 200);
    let bob = service.stranger();
    let page = bob
        .follow(
            &bob.get(&format!("/register?invite={token}&next=%2Fa")).await,
            "/register?next=%2Fa",
        )
        .await;
    says(&page, "no longer works");
    assert!(!page.text.contains("id=\"register\""));
    let link = bob.get("/register?invite=%22%0d%0aX:y").await;
    assert_eq!((link.status, link.header("x")), (303, None));
}

on_both!(the_form_says_when_an_invitation_was_used);
async fn the_form_says_when_an_invitation_was_used(service: &Service) {
    let root = root(service).await;
    let ann = service.stranger();
    root.invite("ann@example.com", &[]).await.expect(201);
    let token = service.mailed_token("ann@example.com").await;
    ann.follow(&ann.get(&format!("/register?invite={token}")).await, "/register").await;
    service.stranger().accept("ann@example.com", &token).await.expect(201);
    let fields = [("email", "ann@example.com"), ("password", PASSWORD), ("invite", &*token)];
    let page = ann.submit("/register", "/register", &fields).await;
    assert_eq!(page.status, 400);
    says(&page, "no longer works");
    assert!(!page.text.contains(&token));
}
