//! The OpenAPI document.
use crate::support::Service;
use std::collections::BTreeSet;

/// Pages and files, which are not part of the API.
const PAGES: [&str; 17] = [
    "/login",
    "/logout",
    "/register",
    "/confirm-email",
    "/restore-email",
    "/report-login",
    "/forgot-password",
    "/reset-password",
    "/account",
    "/admin",
    "/password-strength",
    "/setup",
    "/dev/mail",
    "/static/{name}",
    "/openapi.json",
    "/docs",
    "/api-doc",
];

fn is_page(path: &str) -> bool {
    let below = |page: &str| path == page || path.starts_with(&format!("{page}/"));
    ["/", "/dev/mail.json"].contains(&path) || PAGES.iter().any(|p| below(p))
}

on_both!(mounted_and_documented_routes_are_the_same);
async fn mounted_and_documented_routes_are_the_same(service: &Service) {
    let docs = service.stranger().get("/openapi.json").await;
    let docs = docs.expect(200);
    assert_eq!(docs["openapi"].as_str().unwrap()[..3], *"3.1");
    let mut documented = BTreeSet::new();
    for (path, methods) in docs["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
            assert!(call["responses"].as_object().unwrap().len() >= 2, "{path}");
            assert!(call["responses"]["4XX"].is_object(), "{path}");
            assert!(call["summary"].as_str().is_some_and(|s| !s.is_empty()), "{path}");
        }
    }
    let mut mounted = BTreeSet::new();
    for route in service.client.rocket().routes() {
        let path = route.uri.path().replace('<', "{").replace('>', "}");
        if !is_page(&path) {
            mounted.insert(format!("{} {path}", route.method));
        }
    }
    assert_eq!(mounted, documented);
    assert!(mounted.len() > 35);
}

on_both!(the_documentation_can_be_browsed);
async fn the_documentation_can_be_browsed(service: &Service) {
    for path in ["/docs/", "/api-doc/", "/docs", "/api-doc"] {
        let reply = service.stranger().get(path).await;
        assert!(matches!(reply.status, 200 | 302 | 303), "{path} {reply:?}");
    }
    for path in ["/docs/", "/api-doc/"] {
        for name in ["", "index.html"] {
            let page = service.stranger().get(&format!("{path}{name}")).await;
            assert!(page.status == 200 && page.text.contains("swagger-ui"), "{path}");
            assert_eq!(page.header("content-type"), Some("text/html"));
        }
        let start = service.stranger().get(&format!("{path}swagger-initializer.js")).await;
        assert!(start.text.contains("\"/openapi.json\""), "{start:?}");
        let bundle = service.stranger().get(&format!("{path}swagger-ui-bundle.js")).await;
        assert!(bundle.status == 200 && bundle.text.len() > 1_000_000);
        assert_eq!(bundle.header("content-type"), Some("text/javascript"));
        for none in ["nothing", "a/b", "..%2fCargo.toml"] {
            service.stranger().get(&format!("{path}{none}")).await.refused(404, "not_found");
        }
    }
}
