//! Confirming an address: a link proves that the mail arrived, and the account is proven beside it.
use crate::{
    pages::says,
    store::rows,
    support::{PASSWORD, Person, Service},
};
use portcullis::{
    config::EmailConfirmation,
    flows::{By, NewUser},
};
use rocket::{futures::future::join_all, http::Method};
use serde_json::json;
use std::time::Duration;

const NEW: &str = "seven green herons";
const ANN: &str = "ann@example.com";

impl Service {
    /// The code in the newest mail to an address.
    async fn mailed_code(&self, to: &str) -> String {
        let mail = self.mail(to).await;
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let text = mail["text"].as_str().unwrap();
        text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {mail}")).into()
    }

    /// Somebody at another browser who is logged in to the same account.
    async fn elsewhere(&self, login: &str) -> Person<'_> {
        let person = self.stranger();
        person.login_with(json!({ "login": login, "password": PASSWORD })).await.expect(200);
        person
    }
}

impl Person<'_> {
    async fn registers(&self, email: &str) {
        let reply =
            self.post("/auth/register", json!({ "email": email, "password": PASSWORD })).await;
        assert!([201, 202].contains(&reply.status), "{reply:?}");
    }

    async fn confirms(&self, body: serde_json::Value) -> crate::support::Reply {
        self.post("/auth/email/confirm", body).await
    }

    /// Opens the page of a mailed link and sends a form of it.
    async fn press(
        &self,
        path: &str,
        token: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> crate::support::Reply {
        self.follow(&self.get(&format!("{path}?token={token}")).await, path).await;
        self.submit(path, to, &[&[("token", token)], fields].concat()).await
    }
}

async fn operators(service: &Service, email: &str) {
    let new = NewUser {
        email,
        password: PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: true,
        confirmed: false,
    };
    service.auth().add_user(new).await.unwrap();
}

fn required(c: &mut portcullis::config::Config) {
    c.email_confirmation = EmailConfirmation::Required;
}

on_both!(who_holds_only_the_link_takes_the_account_from_whoever_registered_it);
async fn who_holds_only_the_link_takes_the_account_from_whoever_registered_it(service: &Service) {
    let (eve, ann) = (service.stranger(), service.stranger());
    eve.registers(ANN).await;
    eve.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let token = service.mailed_token(ANN).await;
    eve.post("/auth/email", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let change = service.mailed_token("eve@example.com").await;

    ann.confirms(json!({ "token": token })).await.refused(403, "proof_required");
    let wrong = ann.confirms(json!({ "token": token, "password": NEW })).await;
    assert!(wrong.refused(400, "validation")["errors"]["password"].is_array());
    assert_eq!(eve.get("/auth/me").await.expect(200)["is_email_confirmed"], false);
    let stranger = service.user("bob").await;
    stranger.confirms(json!({ "token": token })).await.refused(403, "proof_required");

    ann.post("/auth/password/reset", json!({ "token": token, "new_password": NEW }))
        .await
        .expect(204);
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    eve.forget_access().refresh().await.refused(401, "token_not_valid");
    eve.login_with(json!({ "email": ANN, "password": PASSWORD }))
        .await
        .refused(401, "invalid_credentials");
    eve.confirms(json!({ "token": change, "password": PASSWORD }))
        .await
        .refused(400, "token_not_valid");
    let user = ann.login_with(json!({ "email": ANN, "password": NEW })).await;
    assert_eq!(user.expect(200)["user"]["is_email_confirmed"], true);
}

on_both!(browser_session_or_password_prove_the_account_and_no_session_ends);
async fn browser_session_or_password_prove_the_account_and_no_session_ends(service: &Service) {
    for (n, way) in ["browser", "session", "password"].into_iter().enumerate() {
        let (ann, email) = (service.stranger(), format!("ann{n}@example.com"));
        ann.registers(&email).await;
        let phone = service.elsewhere(&email).await;
        let token = service.mailed_token(&email).await;
        let user = match way {
            "browser" => ann.confirms(json!({ "token": token })).await,
            "session" => phone.confirms(json!({ "token": token })).await,
            _ => service.stranger().confirms(json!({ "token": token, "password": PASSWORD })).await,
        };
        assert_eq!(user.expect(200)["is_email_confirmed"], true, "{way}");
        phone.get("/auth/me").await.expect(200);
        ann.confirms(json!({ "token": token, "password": PASSWORD }))
            .await
            .refused(400, "token_not_valid");
    }
}

on_both!(a_link_lets_few_passwords_be_tried);
async fn a_link_lets_few_passwords_be_tried(service: &Service) {
    service.stranger().registers(ANN).await;
    let (ann, token) = (service.stranger(), service.mailed_token(ANN).await);
    let tries =
        join_all((0..14).map(|_| ann.confirms(json!({ "token": token, "password": NEW })))).await;
    assert_eq!(tries.iter().filter(|r| r.status == 400).count(), 10);
    assert_eq!(tries.iter().filter(|r| r.status == 403).count(), 4);
    ann.confirms(json!({ "token": token, "password": PASSWORD }))
        .await
        .refused(403, "proof_required");
    service.elsewhere(ANN).await.confirms(json!({ "token": token })).await.expect(200);
}

on_both!(a_code_confirms_in_a_session);
async fn a_code_confirms_in_a_session(service: &Service) {
    let ann = service.stranger();
    ann.registers(ANN).await;
    let code = service.mailed_code(ANN).await;
    ann.confirms(json!({ "code": code })).await.refused(401, "unauthenticated");
    ann.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    service.user("bob").await.confirms(json!({ "code": code })).await.refused(400, "validation");
    for wrong in ["", "12345", "abcdef", "0123456"] {
        let told = ann.confirms(json!({ "code": wrong })).await;
        assert!(told.refused(400, "validation")["errors"]["code"].is_array(), "{wrong}");
    }
    for neither in [json!({}), json!({ "code": code, "token": "x" })] {
        ann.confirms(neither).await.refused(400, "validation");
    }
    // That of the newest mail counts.
    service.advance(Duration::from_secs(1));
    ann.post("/auth/email/resend", json!({})).await.expect(202);
    let newest = service.mailed_code(ANN).await;
    if newest != code {
        ann.confirms(json!({ "code": code })).await.refused(400, "validation");
    }
    let spaced = format!(" {} {}", &newest[..3], &newest[3..]);
    assert_eq!(
        ann.confirms(json!({ "code": spaced })).await.expect(200)["is_email_confirmed"],
        true
    );
    ann.confirms(json!({ "code": newest })).await.refused(400, "validation");
    // A change of address takes one as well.
    ann.post("/auth/email", json!({ "email": "new@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let code = service.mailed_code("new@example.com").await;
    assert_eq!(ann.confirms(json!({ "code": code })).await.expect(200)["email"], "new@example.com");
    let stored = rows(
        service,
        "SELECT CAST(count(*) AS TEXT) FROM auth_mail_tokens WHERE length(code_hash) <> 32",
    )
    .await;
    assert_eq!(stored, ["0"]);
}

on_both!(few_codes_are_tried_whatever_number_of_mails);
async fn few_codes_are_tried_whatever_number_of_mails(service: &Service) {
    let ann = service.stranger();
    ann.registers(ANN).await;
    ann.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let wrong = if service.mailed_code(ANN).await == "000000" { "000001" } else { "000000" };
    join_all((0..6).map(|_| ann.confirms(json!({ "code": wrong })))).await;
    service.advance(Duration::from_secs(1));
    ann.post("/auth/email/resend", json!({})).await.expect(202);
    let code = service.mailed_code(ANN).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        ann.confirms(json!({ "code": wrong })).await.refused(400, "validation");
    }
    ann.confirms(json!({ "code": code })).await.refused(400, "validation");
    ann.confirms(json!({ "token": service.mailed_token(ANN).await })).await.expect(200);
}

on_both!(who_did_not_register_has_the_account_deleted);
async fn who_did_not_register_has_the_account_deleted(service: &Service) {
    let (eve, ann) = (service.stranger(), service.stranger());
    eve.registers(ANN).await;
    eve.login_with(json!({ "email": ANN, "password": PASSWORD })).await.expect(200);
    let token = service.mailed_token(ANN).await;
    let done = ann.press("/confirm-email", &token, "/confirm-email/decline", &[]).await;
    says(&ann.follow(&done, "/login").await, "You can use your email for a new one.");
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    eve.login_with(json!({ "email": ANN, "password": PASSWORD }))
        .await
        .refused(401, "invalid_credentials");
    assert!(rows(service, "SELECT email FROM auth_users").await.is_empty());
    ann.registers(ANN).await;
}

on_both!(only_what_a_stranger_made_and_nobody_confirmed_is_deleted);
async fn only_what_a_stranger_made_and_nobody_confirmed_is_deleted(service: &Service) {
    operators(service, "op@example.com").await;
    let eve = service.stranger();
    for email in ["roles@example.com", "late@example.com"] {
        eve.registers(email).await;
    }
    let user = service.auth().find_user(By::Email("roles@example.com")).await.unwrap();
    service
        .auth()
        .grant(&portcullis::flows::Operator::cli(), user.id, "EDITOR", false)
        .await
        .unwrap();
    let late = service.mailed_token("late@example.com").await;
    let reader = service.stranger();
    for email in ["op@example.com", "roles@example.com"] {
        let token = service.mailed_token(email).await;
        let link = reader.get(&format!("/confirm-email?token={token}")).await;
        let page = reader.follow(&link, "/confirm-email").await;
        assert!(!page.text.contains("/confirm-email/decline"), "{email}");
        // By a form of one's own.
        reader
            .follow(&reader.get(&format!("/confirm-email?token={late}")).await, "/confirm-email")
            .await;
        let forged =
            reader.submit("/confirm-email", "/confirm-email/decline", &[("token", &token)]).await;
        assert_eq!(forged.status, 403, "{email}");
    }
    reader.confirms(json!({ "token": late, "password": PASSWORD })).await.expect(200);
    assert_eq!(rows(service, "SELECT email FROM auth_users").await.len(), 3);
}

on_both!(a_new_address_takes_the_account_too_and_can_be_declined);
async fn a_new_address_takes_the_account_too_and_can_be_declined(service: &Service) {
    let mallory = service.user("mallory").await;
    let asks = async || {
        mallory
            .post("/auth/email", json!({ "email": ANN, "password": PASSWORD }))
            .await
            .expect(202);
        service.mailed_token(ANN).await
    };
    let (ann, token) = (service.stranger(), asks().await);
    ann.confirms(json!({ "token": token })).await.refused(403, "proof_required");
    // It is no way into an account that is somebody else's.
    let reset =
        ann.post("/auth/password/reset", json!({ "token": token, "new_password": NEW })).await;
    reset.refused(400, "token_not_valid");
    let done = ann.press("/confirm-email", &token, "/confirm-email/decline", &[]).await;
    says(&ann.follow(&done, "/login").await, "Change cancelled.");
    mallory.confirms(json!({ "token": token })).await.refused(400, "token_not_valid");
    assert_eq!(mallory.get("/auth/me").await.expect(200)["email"], "mallory@example.com");

    let token = asks().await;
    let user = ann.confirms(json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(user.expect(200)["email"], ANN);
    mallory.get("/auth/me").await.expect(200);
}

on_both!(an_account_that_nobody_confirmed_keeps_its_address_from_nobody);
async fn an_account_that_nobody_confirmed_keeps_its_address_from_nobody(service: &Service) {
    let ann = service.user("ann").await;
    let eve = service.stranger();
    eve.registers("new@example.com").await;
    eve.login_with(json!({ "email": "new@example.com", "password": PASSWORD })).await.expect(200);
    service.registered("bob").await;
    for to in ["new@example.com", "bob@example.com"] {
        ann.post("/auth/email", json!({ "email": to, "password": PASSWORD })).await.expect(202);
    }
    assert!(service.mail("bob@example.com").await["subject"].as_str().unwrap().contains("already"));
    ann.post("/auth/email", json!({ "email": "new@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    let token = service.mailed_token("new@example.com").await;
    assert_eq!(
        ann.confirms(json!({ "token": token })).await.expect(200)["email"],
        "new@example.com"
    );
    eve.get("/auth/me").await.refused(401, "token_not_valid");
    assert_eq!(
        rows(service, "SELECT email FROM auth_users ORDER BY id").await,
        ["new@example.com", "bob@example.com"]
    );
}

on_both!(the_old_address_takes_a_change_back);
async fn the_old_address_takes_a_change_back(service: &Service) {
    let ann = service.user("ann").await;
    let thief = service.elsewhere("ann").await;
    let moves = async |to: &str, password: &str| {
        thief.post("/auth/email", json!({ "email": to, "password": password })).await.expect(202);
        thief.confirms(json!({ "token": service.mailed_token(to).await })).await.expect(200);
    };
    moves("b@example.com", PASSWORD).await;
    assert!(service.mail(ANN).await["text"].as_str().unwrap().contains("b@example.com"));
    let back = service.mailed_token(ANN).await;
    // Whatever is done next, the first address keeps its way back.
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    thief.post("/auth/password", change).await.expect(204);
    moves("c@example.com", NEW).await;
    let theirs = service.mailed_token("b@example.com").await;
    thief.registers(ANN).await;

    let link = ann.get(&format!("/restore-email?token={back}")).await;
    assert_eq!((link.status, link.header("location")), (303, Some("/restore-email")));
    says(&ann.get("/restore-email").await, "<b>ann@example.com</b>");
    assert_eq!(thief.get("/auth/me").await.expect(200)["email"], "c@example.com");
    let sent = ann.press("/restore-email", &back, "/restore-email", &[]).await;
    let page = ann.follow(&sent, "/reset-password").await;
    says(&page, "Now choose a new password.");
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    for password in [PASSWORD, NEW] {
        thief
            .login_with(json!({ "email": ANN, "password": password }))
            .await
            .refused(401, "invalid_credentials");
    }
    let token = ann.cookies.lock().unwrap()["__Host-portcullis-reset"].clone();
    let fields = [("token", &*token), ("new_password", "nine quiet kettles")];
    ann.follow(&ann.submit("/reset-password", "/reset-password", &fields).await, "/login").await;
    let user = ann.login_with(json!({ "login": "ann", "password": "nine quiet kettles" })).await;
    assert_eq!(user.expect(200)["user"]["email"], ANN);
    // The later address has lost its own, and each works once.
    for spent in [theirs, back] {
        thief.get(&format!("/restore-email?token={spent}")).await;
        assert_eq!(thief.get("/restore-email").await.status, 400);
    }
    assert_eq!(rows(service, "SELECT email FROM auth_users").await, [ANN]);
}

on_both!(a_change_can_be_taken_back_for_three_days_from_an_address_that_was_proven);
async fn a_change_can_be_taken_back_for_three_days_from_an_address_that_was_proven(
    service: &Service,
) {
    let ann = service.user("ann").await;
    let moves = async |person: &Person<'_>, to: &str| {
        person.post("/auth/email", json!({ "email": to, "password": PASSWORD })).await.expect(202);
        person.confirms(json!({ "token": service.mailed_token(to).await })).await.expect(200);
    };
    moves(&ann, "new@example.com").await;
    let token = service.mailed_token(ANN).await;
    let guest = service.stranger();
    guest.get(&format!("/restore-email?token={token}")).await;
    assert_eq!(guest.get("/restore-email").await.status, 200);
    service.advance(Duration::from_hours(72));
    assert_eq!(guest.get("/restore-email").await.status, 400);
    // A slip of the pen: the mailbox is somebody else's.
    let bob = service.stranger();
    bob.registers("bbo@example.com").await;
    bob.login_with(json!({ "email": "bbo@example.com", "password": PASSWORD })).await.expect(200);
    moves(&bob, "bob@example.com").await;
    let sql = "SELECT recipient FROM auth_outbox WHERE kind = 'restore_email'";
    assert_eq!(rows(service, sql).await, [ANN]);
}

on_both!(a_strangers_registration_takes_nothing_from_anybody, required);
async fn a_strangers_registration_takes_nothing_from_anybody(service: &Service) {
    operators(service, "op@example.com").await;
    service.stranger().registers(ANN).await;
    let hashes = async || {
        rows(service, "SELECT coalesce(password_hash, 'none') FROM auth_users ORDER BY id").await
    };
    let before = hashes().await;
    let eve = service.stranger();
    for email in ["op@example.com", ANN] {
        let reply = eve
            .post("/auth/register", json!({ "email": email, "password": NEW, "username": "eve" }))
            .await;
        reply.expect(202);
    }
    assert_eq!(hashes().await, before);
    for email in ["op@example.com", ANN] {
        let (reader, token) = (service.stranger(), service.mailed_token(email).await);
        eve.confirms(json!({ "token": token, "password": NEW })).await.refused(400, "validation");
        reader.confirms(json!({ "token": token, "password": PASSWORD })).await.expect(200);
        reader.login_with(json!({ "email": email, "password": PASSWORD })).await.expect(200);
    }
}

on_both!(an_account_that_took_the_old_address_meanwhile_gives_way);
async fn an_account_that_took_the_old_address_meanwhile_gives_way(service: &Service) {
    let ann = service.user("ann").await;
    let thief = service.elsewhere("ann").await;
    thief
        .post("/auth/email", json!({ "email": "b@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    thief
        .confirms(json!({ "token": service.mailed_token("b@example.com").await }))
        .await
        .expect(200);
    let back = service.mailed_token(ANN).await;
    // The owner, who knows of nothing, confirms by a reset what the thief has registered.
    service.stranger().registers(ANN).await;
    ann.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    let reset = json!({ "token": service.mailed_token(ANN).await, "new_password": NEW });
    ann.post("/auth/password/reset", reset).await.expect(204);
    let reader = service.stranger();
    let sent = reader.press("/restore-email", &back, "/restore-email", &[]).await;
    assert_eq!(sent.header("location"), Some("/reset-password"));
    thief.get("/auth/me").await.refused(401, "token_not_valid");
    let owners =
        rows(service, "SELECT CAST(id AS TEXT) FROM auth_users WHERE email = 'ann@example.com'")
            .await;
    assert_eq!(owners, [ann.id.to_string()]);
}

on_both!(a_session_ends_with_the_tenth_wrong_password_in_a_row);
async fn a_session_ends_with_the_tenth_wrong_password_in_a_row(service: &Service) {
    let ann = service.user("ann").await;
    let change = |current: &str| json!({ "current_password": current, "new_password": NEW });
    for _ in 0..9 {
        ann.post("/auth/password", change("wrong")).await.refused(400, "validation");
    }
    // The right one begins the row anew.
    ann.post("/auth/email", json!({ "email": "x@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    for _ in 0..10 {
        ann.json(Method::Delete, "/auth/me", json!({ "password": "wrong" }))
            .await
            .refused(400, "validation");
    }
    ann.get("/auth/me").await.refused(401, "token_not_valid");
    ann.forget_access().refresh().await.refused(401, "token_not_valid");

    let thief = service.elsewhere("ann").await;
    join_all((0..30).map(|_| thief.post("/auth/password", change("wrong")))).await;
    let judged =
        rows(service, "SELECT kind FROM auth_audit WHERE kind = 'password_refused'").await.len();
    assert_eq!(judged, 9 + 10 + 10);
    thief.post("/auth/password", change(PASSWORD)).await.refused(401, "token_not_valid");
}

on_both!(wrong_passwords_are_counted_for_all_sessions_opened_out_of_one);
async fn wrong_passwords_are_counted_for_all_sessions_opened_out_of_one(service: &Service) {
    let ann = service.user("ann").await;
    let wrong = json!({ "password": "wrong" });
    let mut clones = Vec::new();
    for _ in 0..3 {
        let token = ann.post("/api/tokens", json!({ "id": ann.id })).await;
        let clone = service.stranger();
        *clone.access.lock().unwrap() =
            Some(token.expect(200)["token"].as_str().unwrap().to_owned());
        clones.push(clone);
    }
    for n in 0..10 {
        clones[n % 3]
            .json(Method::Delete, "/auth/me", wrong.clone())
            .await
            .refused(400, "validation");
    }
    for session in clones.iter().chain([&ann]) {
        session.get("/auth/me").await.refused(401, "token_not_valid");
    }
}

on_both!(names_that_are_nobodys_leave_no_rows);
async fn names_that_are_nobodys_leave_no_rows(service: &Service) {
    let guest = service.user("ann").await;
    let count = async || {
        let sql = "SELECT 'audit' FROM auth_audit UNION ALL SELECT 'outbox' FROM auth_outbox";
        rows(service, sql).await.len()
    };
    let before = count().await;
    for n in 0..5 {
        let email = format!("nobody{n}@example.com");
        guest.post("/auth/password/forgot", json!({ "email": email })).await.expect(202);
        guest
            .post("/auth/login", json!({ "email": email, "password": NEW }))
            .await
            .refused(401, "invalid_credentials");
        let sent =
            guest.submit("/confirm-email", "/confirm-email/again", &[("email", &email)]).await;
        assert_eq!(sent.status, 303);
    }
    assert_eq!(count().await, before);
    let figures = guest.get("/metrics").await.text;
    for asked in ["login_failed", "password_reset_requested", "confirmation_resent"] {
        assert!(
            figures.contains(&format!("portcullis_unknown_total{{asked=\"{asked}\"}}")),
            "{asked}: {figures}"
        );
    }
    // What is somebody's does.
    guest.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    guest
        .post("/auth/login", json!({ "email": ANN, "password": NEW }))
        .await
        .refused(401, "invalid_credentials");
    assert_eq!(count().await, before + 3);
}

on_both!(a_deleted_account_leaves_no_address);
async fn a_deleted_account_leaves_no_address(service: &Service) {
    let ann = service.user("ann").await;
    ann.post("/auth/email", json!({ "email": "later@example.com", "password": PASSWORD }))
        .await
        .expect(202);
    ann.post("/auth/password/forgot", json!({ "email": ANN })).await.expect(202);
    ann.json(Method::Delete, "/auth/me", json!({ "password": PASSWORD })).await.expect(204);
    assert!(service.mail(ANN).await["subject"].as_str().unwrap().contains("deleted"));
    let dump = async || {
        let sql = "SELECT recipient || args FROM auth_outbox UNION ALL SELECT detail FROM auth_audit
                       UNION ALL SELECT email FROM auth_users UNION ALL SELECT email FROM auth_invitations
                       UNION ALL SELECT email FROM auth_mail_tokens";
        rows(service, sql).await.join("\n")
    };
    // Until then the limit of mails needs it.
    service.advance(Duration::from_mins(61));
    service.auth().purge().await.unwrap();
    let left = dump().await;
    assert!(!left.contains('@'), "{left}");
}

on_both!(the_kinds_of_hashes_that_are_stored_are_known);
async fn the_kinds_of_hashes_that_are_stored_are_known(service: &Service) {
    service.user("ann").await;
    let kinds = async || rows(service, "SELECT kind FROM auth_hash_kinds ORDER BY kind").await;
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1"]);
    let foreign = "UPDATE auth_users SET password_hash =
            'pbkdf2_sha256$1000$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=' RETURNING email";
    rows(service, foreign).await;
    rows(service, "DELETE FROM auth_hash_kinds RETURNING kind").await;
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1", "pbkdf2-sha256 1000"]);
    // A login makes a hash of ours of it, and then there is none of the other kind.
    service
        .stranger()
        .login_with(json!({ "login": "ann", "password": "password" }))
        .await
        .expect(200);
    service.advance(Duration::from_secs(1));
    service.auth().survey_hashes().await.unwrap();
    assert_eq!(kinds().await, ["argon2 64 1 1"]);
}
