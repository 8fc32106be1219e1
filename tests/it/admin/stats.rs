//! The figures of the overview.
use crate::support::{PASSWORD, Service};
use serde_json::json;
use std::time::Duration;

on_both!(the_overview_counts_users_and_logins_by_day);
async fn the_overview_counts_users_and_logins_by_day(service: &Service) {
    let admin = service.admin("adm").await;
    service
        .stranger()
        .post("/auth/register", json!({ "email": "eve@example.com", "password": PASSWORD }))
        .await
        .expect(201);
    service.advance(Duration::from_hours(24));
    admin
        .login_with(json!({ "login": "adm", "password": "wrong password" }))
        .await
        .refused(401, "invalid_credentials");
    admin.login().await.expect(200);
    let overview = admin.get("/auth/admin/overview").await;
    let overview = overview.expect(200);
    assert_eq!((&overview["users"], &overview["confirmed"]), (&json!(2), &json!(1)));
    let days = overview["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    assert_eq!(days[29], json!({ "day": "2027-01-16", "logins": 1, "failures": 1 }));
    assert_eq!(days[28], json!({ "day": "2027-01-15", "logins": 1, "failures": 0 }));
    assert_eq!(days[0]["day"], "2026-12-18");
    // A process counts past days once, and the others at each request.
    admin.login().await.expect(200);
    service.advance(Duration::from_hours(48));
    admin.login().await.expect(200);
    for _ in 0..2 {
        let overview = admin.get("/auth/admin/overview").await.body;
        let logins: Vec<_> = overview["days"].as_array().unwrap()[26..]
            .iter()
            .map(|d| d["logins"].as_i64().unwrap())
            .collect();
        assert_eq!((overview["days"].as_array().unwrap().len(), logins), (30, vec![1, 2, 0, 1]));
        assert_eq!(overview["days"][29]["day"], "2027-01-18");
    }
}
