//! Each refused request is one log event: who, where and why, without names, tokens or paths.
use crate::support::{PASSWORD, Person, Reply, Service, raw};
use rocket::http::Method;
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::MakeWriter;

/// The log of one part of a test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Runs `work` and returns the refusals that it logs, and the whole log.
async fn refusals(work: impl Future<Output = ()>) -> (Vec<Value>, String) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
    work.with_subscriber(subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let all = lines.map(|line| line["fields"].clone()).filter(|line| line["act"] == "refused");
    (all.collect(), text)
}

/// Checks that `work` is refused once, and returns the log event.
async fn logged(what: &str, work: impl Future<Output = Reply>) -> Value {
    let mut request = String::new();
    let (all, text) = refusals(async {
        let reply = work.await;
        assert_eq!(reply.status, 403, "{what}: {reply:?}");
        reply.header("x-request-id").unwrap().clone_into(&mut request);
    })
    .await;
    assert_eq!(all.len(), 1, "{what}: {text}");
    assert_eq!(all[0]["request"], request.as_str(), "{what}");
    for secret in ["@example.com", "secret-part", PASSWORD, "eyJ"] {
        assert!(!text.contains(secret), "{what}: {secret} in {text}");
    }
    all[0].clone()
}

on_both!(a_refusal_is_one_event_with_its_actor);
async fn a_refusal_is_one_event_with_its_actor(service: &Service) {
    let ann = service.user("ann").await;
    let said =
        |line: &Value| (line["actor_id"].clone(), line["code"].clone(), line["route"].clone());
    let by_ann = |code: &str, route: &str| (json!(ann.id), json!(code), json!(route));

    let line = logged("a role", Box::pin(ann.get("/auth/verify?role=secret-part"))).await;
    assert_eq!(said(&line), by_ann("forbidden", "/auth/verify?<role>"));
    let line =
        logged("an operator's", Box::pin(ann.get("/auth/admin/users?search=secret-part"))).await;
    assert_eq!(said(&line), by_ann("forbidden", "/auth/admin/users?<query..>"));
    let line = logged("a page", Box::pin(ann.get("/admin/users/secret-part"))).await;
    assert_eq!(said(&line), by_ann("forbidden", "/admin/users/<id>?<cursor>"));

    // Another site sends a request with the person's cookie.
    let foreign = |path: &'static str, person: &Person<'_>| {
        let cookie = format!("__Host-portcullis={}", person.refresh_cookie().unwrap());
        let headers = [("Cookie", cookie), ("Origin", "https://evil.example".to_owned())];
        async move { raw(service, Method::Post, path, None, &headers).await }
    };
    for path in ["/auth/logout", "/auth/refresh", "/auth/logout-all", "/api/refresh_access"] {
        let line = logged(path, Box::pin(foreign(path, &ann))).await;
        assert_eq!(said(&line), by_ann("csrf_failed", path));
    }
    let form =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", "https://evil.example")];
    let line = logged(
        "a form",
        Box::pin(ann.send(
            Method::Post,
            "/account/profile",
            Some("csrf_token=secret-part".into()),
            &form,
        )),
    )
    .await;
    assert_eq!(said(&line), by_ann("csrf_failed", "/account/profile"));
    let line = logged(
        "a login",
        Box::pin(service.stranger().send(
            Method::Post,
            "/login",
            Some("login=ann@example.com".into()),
            &form,
        )),
    )
    .await;
    assert_eq!(said(&line), (Value::Null, json!("csrf_failed"), json!("/login")));

    let (none, text) = refusals(Box::pin(async {
        ann.get("/auth/me").await.expect(200);
        ann.get("/nothing").await.expect(404);
        service.stranger().get("/auth/me").await.expect(401);
    }))
    .await;
    assert!(none.is_empty(), "{text}");
}

on_both!(a_change_that_is_rolled_back_is_not_logged);
async fn a_change_that_is_rolled_back_is_not_logged(service: &Service) {
    let (adm, ann) = (service.admin("adm").await, service.user("ann").await);
    service.grant(&ann, "EDITORS").await;
    let path = format!("/auth/admin/users/{}", ann.id);
    let set = async |roles: Value, status| {
        let change = async {
            adm.json(Method::Patch, &path, json!({ "roles": roles })).await.expect(status);
        };
        refusals(Box::pin(change)).await.1
    };
    assert!(!set(json!(["OWNER"]), 403).await.contains("role_revoked"));
    assert!(set(json!([]), 200).await.contains("role_revoked"));
}
