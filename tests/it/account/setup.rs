//! Creating the first superuser with the link that the first start prints.
use crate::support::{
    PASSWORD, Person, Reply, Service, acts, raw, root, rows, says, set_superuser,
};
use rocket::{futures::future::join_all, http::Method};
use std::time::Duration;

const SUPERUSERS: &str = "SELECT email FROM auth_users WHERE is_superuser";

/// Makes a setup link and returns its token.
async fn offered(service: &Service) -> String {
    let link = service.auth().offer_setup().await.unwrap().unwrap();
    link.strip_prefix("http://localhost:8000/setup?token=").unwrap().to_owned()
}

impl Person<'_> {
    /// Opens a link and sends its form.
    async fn set_up(&self, token: &str, email: &str, password: &str) -> Reply {
        let page = self.follow(&self.get(&format!("/setup?token={token}")).await, "/setup").await;
        says(&page, "first superuser");
        self.send_setup(token, email, password).await
    }

    /// Sends the form, whether or not the page shows it.
    async fn send_setup(&self, token: &str, email: &str, password: &str) -> Reply {
        self.get("/login").await;
        let csrf = self.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        let fields =
            [("csrf_token", &*csrf), ("token", token), ("email", email), ("password", password)];
        let body = body.extend_pairs(fields).extend_pairs([("roles", "X"), ("id", "99")]).finish();
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send(Method::Post, "/setup", Some(body), &form).await
    }
}

on_both!(the_setup_link_makes_one_superuser_and_logs_them_in, |c| {
    c.registration = portcullis::config::Registration::Closed;
    c.email_confirmation = portcullis::config::EmailConfirmation::Required;
});
async fn the_setup_link_makes_one_superuser_and_logs_them_in(service: &Service) {
    let (token, other) = (offered(service).await, offered(service).await);
    let op = service.stranger();
    let link = op.get(&format!("/setup?token={token}")).await;
    assert_eq!(link.header("referrer-policy"), Some("no-referrer"));
    // A refused form leaves the link usable.
    for (email, password) in [("op@example.com", "short"), ("no address", PASSWORD), ("", "")] {
        let page = op.set_up(&token, email, password).await;
        assert_eq!(page.status, 400);
        says(&page, "aria-invalid=\"true\"");
    }
    let sent = op.set_up(&token, "op@example.com", PASSWORD).await;
    says(&op.follow(&sent, "/account").await, "Your account is ready.");
    assert!(!op.cookies.lock().unwrap().contains_key("__Host-portcullis-setup"));
    assert_eq!(op.get("/auth/verify?role=ANYTHING").await.status, 200);
    let me = op.get("/auth/me").await;
    assert_eq!(
        (&me.body["is_superuser"], &me.body["is_email_confirmed"]),
        (&true.into(), &true.into())
    );
    assert_eq!(me.body["roles"], serde_json::json!([]));
    // The first superuser uses up every link, this one included.
    for token in [&token, &other] {
        let page = service.stranger().send_setup(token, "eve@example.com", PASSWORD).await;
        assert_eq!(page.status, 400);
        says(&page, "portcullis user add");
    }
    assert_eq!(op.get("/setup").await.status, 400);
    assert_eq!(service.auth().offer_setup().await.unwrap(), None);
    assert_eq!(rows(service, SUPERUSERS).await, ["op@example.com"]);
    let recorded = acts(service).await;
    assert_eq!(
        recorded[..4],
        ["keys_provisioned", "setup_offered", "setup_offered", "setup_completed"]
    );
}

on_both!(of_many_setup_links_used_at_once_one_succeeds);
async fn of_many_setup_links_used_at_once_one_succeeds(service: &Service) {
    let other = service.replica().await;
    let tokens = [offered(service).await, offered(&other).await, offered(service).await];
    let replies =
        join_all(
            (0..6).map(|n| {
                let server = if n % 2 == 0 { service } else { &other };
                let (person, token) = (server.stranger(), &tokens[n % 3]);
                async move {
                    person.send_setup(token, &format!("op{n}@example.com"), PASSWORD).await.status
                }
            }),
        )
        .await;
    assert_eq!(replies.iter().filter(|s| **s == 303).count(), 1, "{replies:?}");
    assert!(replies.iter().all(|s| [303, 400].contains(s)), "{replies:?}");
    assert_eq!(rows(service, SUPERUSERS).await.len(), 1);
    other.end().await;
}

on_both!(the_setup_closes_once_there_is_a_superuser);
async fn the_setup_closes_once_there_is_a_superuser(service: &Service) {
    let token = offered(service).await;
    let op = service.stranger();
    op.follow(&op.get(&format!("/setup?token={token}")).await, "/setup").await;
    root(service).await;
    assert_eq!(op.get("/setup").await.status, 400);
    assert_eq!(op.send_setup(&token, "eve@example.com", PASSWORD).await.status, 400);
    assert_eq!(rows(service, "SELECT email FROM auth_users").await, ["root@example.com"]);
}

on_both!(the_setup_closes_even_if_another_program_made_the_superuser);
async fn the_setup_closes_even_if_another_program_made_the_superuser(service: &Service) {
    let token = offered(service).await;
    let ann = service.registered("ann").await;
    set_superuser(service, ann.id, true).await;
    let disable = "UPDATE auth_users SET is_active = FALSE WHERE is_superuser RETURNING email";
    assert_eq!(rows(service, disable).await, ["ann@example.com"]);
    assert_eq!(
        service.stranger().send_setup(&token, "eve@example.com", PASSWORD).await.status,
        400
    );
    assert_eq!(rows(service, SUPERUSERS).await, ["ann@example.com"]);
}

on_both!(ordinary_users_do_not_close_the_setup);
async fn ordinary_users_do_not_close_the_setup(service: &Service) {
    let token = offered(service).await;
    service.registered("ann").await;
    assert_eq!(service.auth().offer_setup().await.unwrap(), None);
    let op = service.stranger();
    let page = op.set_up(&token, "ann@example.com", PASSWORD).await;
    assert_eq!(page.status, 409);
    says(&page, "already an account with this email");
    assert_eq!(op.set_up(&token, "op@example.com", PASSWORD).await.status, 303);
}

on_both!(a_setup_link_expires_and_a_wrong_one_is_refused);
async fn a_setup_link_expires_and_a_wrong_one_is_refused(service: &Service) {
    let token = offered(service).await;
    service.advance(Duration::from_mins(59));
    let next = offered(service).await;
    service.advance(Duration::from_mins(1));
    let eve = service.stranger();
    for wrong in
        [&*token, "", "x", &uuid::Uuid::new_v4().to_string(), &next.to_uppercase().replace('-', "")]
    {
        assert_eq!(eve.send_setup(wrong, "eve@example.com", PASSWORD).await.status, 400, "{wrong}");
    }
    service.auth().purge().await.unwrap();
    assert_eq!(eve.set_up(&next, "op@example.com", PASSWORD).await.status, 303);
    assert_eq!(rows(service, "SELECT email FROM auth_users").await, ["op@example.com"]);
}

on_both!(the_setup_is_served_only_under_our_own_host, |c| {
    c.public_url = "https://auth.example.com".parse().unwrap();
    c.mail.url = portcullis::config::Secret("smtp://127.0.0.1:1".into());
});
async fn the_setup_is_served_only_under_our_own_host(service: &Service) {
    let link = service.auth().offer_setup().await.unwrap().unwrap();
    let path = link.strip_prefix("https://auth.example.com").unwrap();
    let ask = async |host: &str| {
        raw(service, Method::Get, path, None, &[("Host", host.to_owned())]).await.status
    };
    for host in [
        "auth.example.com",
        "AUTH.example.com:443",
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
    ] {
        assert_eq!(ask(host).await, 303, "{host}");
    }
    for host in [
        "evil.example",
        "auth.example.com.evil.example",
        "localhost.evil.example",
        "192.0.2.1",
        "127.0.0.1.nip.io",
    ] {
        assert_eq!(ask(host).await, 404, "{host}");
    }
    let form = [
        ("Host", "evil.example".to_owned()),
        ("Origin", "https://auth.example.com".to_owned()),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let sent = raw(service, Method::Post, "/setup", Some("token=x".into()), &form).await;
    assert_eq!(sent.status, 404);
}
