//! Every server learns about ended sessions, whatever its clock says.
use crate::support::Service;
use rocket::http::Method;

const MINUTES: i64 = 60_000_000;

on_both!(a_clock_set_forward_and_back_forgets_no_logout);
async fn a_clock_set_forward_and_back_forgets_no_logout(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let there = ann.at(&other);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    other.auth().catch_up().await.unwrap();
    for (jump, restart) in [(50 * MINUTES, true), (50 * MINUTES, true), (72 * 60 * MINUTES, false)]
    {
        service.clock.step(jump);
        for server in [service, &other] {
            server.auth().catch_up().await.unwrap();
        }
        service.auth().purge().await.unwrap();
        service.clock.step(-jump);
        for who in [&there, &ann.at(service)] {
            who.get("/auth/verify").await.refused(401, "token_not_valid");
            who.service.auth().catch_up().await.unwrap();
            who.get("/auth/verify").await.refused(401, "token_not_valid");
        }
        if restart {
            let third = service.replica().await;
            ann.at(&third).get("/auth/verify").await.refused(401, "token_not_valid");
            third.end().await;
        }
    }
    other.end().await;
}

on_both!(a_logout_while_the_clock_is_wrong_stays_in_effect);
async fn a_logout_while_the_clock_is_wrong_stays_in_effect(service: &Service) {
    let ann = service.user("ann").await;
    let other = service.replica().await;
    let (here, there) = (ann.at(service), ann.at(&other));
    service.clock.step(50 * MINUTES);
    ann.send(Method::Post, "/auth/logout", None, &[]).await.expect(204);
    service.clock.step(-50 * MINUTES);
    other.auth().catch_up().await.unwrap();
    for who in [&here, &there] {
        who.get("/auth/verify").await.refused(401, "token_not_valid");
    }
    let third = service.replica().await;
    ann.at(&third).get("/auth/verify").await.refused(401, "token_not_valid");
    third.end().await;
    other.end().await;
}
