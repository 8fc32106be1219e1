//! The five dialects, by transcript: see `tests/wire`.
use crate::support::{Service, replay};

macro_rules! transcripts {
    ($($name:ident)*) => { $(
        on_both!($name);
        async fn $name(service: &Service) {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/", stringify!($name), ".http");
            replay(service, path).await;
        }
    )* };
}

transcripts! { autor simple cookie role chat }

on_both!(a_dialect_that_is_switched_off_is_not_served, |c| c.dialects =
    vec![portcullis::config::Dialect::Role]);
async fn a_dialect_that_is_switched_off_is_not_served(service: &Service) {
    off(service).await;
}

async fn off(service: &Service) {
    let ann = service.stranger();
    ann.get("/u/api/test").await.expect(200);
    for path in ["/api/me", "/api/user", "/api/register", "/token"] {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
    let docs = ann.get("/openapi.json").await;
    let paths = docs.expect(200)["paths"].as_object().unwrap();
    assert!(paths.contains_key("/u/api/test") && !paths.contains_key("/api/me"));
}
