//! Many at once: logins queue up, nothing else waits for them.
use crate::support::PASSWORD;
use rocket::futures::future::{join, join_all};
use serde_json::json;
use std::time::{Duration, Instant};

on_both! {
    async fn a_login_storm_is_refused_in_part_and_stalls_nothing_else(service, |c| {
        c.password = portcullis::config::Password { threads: 1, queue: 4, ..Default::default() };
    }) {
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
}
