//! What is documented is what there is.
use std::collections::BTreeSet;

/// Pages and files for people, which are not the API.
const PAGES: [&str; 14] = [
    "/login",
    "/logout",
    "/register",
    "/confirm-email",
    "/restore-email",
    "/forgot-password",
    "/reset-password",
    "/account",
    "/admin",
    "/password-strength",
    "/setup",
    "/dev/mail",
    "/static/{name}",
    "/openapi.json",
];

fn is_page(path: &str) -> bool {
    let below = |page: &str| path == page || path.starts_with(&format!("{page}/"));
    ["/", "/docs", "/api-doc", "/dev/mail.json"].contains(&path) || PAGES.iter().any(|p| below(p))
}

on_both! {
    async fn mounted_and_documented_routes_are_the_same(service) {
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
            let path = route.uri.path().trim_end_matches("/<_..>").replace('<', "{").replace('>', "}");
            if !is_page(&path) {
                mounted.insert(format!("{} {path}", route.method));
            }
        }
        assert_eq!(mounted, documented);
        assert!(mounted.len() > 35);
    }

    async fn the_documentation_can_be_browsed(service) {
        for path in ["/docs/", "/api-doc/", "/docs", "/api-doc"] {
            let reply = service.stranger().get(path).await;
            assert!(matches!(reply.status, 200 | 302 | 303), "{path} {reply:?}");
        }
        for path in ["/docs/", "/api-doc/"] {
            let page = service.stranger().get(&format!("{path}index.html")).await;
            assert!(page.status == 200 && page.text.contains("swagger-ui"), "{path}");
        }
    }
}
