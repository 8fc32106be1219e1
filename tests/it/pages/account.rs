//! A user's own account.
use crate::support::{PASSWORD, Service, raw, says, visitor};
use rocket::http::Method;
use serde_json::json;
use std::time::Duration;

on_both!(a_user_changes_their_profile);
async fn a_user_changes_their_profile(service: &Service) {
    let (ann, bob) = (visitor(service, "ann").await, service.registered("bob").await);
    let fields = [("username", "Ann B."), ("first_name", "<b>Ann</b>"), ("language", "ru")];
    let page =
        ann.follow(&ann.submit("/account", "/account/profile", &fields).await, "/account").await;
    says(&page, "Профиль сохранён.");
    says(&page, "value=\"Ann B.\"");
    says(&page, "value=\"&lt;b&gt;Ann&lt;/b&gt;\"");
    let taken = [("username", bob.name.as_str()), ("first_name", "New"), ("language", "en")];
    let page = ann.submit("/account", "/account/profile", &taken).await;
    assert_eq!(page.status, 400);
    says(&page, "Уже занято.");
    says(&page, "value=\"New\"");
    // With no language in the profile, the browser's counts, and the language cookie is removed.
    let fields = [("username", ""), ("first_name", ""), ("language", "")];
    let page =
        ann.follow(&ann.submit("/account", "/account/profile", &fields).await, "/account").await;
    says(&page, "Profile saved.");
    says(&page, "<option value=\"\">Same as browser");
}

on_both!(the_email_changes_when_its_link_is_opened);
async fn the_email_changes_when_its_link_is_opened(service: &Service) {
    let ann = visitor(service, "ann").await;
    let ask = async |email: &str, password: &str| {
        ann.submit("/account", "/account/email", &[("email", email), ("password", password)]).await
    };
    let wrong = ask("new@example.com", "wrong").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "value=\"new@example.com\"");
    says(&wrong, "<details open>");
    assert_eq!(ask("new", PASSWORD).await.status, 400);
    let page = ann.follow(&ask("new@example.com", PASSWORD).await, "/account").await;
    says(&page, "sent a link and a code to your new email");
    says(&page, "<b>ann@example.com</b>");
    assert_eq!(service.mail("ann@example.com").await["links"].as_array().unwrap().len(), 2);
    let token = service.mailed_token("new@example.com").await;
    says(&ann.open_link(&token).await, "<b>new@example.com</b>");
    says(&ann.get("/account").await, "<b>ann@example.com</b>");
    let sent = ann.submit("/confirm-email", "/confirm-email", &[("token", &token)]).await;
    says(
        &ann.follow(&sent, "/confirm-email").await,
        "You can now use your account with <b>new@example.com</b>",
    );
    says(&ann.get("/account").await, "<b>new@example.com</b>");
}

on_both!(changing_the_password_logs_other_devices_out);
async fn changing_the_password_logs_other_devices_out(service: &Service) {
    let ann = visitor(service, "ann").await;
    let phone = service.stranger();
    phone.submit("/login", "/login", &[("login", "ann"), ("password", PASSWORD)]).await;
    assert_eq!(phone.get("/account").await.status, 200);
    let change = async |current: &str, new: &str| {
        let fields = [("current_password", current), ("new_password", new)];
        ann.submit("/account", "/account/password", &fields).await
    };
    let wrong = change("wrong", "seven green herons").await;
    assert_eq!(wrong.status, 400);
    says(&wrong, "password-current_password-wrong");
    says(&change(PASSWORD, "short").await, "password-new_password-wrong");
    let page = ann.follow(&change(PASSWORD, "seven green herons").await, "/account").await;
    says(&page, "Your other devices are logged out.");
    assert_eq!(phone.get("/account").await.status, 303);
}

on_both!(sessions_are_listed_by_device_and_ended);
async fn sessions_are_listed_by_device_and_ended(service: &Service) {
    let ann = visitor(service, "ann").await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    let login = json!({ "email": ann.email(), "password": PASSWORD }).to_string();
    let headers =
        [("Content-Type", "application/json".to_owned()), ("User-Agent", agent.to_owned())];
    let phone = async || {
        raw(service, Method::Post, "/auth/login", Some(login.clone()), &headers).await.expect(200)["token"].as_str().unwrap().to_owned()
    };
    let me = async |token: &str| {
        raw(service, Method::Get, "/auth/me", None, &[("Authorization", format!("Bearer {token}"))])
            .await
            .status
    };
    let (first, second) = (phone().await, phone().await);
    service.advance(Duration::from_mins(3));
    let page = ann.get("/account/sessions").await;
    says(&page, "Firefox on Linux");
    says(&page, "3 minutes ago");
    assert_eq!(page.text.matches("this device").count(), 1);
    // The session that was used last comes first: this one, although it logged in first.
    let ids: Vec<_> = page
        .text
        .split("name=\"id\" value=\"")
        .skip(1)
        .map(|p| p.split_once('"').unwrap().0)
        .collect();
    assert_eq!(ids.len(), 3);
    let other =
        page.text.split("Firefox").nth(1).unwrap().split("name=\"id\" value=\"").nth(1).unwrap();
    let other = other.split_once('"').unwrap().0;
    for _ in 0..2 {
        let sent = ann.submit("/account/sessions", "/account/sessions", &[("id", other)]).await;
        says(&ann.follow(&sent, "/account/sessions").await, "Session ended.");
    }
    assert_eq!([me(&first).await, me(&second).await].iter().filter(|s| **s == 401).count(), 1);
    let bob = visitor(service, "bob").await;
    bob.submit("/account/sessions", "/account/sessions", &[("id", ids[0])]).await;
    let sent = ann.submit("/account/sessions", "/account/sessions/others", &[]).await;
    says(&ann.follow(&sent, "/account/sessions").await, "All other sessions ended.");
    assert_eq!((me(&first).await, me(&second).await), (401, 401));
    let page = ann.get("/account/sessions").await;
    let own = page
        .text
        .split("name=\"id\" value=\"")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let sent = ann.submit("/account/sessions", "/account/sessions", &[("id", &own)]).await;
    says(&ann.follow(&sent, "/login").await, "You’re logged out.");
    assert!(!ann.has_session());
}

on_both!(a_user_sees_the_history_of_their_account);
async fn a_user_sees_the_history_of_their_account(service: &Service) {
    let ann = visitor(service, "ann").await;
    let bob = visitor(service, "bob").await;
    service.stranger().submit("/login", "/login", &[("login", "ann"), ("password", "wrong")]).await;
    let page = ann.get("/account/security").await;
    says(&page, "Failed login");
    says(&page, "Account created");
    says(&page, "You’re logged in on this device only.");
    assert!(!bob.get("/account/security").await.text.contains("Failed login"));
}

on_both!(a_user_exports_and_deletes_everything_stored_about_them);
async fn a_user_exports_and_deletes_everything_stored_about_them(service: &Service) {
    let ann = visitor(service, "ann").await;
    let data = ann.get("/account/data.json").await;
    assert!(data.header("content-disposition").unwrap().starts_with("attachment"));
    let data = data.expect(200);
    assert_eq!(data["user"]["email"], "ann@example.com");
    assert_eq!(data["user"]["notify_new_devices"], true);
    assert_eq!(data["sessions"][0]["current"], true);
    assert!(data["history"].as_array().unwrap().iter().any(|e| e["what"] == "login"));
    assert!(!data.to_string().contains("argon2"));
    let wrong = ann.submit("/account", "/account/delete", &[("password", "wrong")]).await;
    assert_eq!(wrong.status, 400);
    let sent = ann.submit("/account", "/account/delete", &[("password", PASSWORD)]).await;
    says(&ann.follow(&sent, "/login").await, "Your account is deleted.");
    assert!(!ann.has_session());
    assert_eq!(ann.log_in().await.status, 401);
}

on_both!(opening_a_page_updates_when_the_session_was_last_seen);
async fn opening_a_page_updates_when_the_session_was_last_seen(service: &Service) {
    let ann = visitor(service, "ann").await;
    service.advance(Duration::from_hours(3));
    // Another session of the user sees when this one was last seen, and does not change it.
    let phone = service.stranger();
    phone.submit("/login", "/login", &[("login", "ann"), ("password", PASSWORD)]).await;
    says(&phone.get("/account/sessions").await, ">3 hours ago</time>");
    ann.get("/account").await;
    let page = phone.get("/account/sessions").await;
    assert!(!page.text.contains(">3 hours ago</time>"), "{}", page.text);
    assert_eq!(page.text.matches(">just now</time>").count(), 2);
}
