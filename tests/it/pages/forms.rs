//! Forms: CSRF tokens, their addresses, and what they keep.
use crate::support::{FORM_HEADER, PASSWORD, Reply, Service, says, visitor};
use rocket::http::Method;

on_both!(a_form_without_our_csrf_token_is_refused);
async fn a_form_without_our_csrf_token_is_refused(service: &Service) {
    let ann = visitor(service, "ann").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let send = async |to: &str, csrf: &str, from: &str| {
        let headers = [FORM_HEADER, ("Origin", from)];
        ann.send(Method::Post, to, Some(format!("csrf_token={csrf}&password={PASSWORD}")), &headers)
            .await
    };
    for to in [
        "/login",
        "/register",
        "/logout",
        "/forgot-password",
        "/reset-password",
        "/confirm-email",
        "/confirm-email/again",
        "/setup",
        "/account/profile",
        "/account/email",
        "/account/email/resend",
        "/account/password",
        "/account/delete",
        "/account/sessions",
        "/account/sessions/others",
    ] {
        assert_eq!(send(to, &csrf, "https://evil.example.com").await.status, 403, "{to}");
        assert_eq!(send(to, "", "http://localhost:8000").await.status, 403, "{to}");
        assert_eq!(
            send(to, &uuid::Uuid::new_v4().to_string(), "http://localhost:8000").await.status,
            403,
            "{to}"
        );
        let get = ann.get(to).await.status;
        assert!([200, 303, 400, 405].contains(&get), "{to} {get}");
    }
    assert_eq!(ann.get("/account").await.status, 200);
}

on_both!(a_form_whose_cookies_are_gone_can_be_resent);
async fn a_form_whose_cookies_are_gone_can_be_resent(service: &Service) {
    service.registered("ann").await;
    let bob = [("email", "bob@example.com"), ("password", PASSWORD)];
    service.stranger().submit("/register", "/register", &bob).await;
    let guest = service.stranger();
    guest.submit("/forgot-password", "/forgot-password", &[("email", "ann@example.com")]).await;
    let new = service.mailed_token("bob@example.com").await;
    let token = service.mailed_token("ann@example.com").await;
    let send = async |to: &str, csrf: &str, fields: &str| {
        let body = format!("csrf_token={csrf}&{fields}");
        guest.send(Method::Post, to, Some(body), &[FORM_HEADER]).await
    };
    let csrf = |page: &Reply| {
        page.text
            .split("name=\"csrf_token\" value=\"")
            .nth(1)
            .unwrap()
            .split_once('"')
            .unwrap()
            .0
            .to_owned()
    };
    for (to, fields) in [
        ("/login", format!("login=ann&password={PASSWORD}")),
        ("/confirm-email", format!("token={new}&password={PASSWORD}")),
        ("/reset-password", format!("token={token}&new_password=seven green herons")),
    ] {
        guest.cookies.lock().unwrap().clear();
        let refused = send(to, &uuid::Uuid::new_v4().to_string(), &fields).await;
        assert_eq!(refused.status, 403, "{to}");
        says(&refused, "Send the form again.");
        // The page contains a new CSRF token and the fields that were sent.
        let shown = fields.split('&').next().unwrap().split_once('=').unwrap();
        assert!(
            shown.0 == "login" || refused.text.contains(&format!("value=\"{}\"", shown.1)),
            "{to}"
        );
        assert!([200, 303].contains(&send(to, &csrf(&refused), &fields).await.status), "{to}");
        // A token that was never mailed is not put into the form.
        let other = send(to, "", &format!("token={}", uuid::Uuid::new_v4())).await;
        assert!(to == "/login" || !other.text.contains("name=\"token\""), "{to}");
    }
}

on_both!(no_form_field_truncates_a_password);
async fn no_form_field_truncates_a_password(service: &Service) {
    let ann = visitor(service, "ann").await;
    for (who, page) in
        [(&service.stranger(), "/register"), (&service.stranger(), "/login"), (&ann, "/account")]
    {
        let text = who.get(page).await.text;
        let inputs = text.split("<input").skip(1).map(|i| i.split_once('>').unwrap().0);
        let cut = inputs.filter(|i| i.contains("type=\"password\"") && i.contains("maxlength"));
        assert_eq!(cut.count(), 0, "{page}");
    }
    let long = "seven green herons ".repeat(20);
    let fields = [("current_password", PASSWORD), ("new_password", &long)];
    says(&ann.submit("/account", "/account/password", &fields).await, "At most 256 characters.");
}

on_both!(opening_the_address_of_a_form_redirects_to_its_page);
async fn opening_the_address_of_a_form_redirects_to_its_page(service: &Service) {
    let ann = visitor(service, "ann").await;
    for (form, page) in [
        ("/account/profile", "/account"),
        ("/account/email", "/account"),
        ("/account/password", "/account"),
        ("/account/delete", "/account"),
        ("/account/email/resend", "/account"),
        ("/account/sessions/others", "/account/sessions"),
        ("/confirm-email/again", "/confirm-email"),
    ] {
        let reply = ann.get(form).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some(page)), "{form}");
    }
    assert_eq!(ann.get("/account/nothing").await.status, 404);
}
