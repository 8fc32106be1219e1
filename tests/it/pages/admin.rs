//! The admin pages as an operator uses them in a browser without scripts.
use crate::support::{PASSWORD, Person, Reply, Service, says};
use rocket::http::Method;
use std::time::Duration;

const PAGES: [&str; 8] = [
    "/admin/",
    "/admin/users",
    "/admin/invitations",
    "/admin/settings",
    "/admin/audit",
    "/admin/mail",
    "/admin/keys",
    "/admin/prove",
];

/// A superuser whose browser has only the cookie.
async fn root(service: &Service) -> Person<'_> {
    let root = service.superuser("root").await;
    root.forget_access();
    root
}

/// An admin whose browser has only the cookie.
async fn admin(service: &Service) -> Person<'_> {
    let admin = service.user("admin").await;
    service.grant(&admin, "ADMIN").await;
    admin.forget_access();
    admin
}

impl Person<'_> {
    /// Sends an action for `who` from the page of that user.
    async fn act(&self, who: &Person<'_>, act: &str, more: &[(&str, &str)]) -> Reply {
        let path = format!("/admin/users/{}", who.id);
        let fields = [&[("act", act)], more].concat();
        self.submit(&path, &path, &fields).await
    }
}

on_both!(admin_pages_require_an_operator_and_some_a_superuser);
async fn admin_pages_require_an_operator_and_some_a_superuser(service: &Service) {
    let (ann, admin, root) = (service.user("ann").await, admin(service).await, root(service).await);
    let guest = service.stranger();
    for path in PAGES {
        assert_eq!(guest.get(path).await.status, 303, "{path}");
        assert_eq!(ann.get(path).await.status, 403, "{path}");
        assert_eq!(root.get(path).await.status, 200, "{path}");
        let own = !["settings", "audit", "mail", "keys"].iter().any(|p| path.ends_with(p));
        assert_eq!(admin.get(path).await.status, if own { 200 } else { 403 }, "{path}");
    }
    assert!(!ann.get("/account").await.text.contains("href=\"/admin/\""));
    says(&admin.get("/account").await, "href=\"/admin/\"");
    assert!(!admin.get("/admin/").await.text.contains("href=\"/admin/settings\""));
    says(&root.get("/admin/").await, "href=\"/admin/settings\"");
}

on_both!(users_are_searched_and_shown);
async fn users_are_searched_and_shown(service: &Service) {
    let (ann, admin) = (service.user("ann").await, admin(service).await);
    let page = admin.get("/admin/users?search=NN@EXAM&state=active&confirmed=true").await;
    says(&page, "1 user.");
    says(&page, &format!("href=\"/admin/users/{}\"", ann.id));
    says(&admin.get("/admin/users?search=%3Cscript%3E").await, "value=\"&lt;script&gt;\"");
    says(&admin.get("/admin/users?role=ADMIN").await, "admin@example.com");
    assert_eq!(admin.get("/admin/users?state=odd").await.status, 400);
    let page = admin.get(&format!("/admin/users/{}", ann.id)).await;
    for part in ["ann@example.com", "Email confirmation", "Account created", "Login"] {
        says(&page, part);
    }
    assert_eq!(admin.get("/admin/users/999").await.status, 404);
    assert_eq!(admin.get("/admin/users/x").await.status, 404);
}

on_both!(many_users_are_paged);
async fn many_users_are_paged(service: &Service) {
    let admin = admin(service).await;
    for n in 0..60 {
        let new = portcullis::flows::NewUser {
            email: &format!("u{n}@example.com"),
            password: PASSWORD,
            confirmed: true,
            ..portcullis::flows::NewUser::default()
        };
        service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    }
    let page = admin.get("/admin/users?search=example").await;
    assert_eq!(page.text.matches("href=\"/admin/users/").count(), 50);
    let next = page.text.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split_once('"').unwrap().0.replace("&amp;", "&");
    assert!(next.starts_with("/admin/users?search=example&cursor="), "{next}");
    let page = admin.get(&next).await;
    assert_eq!(page.text.matches("href=\"/admin/users/").count(), 11);
    says(&page, "rel=\"prev\"");
}

on_both!(an_operator_manages_a_user);
async fn an_operator_manages_a_user(service: &Service) {
    let (ann, root) = (service.user("ann").await, root(service).await);
    let here = format!("/admin/users/{}", ann.id);
    let done = async |act: &str, more: &[(&str, &str)], notice: &str| {
        says(&root.follow(&root.act(&ann, act, more).await, &here).await, notice);
    };
    done(
        "profile",
        &[("username", "Annie"), ("first_name", "<b>"), ("language", "ru")],
        "User updated.",
    )
    .await;
    says(&root.get(&here).await, "value=\"&lt;b&gt;\"");
    done("grant", &[("role", "EDITOR")], "<b>EDITOR</b>").await;
    let wrong = root.act(&ann, "grant", &[("role", "no role!")]).await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "grant-role-wrong");
    done("revoke", &[("role", "EDITOR"), ("end_sessions", "on")], "User updated.").await;
    assert_eq!(ann.get("/auth/me").await.status, 401);
    ann.login().await.expect(200);
    done("send-reset", &[], "The email is on its way.").await;
    assert!(service.mail("ann@example.com").await["subject"].as_str().unwrap().contains("парол"));
    done("end-sessions", &[], "All sessions of the user ended.").await;
    assert_eq!(ann.get("/auth/me").await.status, 401);
    done("disable", &[], "disabled").await;
    assert_eq!(ann.login().await.status, 403);
    done("enable", &[], "User updated.").await;
    ann.login().await.expect(200);
    let page = root.get(&here).await;
    let session =
        page.text.split("name=\"session\" value=\"").nth(1).unwrap().split_once('"').unwrap().0;
    done("end-session", &[("session", session)], "Session ended.").await;
    done("superuser-on", &[], "mark yes").await;
    done("superuser-off", &[], "User updated.").await;
    assert_eq!(root.act(&ann, "no-such-act", &[]).await.status, 400);
    let gone = root.act(&ann, "delete", &[]).await;
    says(&root.follow(&gone, "/admin/users").await, "User deleted.");
    assert_eq!(root.get(&here).await.status, 404);
}

on_both!(an_admin_cannot_change_a_superuser_and_the_last_superuser_stays);
async fn an_admin_cannot_change_a_superuser_and_the_last_superuser_stays(service: &Service) {
    let (admin, root) = (admin(service).await, root(service).await);
    let path = format!("/admin/users/{}", root.id);
    let page = admin.get(&path).await;
    says(&page, "Only a superuser");
    assert!(!page.text.contains("name=\"act\""));
    let csrf = admin.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for act in [
        "delete",
        "disable",
        "end-sessions",
        "send-reset",
        "superuser-off",
        "grant&role=ADMIN",
        "profile&first_name=x",
    ] {
        let body = format!("csrf_token={csrf}&act={act}");
        assert_eq!(admin.send(Method::Post, &path, Some(body), &form).await.status, 403, "{act}");
    }
    for act in ["superuser-off", "delete"] {
        assert_eq!(root.act(&root, act, &[]).await.status, 409, "{act}");
    }
    // Nobody grants a role that they do not have.
    let ann = service.user("ann").await;
    assert_eq!(admin.act(&ann, "grant", &[("role", "EDITOR")]).await.status, 403);
    assert_eq!(admin.act(&ann, "superuser-on", &[]).await.status, 403);
}

on_both!(a_dangerous_action_requires_reauthentication);
async fn a_dangerous_action_requires_reauthentication(service: &Service) {
    let (ann, root) = (service.user("ann").await, root(service).await);
    service.advance(Duration::from_mins(11));
    let asked = root.act(&ann, "disable", &[]).await;
    let prove = format!("/admin/prove?next=%2Fadmin%2Fusers%2F{}", ann.id);
    let page = root.follow(&asked, &prove).await;
    says(&page, "autocomplete=\"current-password\"");
    let wrong = root.submit(&prove, "/admin/prove", &[("password", "wrong")]).await;
    assert_eq!(wrong.status, 400);
    let here = format!("/admin/users/{}", ann.id);
    let proven =
        root.submit(&prove, "/admin/prove", &[("password", PASSWORD), ("next", &here)]).await;
    says(&root.follow(&proven, &here).await, "won’t ask again for 10 minutes");
    root.follow(&root.act(&ann, "disable", &[]).await, &here).await;
    let evil = [("password", PASSWORD), ("next", "//evil.example")];
    assert_eq!(
        root.submit("/admin/prove", "/admin/prove", &evil).await.header("location"),
        Some("/admin/")
    );
    service.advance(Duration::from_mins(11));
    let lifetimes = [
        ("access_token_lifetime", "1m"),
        ("refresh_token_lifetime", "30d"),
        ("registration", "open"),
        ("email_confirmation", "optional"),
    ];
    let asked = root.submit("/admin/settings", "/admin/settings", &lifetimes).await;
    assert_eq!(asked.header("location"), Some("/admin/prove?next=%2Fadmin%2Fsettings"));
}

on_both!(settings_are_changed_with_a_notice_and_undone);
async fn settings_are_changed_with_a_notice_and_undone(service: &Service) {
    let root = root(service).await;
    let change = async |access: &str, registration: &str| {
        root.submit(
            "/admin/settings",
            "/admin/settings",
            &[
                ("access_token_lifetime", access),
                ("refresh_token_lifetime", "30d"),
                ("registration", registration),
                ("email_confirmation", "optional"),
            ],
        )
        .await
    };
    let page = root.get("/admin/settings").await;
    says(&page, "From now on, creating an account requires an invitation.");
    says(&page, "Nobody is logged out.");
    let wrong = change("soon", "open").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "settings-access_token_lifetime-wrong");
    says(&wrong, "value=\"soon\"");
    let page = root.follow(&change("2m", "closed").await, "/admin/settings").await;
    says(&page, "Settings saved.");
    says(&page, "5 minutes → 2 minutes");
    says(&page, "root@example.com");
    assert!(!service.stranger().get("/register").await.text.contains("<form"));
    let undone = root
        .submit("/admin/settings", "/admin/settings/undo", &[("setting", "registration")])
        .await;
    root.follow(&undone, "/admin/settings").await;
    says(&service.stranger().get("/register").await, "<form");
    // After two changes, undo returns to the previous value, and another button to the value of the file.
    let page = root.follow(&change("3m", "open").await, "/admin/settings").await;
    says(&page, "Revert to “2 minutes”");
    says(&page, "Use the file’s value: “5 minutes”");
    assert_eq!(page.text.matches("/admin/settings/reset").count(), 1);
    let reset = root
        .submit("/admin/settings", "/admin/settings/reset", &[("setting", "access_token_lifetime")])
        .await;
    let page = root.follow(&reset, "/admin/settings").await;
    says(&page, "3 minutes → 5 minutes");
    assert!(!page.text.contains("/admin/settings/reset"));
}

on_both!(the_audit_log_is_filtered_and_exported_as_csv);
async fn the_audit_log_is_filtered_and_exported_as_csv(service: &Service) {
    let (ann, root) = (service.user("ann").await, root(service).await);
    let page = root.get(&format!("/admin/audit?user={}&kind=login", ann.id)).await;
    says(&page, ">Login<");
    assert_eq!(page.text.matches("<li><b>").count(), 1);
    says(&page, &format!("href=\"/admin/users/{}\"", ann.id));
    let csv = page
        .text
        .split("/auth/admin/audit")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .replace("&amp;", "&");
    let csv = root.get(&format!("/auth/admin/audit{csv}")).await;
    assert!(csv.status == 200 && csv.header("content-type").unwrap().starts_with("text/csv"));
    assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
    says(&root.get("/admin/audit?user=x").await, "role=\"alert\"");
    says(&root.get("/admin/audit?from=2001-01-01&to=2001-01-02").await, "No events found.");
}

on_both!(keys_are_rotated_and_mails_are_listed);
async fn keys_are_rotated_and_mails_are_listed(service: &Service) {
    let root = root(service).await;
    says(&root.get("/admin/keys").await, "<h2>Next <span");
    let young = root.submit("/admin/keys", "/admin/keys", &[]).await;
    assert_eq!(young.status, 409);
    says(&young, "role=\"alert\"");
    let rotated = root.submit("/admin/keys", "/admin/keys", &[("force", "on")]).await;
    says(&root.follow(&rotated, "/admin/keys").await, "Retired (verifies only)");
    service.mail("root@example.com").await;
    says(&root.get("/admin/mail?state=sent").await, "Email confirmation");
    says(&root.get("/admin/mail?state=failed").await, "No emails.");
    assert_eq!(root.get("/admin/mail?state=odd").await.status, 400);
    let csrf = root.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("csrf_token={csrf}&mail=1");
    assert_eq!(root.send(Method::Post, "/admin/mail", Some(body), &form).await.status, 404);
}

on_both!(an_operator_invites_a_person);
async fn an_operator_invites_a_person(service: &Service) {
    let admin = admin(service).await;
    let invite = async |email: &str, roles: &str| {
        let fields = [("email", email), ("roles", roles), ("language", "en")];
        admin.submit("/admin/invitations", "/admin/invitations", &fields).await
    };
    assert_eq!(invite("no address", "").await.status, 400);
    assert_eq!(invite("bob@example.com", "EDITOR").await.status, 403);
    let page = admin.follow(&invite("bob@example.com", "ADMIN").await, "/admin/invitations").await;
    says(&page, "The invitation is on its way.");
    says(&page, "bob@example.com");
    assert!(
        service.mail("bob@example.com").await["links"][0]
            .as_str()
            .unwrap()
            .contains("/register?invite=")
    );
    let id = page.text.split("name=\"id\" value=\"").nth(1).unwrap().split_once('"').unwrap().0;
    let gone =
        admin.submit("/admin/invitations", "/admin/invitations/withdraw", &[("id", id)]).await;
    says(&admin.follow(&gone, "/admin/invitations").await, "Invitation withdrawn.");
}

on_both!(another_site_cannot_act_for_an_operator);
async fn another_site_cannot_act_for_an_operator(service: &Service) {
    let (ann, root) = (service.user("ann").await, root(service).await);
    root.get("/admin/users").await;
    let csrf = root.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let here = format!("/admin/users/{}", ann.id);
    for to in [
        here.as_str(),
        "/admin/settings",
        "/admin/settings/undo",
        "/admin/settings/reset",
        "/admin/mail",
        "/admin/keys",
        "/admin/invitations",
        "/admin/invitations/withdraw",
        "/admin/prove",
    ] {
        let send = async |csrf: &str, from: &str| {
            let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", from)];
            root.send(
                Method::Post,
                to,
                Some(format!("csrf_token={csrf}&act=delete&force=on")),
                &headers,
            )
            .await
            .status
        };
        assert_eq!(send(&csrf, "https://evil.example.com").await, 403, "{to}");
        assert_eq!(send("", "http://localhost:8000").await, 403, "{to}");
    }
    assert_eq!(ann.get("/auth/me").await.status, 200);
}
