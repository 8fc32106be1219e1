//! Many requests at once.
use crate::support::{PASSWORD, Service};
use rocket::{
    futures::future::{join, join_all},
    http::Method,
};
use serde_json::json;
use std::time::{Duration, Instant};

on_both!(a_flood_of_logins_is_partly_refused_and_delays_nothing_else, |c| {
    c.password = portcullis::config::Password { threads: 1, queue: 4, ..Default::default() };
});
async fn a_flood_of_logins_is_partly_refused_and_delays_nothing_else(service: &Service) {
    let ann = service.user("ann").await;
    let wrong = json!({ "email": "ann@example.com", "password": "not the password" });
    let storm = join_all((0..40).map(|_| ann.post("/auth/login", wrong.clone())));
    let verify = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..50 {
            let since = Instant::now();
            ann.get("/auth/verify").await.expect(200);
            slowest = slowest.max(since.elapsed());
        }
        slowest
    };
    let (replies, slowest) = join(storm, verify).await;
    let busy = replies.iter().filter(|r| r.status == 503).count();
    let judged = replies.iter().filter(|r| r.status == 401).count();
    assert_eq!(busy + judged, 40);
    assert!(judged >= 5 && busy >= 1, "{judged} judged, {busy} refused");
    for reply in replies.iter().filter(|r| r.status == 503) {
        reply.refused(503, "busy");
        assert!(reply.header("retry-after").is_some());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let right = json!({ "email": "ann@example.com", "password": PASSWORD });
    ann.login_with(right).await.expect(200);
}

on_both!(concurrent_requests_for_one_account_all_succeed);
async fn concurrent_requests_for_one_account_all_succeed(service: &Service) {
    let ann = service.user("ann").await;
    let mut devices = Vec::new();
    for _ in 0..8 {
        let device = service.stranger();
        device.login_with(json!({ "login": "ann", "password": PASSWORD })).await.expect(200);
        devices.push(device);
    }
    let change = json!({ "current_password": PASSWORD, "new_password": "another good password" });
    let login = json!({ "login": "ann", "password": PASSWORD });
    let refreshes = join_all(devices.iter().flat_map(|d| (0..4).map(move |_| d.refresh())));
    let logins = join_all(devices.iter().map(|d| d.post("/auth/login", login.clone())));
    let ends =
        join_all(devices.iter().map(|d| d.send(Method::Post, "/auth/logout-all", None, &[])));
    let changes = join_all((0..3).map(|_| ann.post("/auth/password", change.clone())));
    let reads = join_all(devices.iter().map(|d| d.get("/auth/sessions")));
    let (renewed, (logged_in, (ended, (passwords, read)))) =
        join(refreshes, join(logins, join(ends, join(changes, reads)))).await;
    let replies = renewed.iter().chain(&logged_in).chain(&ended).chain(&passwords).chain(&read);
    for reply in replies {
        assert!(matches!(reply.status, 200 | 204 | 400 | 401), "{reply:#?}");
    }
    assert!(passwords.iter().filter(|r| r.status == 204).count() <= 1);
}
