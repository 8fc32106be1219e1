//! [`endpoints!`], the only list of the routes of an API: the handlers in it are mounted and documented.
use rocket::Route;
use utoipa::openapi::OpenApi;

/// The routes of a group of operations, and their part of the OpenAPI document.
pub struct Endpoints {
    /// The group's name in the document.
    pub tag: &'static str,
    pub routes: Vec<Route>,
    pub docs: OpenApi,
}

/// The [`Endpoints`] of a group: its name, then the handlers. Each handler has the attribute of Rocket
/// that declares its method and path, and `#[utoipa::path]` before it.
macro_rules! endpoints {
    ($tag:literal, $($($segment:ident)::+),+ $(,)?) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($segment)::+),+))]
        struct Docs;

        $crate::web::endpoints::Endpoints {
            tag: $tag,
            routes: rocket::routes![$($($segment)::+),+],
            docs: <Docs as utoipa::OpenApi>::openapi(),
        }
    }};
}

pub(crate) use endpoints;
