//! The profile.
use crate::support::Service;
use rocket::http::Method;
use serde_json::json;

on_both!(a_user_changes_their_profile);
async fn a_user_changes_their_profile(service: &Service) {
    let ann = service.user("ann").await;
    service.user("bob").await;
    let patch = async |body| ann.json(Method::Patch, "/auth/me", body).await;
    let user = patch(json!({ "first_name": "Анна", "language": "ru" })).await;
    assert_eq!(
        (&user.expect(200)["first_name"], &user.body["username"]),
        (&json!("Анна"), &json!("ann"))
    );
    assert_eq!(
        patch(json!({ "username": "Ann Smith" })).await.expect(200)["username"],
        "Ann Smith"
    );
    assert_eq!(patch(json!({ "username": null })).await.expect(200)["username"], json!(null));
    assert_eq!(patch(json!({})).await.expect(200)["first_name"], "Анна");
    assert!(patch(json!({ "username": "BOB" })).await.expect(400)["errors"]["username"].is_array());
    assert!(patch(json!({ "language": "xx" })).await.expect(400)["errors"]["language"].is_array());
    assert!(patch(json!({ "username": 1 })).await.expect(400)["errors"]["username"].is_array());
}

on_both!(one_of_several_users_gets_a_username_they_request_at_once);
async fn one_of_several_users_gets_a_username_they_request_at_once(service: &Service) {
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(service.user(&format!("person{n}")).await);
    }
    for round in 0..4 {
        let name = serde_json::json!({ "username": format!("wanted {round}") });
        let replies = rocket::futures::future::join_all(
            people
                .iter()
                .map(|person| person.json(rocket::http::Method::Patch, "/auth/me", name.clone())),
        )
        .await;
        let mut got = 0;
        for reply in &replies {
            got += usize::from(reply.status == 200);
            if reply.status != 200 {
                reply.refused(400, "validation");
            }
        }
        assert_eq!(got, 1);
    }
}
