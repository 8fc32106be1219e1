//! Refresh, logout and keys with several servers over one database.
use crate::support::{ORIGIN, Service, raw};
use rocket::{futures::future::join_all, http::Method};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

on_both!(sixty_concurrent_refreshes_at_two_servers_get_one_successor);
async fn sixty_concurrent_refreshes_at_two_servers_get_one_successor(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let token = ann.refresh_cookie().unwrap();
    let replies = join_all((0..60).map(|n| {
        let server = if n % 2 == 0 { service } else { &other };
        let headers =
            [("Cookie", format!("__Host-portcullis={token}")), ("Origin", ORIGIN.to_owned())];
        async move { raw(server, Method::Post, "/auth/refresh", None, &headers).await }
    }))
    .await;
    let successors: HashSet<_> = replies
        .iter()
        .map(|reply| {
            reply.expect(200);
            let cookie = reply.header("set-cookie").unwrap();
            cookie.split(['=', ';']).nth(1).unwrap().to_owned()
        })
        .collect();
    assert_eq!(successors.len(), 1);
    other.end().await;
}

on_both!(a_logout_takes_effect_on_the_other_server_within_a_second);
async fn a_logout_takes_effect_on_the_other_server_within_a_second(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let there = ann.at(&other);
    there.get("/auth/verify").await.expect(200);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    let since = Instant::now();
    while there.get("/auth/verify").await.status == 200 {
        assert!(since.elapsed() < Duration::from_secs(1), "still valid");
        tokio::task::yield_now().await;
    }
    // A server that starts later knows about the logout from its first request on.
    let third = service.replica().await;
    ann.at(&third).get("/auth/verify").await.expect(401);
    third.end().await;
    other.end().await;
}

on_both!(rotated_keys_reach_the_other_server);
async fn rotated_keys_reach_the_other_server(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    service.advance(Duration::from_mins(5));
    service.auth().admin(&portcullis::flows::Operator::cli()).rotate_keys(false).await.unwrap();
    ann.forget_access().refresh().await.expect(200);
    // A key is published before it signs, so the other server knows it already.
    ann.at(&other).get("/auth/verify").await.expect(200);
    other.auth().catch_up().await.unwrap();
    let here = service.stranger().get("/.well-known/jwks.json").await.body;
    assert_eq!(other.stranger().get("/.well-known/jwks.json").await.body, here);
    assert_eq!(here["keys"].as_array().unwrap().len(), 3);
    other.end().await;
}

on_both!(several_servers_can_start_at_once_on_an_empty_database);
async fn several_servers_can_start_at_once_on_an_empty_database(service: &Service) {
    // The first server has already created the tables and keys; the others only find them.
    let all = join_all((0..4).map(|_| service.replica())).await;
    let keys = service.stranger().get("/.well-known/jwks.json").await.body;
    for replica in all {
        assert_eq!(replica.stranger().get("/.well-known/jwks.json").await.body, keys);
        replica.end().await;
    }
}
