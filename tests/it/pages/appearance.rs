//! Language, brand, error pages, links.
use crate::support::{FORM_HEADER, Person, Service, config, says, visitor};
use rocket::http::Method;

on_both!(a_language_is_negotiated_chosen_and_remembered);
async fn a_language_is_negotiated_chosen_and_remembered(service: &Service) {
    let heading = async |person: &Person<'_>, path: &str, accept: &'static str| {
        let page = person.send(Method::Get, path, None, &[("Accept-Language", accept)]).await;
        let russian = page.text.contains("<html lang=\"ru\">");
        assert_eq!(page.header("content-language"), Some(if russian { "ru" } else { "en" }));
        if russian { "ru" } else { "en" }
    };
    let guest = service.stranger();
    assert_eq!(heading(&guest, "/login", "de, ru;q=0.9, en;q=0.8").await, "ru");
    // A weight is at most 1 (RFC 9110, 12.4.2).
    assert_eq!(heading(&guest, "/login", "en;q=5, ru;q=0.9").await, "ru");
    assert_eq!(heading(&guest, "/login?lang=en&next=/a", "ru").await, "en");
    assert_eq!(heading(&guest, "/login", "ru").await, "en");
    assert_eq!(heading(&guest, "/login?lang=xx", "ru").await, "en");
    says(&guest.get("/login?next=/a&lang=en").await, "href=\"?next=%2Fa&amp;lang=ru\"");
    // The user's own language counts until they choose another one in the browser.
    let ann = visitor(service, "ann").await;
    assert_eq!(heading(&ann, "/account", "ru").await, "en");
    assert_eq!(heading(&ann, "/account?lang=ru", "en").await, "ru");
    let error = ann.send(Method::Get, "/nothing", None, &[("Accept", "text/html")]).await;
    says(&error, "Страница не найдена");
}

on_both!(no_request_path_makes_a_link_point_to_another_site);
async fn no_request_path_makes_a_link_point_to_another_site(service: &Service) {
    let guest = service.stranger();
    for path in
        ["//evil.example", "//evil.example/login", "///evil.example", "/%5Cevil.example", "//login"]
    {
        let page = guest.send(Method::Get, path, None, &[("Accept", "text/html")]).await;
        let links = page.text.split("href=\"").skip(1).map(|l| l.split_once('"').unwrap().0);
        let away: Vec<_> = links.filter(|l| l.starts_with("//") || l.starts_with("/\\")).collect();
        assert!(away.is_empty(), "{path}: {away:?}");
        says(&page, "href=\"?lang=ru\"");
    }
    // The page of a refused form links to a page: the form's own address may not support GET.
    let wrong = guest.submit("/login", "/login", &[]).await;
    says(&wrong, "href=\"/login?lang=ru\"");
}

on_both!(the_brand_is_configurable, |c| {
    c.brand.name = Some("Herons & Co".into());
    c.brand.accent = Some("#ffcc00".parse().unwrap());
    c.brand.links = ["Terms <https://example.com/terms>", "ru: Условия <https://example.com/ru>"]
        .map(|link| link.to_owned().try_into().unwrap())
        .into();
});
async fn the_brand_is_configurable(service: &Service) {
    let guest = service.stranger();
    let page = guest.get("/login").await.text;
    assert!(page.contains("<title>Log in · Herons &amp; Co</title>"));
    assert!(
        page.contains("<a href=\"https://example.com/terms\">Terms</a>")
            && !page.contains("Условия")
    );
    assert!(guest.get("/login?lang=ru").await.text.contains("Условия"));
    let style = page
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split_once('"')
        .unwrap()
        .0
        .to_owned();
    let css = guest.get(&style).await;
    assert!(css.text.contains("--button:#ffcc00") && css.text.contains("--on-button:#000000"));
    assert_eq!(css.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    // With the version mark of another release, a cache would keep this file as that release.
    for other in [
        "/static/portcullis.css",
        "/static/portcullis.css?v=",
        "/static/portcullis.css?v=1",
        &format!("{style}0"),
    ] {
        let css = guest.get(other).await;
        assert_eq!((css.status, css.header("cache-control")), (200, Some("no-cache")), "{other}");
    }
    assert_eq!(guest.get("/static/../Cargo.toml").await.status, 404);
    service.registered("ann").await;
    let mail = service.mail("ann@example.com").await;
    assert!(mail["subject"].as_str().unwrap().contains("Herons & Co"));
    assert!(mail["html"].as_str().unwrap().contains("background:#ffcc00;color:#000000"));
}

#[tokio::test]
async fn a_configured_logo_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let database = crate::support::Database::sqlite();
    let mut config = config();
    config.brand.logo = Some(logo);
    let service = Service::start(&database, config, None).await;
    let page = service.stranger().get("/login").await.text;
    let at = page.split("<img src=\"").nth(1).unwrap().split_once('"').unwrap().0.to_owned();
    let logo = service.stranger().get(&at).await;
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/svg+xml")));
    service.end().await;
    database.end().await;
}

on_both!(errors_are_shown_as_a_page);
async fn errors_are_shown_as_a_page(service: &Service) {
    let ann = visitor(service, "ann").await;
    let big = format!("csrf_token=x&a={}", "a".repeat(70_000));
    for (language, title) in [("en", "<html lang=\"en\">"), ("ru", "<html lang=\"ru\">")] {
        let html = [("Accept", "text/html"), ("Accept-Language", language), FORM_HEADER];
        let guest = service.stranger();
        guest.get("/login").await;
        for (method, path, body, status) in [
            (Method::Post, "/logout", Some("csrf_token=x".to_owned()), 403),
            (Method::Get, "/nothing", None, 404),
            (Method::Get, "/logout", None, 405),
            (Method::Post, "/logout", Some(big.clone()), 413),
        ] {
            let page = guest.send(method, path, body, &html).await;
            assert_eq!(page.status, status, "{page:?}");
            for part in [title, &format!("<p class=\"status\">{status}</p>"), "<h1>"] {
                says(&page, part);
            }
        }
    }
    // The page of a form that cannot be read is shown again, instead of an error page.
    let again = ann.send(Method::Post, "/account/profile", Some(big), &[FORM_HEADER]).await;
    assert_eq!(again.status, 413);
    says(&again, "id=\"profile\"");
}
