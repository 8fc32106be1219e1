//! The OpenAPI 3.1 document of the mounted routes.
//!
//! What all operations have in common is added here, once: a unique `operationId`, a description of each
//! response, the accepted credentials and types of body, and the reply that reports a refusal.
pub mod swagger_ui;

use crate::{
    api,
    config::Dialect,
    dialects,
    web::{endpoints::Endpoints, reply::problem::ProblemDocument},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, ContentBuilder, RefOr,
        path::Operation,
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Portcullis"),
    servers((url = "/", description = "This server")),
    components(schemas(ProblemDocument)),
    modifiers(&Schemes),
    tags(
        (name = "account", description = "Registration, and what users do to their own account."),
        (name = "sessions", description = "Login, refresh, logout, and the check for proxies."),
        (name = "admin", description = "What operators do: users, roles, settings, mails, keys."),
        (name = "service", description = "Keys, metadata, health and metrics."),
    )
)]
struct Common;

/// The names and descriptions of the dialects' groups of operations.
const DIALECTS: [(&str, &str); 6] = [
    ("autor", "Refresh tokens are JWTs that work once, after the access token has expired."),
    ("simple", "Refresh tokens are UUIDs in the body."),
    ("simple and chat", "Registration, which two dialects share."),
    ("cookie", "The refresh token is in the cookie."),
    ("role", "The login returns the role; superusers are refused."),
    ("chat", "The refresh token stays valid until it expires."),
];

/// The groups whose operations take an access token or the cookie, unless the operation says otherwise.
const SIGNED_IN: [&str; 3] = ["account", "sessions", "admin"];

/// The document of the native API, with the metrics and the login by mail, and of the dialects in `on`.
pub fn document(on: &[Dialect]) -> openapi::OpenApi {
    document_of(&parts(on))
}

fn parts(on: &[Dialect]) -> Vec<Endpoints> {
    [api::endpoints(true, true), dialects::endpoints(on)].into_iter().flatten().collect()
}

/// The document of the routes in `parts`.
pub fn document_of(parts: &[Endpoints]) -> openapi::OpenApi {
    let mut document = Common::openapi();
    for part in parts {
        let mut docs = part.docs.clone();
        for (path, item) in &mut docs.paths.paths {
            let operations = [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ];
            for (method, operation) in operations {
                if let Some(operation) = operation {
                    complete(operation, method, path, part.tag);
                }
            }
        }
        document.merge(docs);
    }
    let used = |name: &str| parts.iter().any(|part| part.tag == name);
    let tags = DIALECTS.into_iter().filter(|(name, _)| used(name)).map(|(name, description)| {
        openapi::tag::TagBuilder::new().name(name).description(Some(description)).build()
    });
    document.tags.get_or_insert_default().extend(tags);
    document
}

fn complete(operation: &mut Operation, method: &str, path: &str, tag: &str) {
    operation.operation_id = Some(operation_id(method, path));
    operation.tags = Some(vec![tag.to_owned()]);
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            describe(status).clone_into(&mut response.description);
        }
    }
    operation.responses.responses.insert("4XX".to_owned(), problem().into());
    if let Some(response) = operation.responses.responses.get_mut("429") {
        *response = limited().into();
    }
    let security = operation.security.get_or_insert_with(|| {
        let schemes = if SIGNED_IN.contains(&tag) { &["access", "cookie"][..] } else { &[] };
        schemes.iter().map(|name| SecurityRequirement::new(*name, [""; 0])).collect()
    });
    // An empty list says that no credentials are needed.
    if *security == [SecurityRequirement::default()] {
        security.clear();
    }
    let is_dialect = DIALECTS.iter().any(|(name, _)| *name == tag);
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && is_dialect
        && let Some(json) = body.content.get("application/json").cloned()
    {
        for form in ["application/x-www-form-urlencoded", "multipart/form-data"] {
            body.content.insert(form.to_owned(), json.clone());
        }
    }
}

/// `post` and `/auth/sessions/{id}` give `post_auth_sessions_id`: unique, because method and path are.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// The description of a response with this status, if its operation has none of its own.
fn describe(status: &str) -> &'static str {
    match status {
        "200" => "Success",
        "201" => "Created",
        "202" => "Accepted: a mail follows",
        "204" => "Done; the reply has no body",
        "303" => "Redirect",
        "503" => "Unavailable: try again after `Retry-After` seconds",
        _ => "See the status code",
    }
}

/// The reply of every operation that refuses a request.
fn problem() -> openapi::Response {
    let schema = openapi::Ref::from_schema_name("Problem");
    openapi::ResponseBuilder::new()
        .description("Refused: `code` gives the reason")
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build())
        .build()
}

/// The reply of an operation whose limit is reached.
fn limited() -> openapi::Response {
    let seconds = openapi::ObjectBuilder::new().schema_type(openapi::Type::Integer).build();
    let mut header = openapi::Header::new(seconds);
    header.description = Some("After how many seconds the request may be repeated".to_owned());
    let mut response = problem();
    "Too many attempts: `rate_limited`".clone_into(&mut response.description);
    response.headers.insert("Retry-After".to_owned(), header.into());
    response
}

/// How requests are authenticated.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, docs: &mut openapi::OpenApi) {
        let parts = docs.components.get_or_insert_with(openapi::Components::default);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        parts.add_security_scheme("access", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("__Host-portcullis"));
        parts.add_security_scheme("cookie", SecurityScheme::ApiKey(cookie));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::{BTreeMap, BTreeSet};

    fn operations(document: &Value) -> Vec<(String, Value)> {
        let paths = document["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter().map(move |(method, o)| (format!("{method} {path}"), o.clone()))
        });
        all.collect()
    }

    fn all() -> Value {
        serde_json::to_value(document(&Dialect::ALL)).unwrap()
    }

    #[test]
    fn schemas_of_different_surfaces_do_not_collide() {
        let mut seen = BTreeMap::new();
        for part in parts(&Dialect::ALL) {
            let part = serde_json::to_value(part.docs).unwrap();
            for (name, schema) in part["components"]["schemas"].as_object().into_iter().flatten() {
                let first = seen.entry(name.clone()).or_insert_with(|| schema.clone());
                assert_eq!(first, schema, "two schemas are named {name}");
            }
        }
        assert!(seen.len() > 40);
    }

    #[test]
    fn operation_ids_are_unique_and_responses_are_described() {
        let document = all();
        let mut ids = BTreeSet::new();
        for (name, operation) in operations(&document) {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{id} is the id of two operations");
            assert!(operation["security"].is_array(), "{name}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let text = response["description"].as_str().unwrap_or_default();
                assert!(!text.is_empty() && text != describe(""), "{name} {status}: {text:?}");
            }
        }
        assert!(ids.len() > 60 && ids.contains("post_auth_login"));
    }

    #[test]
    fn limited_operations_say_when_to_try_again() {
        let mut limited = BTreeSet::new();
        for (name, operation) in operations(&all()) {
            let Some(response) = operation["responses"].get("429") else { continue };
            let header = &response["headers"]["Retry-After"]["schema"]["type"];
            assert_eq!(header, "integer", "{name}");
            assert!(response["content"]["application/problem+json"].is_object(), "{name}");
            limited.insert(name);
        }
        assert!(limited.len() >= 28, "{limited:#?}");
        for word in ["login", "register", "refresh", "forgot", "reset", "token"] {
            for (name, _) in operations(&all()) {
                let concerned = name.starts_with("post /") && name.contains(word);
                // Operators are not limited.
                let concerned = concerned && !name.contains("/auth/admin");
                assert!(!concerned || limited.contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn every_operation_group_has_a_description() {
        let document = all();
        let tags = document["tags"].as_array().unwrap();
        let described: BTreeSet<_> = tags.iter().map(|t| t["name"].as_str().unwrap()).collect();
        let all = operations(&document);
        let used: BTreeSet<_> = all.iter().map(|(_, o)| o["tags"][0].as_str().unwrap()).collect();
        assert_eq!(described, used);
        assert_eq!(described.len(), tags.len());
        let few = serde_json::to_value(super::document(&[Dialect::Role])).unwrap();
        assert_eq!(few["tags"].as_array().unwrap().len(), 5);
    }

    #[test]
    fn dialects_accept_forms_and_the_native_api_only_json() {
        for (name, operation) in operations(&all()) {
            let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
            let dialect = DIALECTS.iter().any(|(tag, _)| operation["tags"][0] == *tag);
            assert_eq!(content.len(), if dialect { 3 } else { 1 }, "{name}");
        }
    }
}
