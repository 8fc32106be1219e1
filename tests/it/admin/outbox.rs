//! The outbox.
use super::kinds;
use crate::support::Service;
use serde_json::json;

on_both!(the_outbox_shows_no_link_and_refuses_invalid_queries);
async fn the_outbox_shows_no_link_and_refuses_invalid_queries(service: &Service) {
    let root = service.superuser("root").await;
    let token = service.mailed_token("root@example.com").await;
    let all = root.get("/auth/admin/mail").await;
    assert_eq!(kinds(&all), ["confirm_email"]);
    assert!(!all.text.contains(&token), "{}", all.text);
    let mail = &all.body["results"][0];
    assert_eq!(
        (&mail["state"], &mail["due_at"], &mail["recipient"]),
        (&json!("sent"), &json!(null), &json!("root@example.com"))
    );
    // A sent mail is not sent again.
    for id in [mail["id"].to_string().as_str(), "99", "x"] {
        root.post(&format!("/auth/admin/mail/{id}/retry"), json!({}))
            .await
            .refused(404, "not_found");
    }
    for query in ["state=lost", "cursor=n1.2"] {
        root.get(&format!("/auth/admin/mail?{query}")).await.refused(400, "validation");
    }
}
