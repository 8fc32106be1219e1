//! `/openapi.json`, and Swagger UI, the page to browse and try the API. Its files are part of the program.
use crate::{
    flows::Error,
    web::{
        csp::{self, Policy},
        reply::problem::Problem,
    },
};
use rocket::{
    Data, Request, Response, Route,
    http::{ContentType, Method, Status},
    route::{Handler, Outcome},
};
use std::{io::Cursor, sync::Arc};
use utoipa_swagger_ui::{Config, serve};

/// The path of the document.
pub const DOCUMENT: &str = "/openapi.json";

/// The paths of Swagger UI.
const PLACES: [&str; 2] = ["/docs", "/api-doc"];

/// The routes of the document and of Swagger UI. `document` is JSON.
pub fn routes(document: String) -> Vec<Route> {
    let config = Arc::new(Config::from(DOCUMENT));
    let places = PLACES.into_iter().flat_map(|place| {
        let page = || SwaggerUi { place, config: Arc::clone(&config) };
        [
            Route::new(Method::Get, place, page()),
            Route::new(Method::Get, &format!("{place}/<file>"), page()),
        ]
    });
    let mut routes = csp::with(Policy::ApiBrowser, places.collect::<Vec<_>>());
    routes.push(Route::new(Method::Get, DOCUMENT, Document(document.into_bytes().into())));
    routes
}

/// The document, shared by all replies.
#[derive(Clone)]
struct Document(Arc<[u8]>);

#[rocket::async_trait]
impl Handler for Document {
    async fn handle<'r>(&self, _: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let response = Response::build()
            .header(ContentType::JSON)
            .raw_header("Cache-Control", "no-cache")
            .sized_body(self.0.len(), Cursor::new(Arc::clone(&self.0)))
            .finalize();
        Outcome::Success(response)
    }
}

#[derive(Clone)]
struct SwaggerUi {
    place: &'static str,
    config: Arc<Config<'static>>,
}

impl SwaggerUi {
    fn reply(&self, path: &str) -> Result<Response<'static>, Error> {
        let Some(file) = path.strip_prefix(self.place).filter(|rest| !rest.is_empty()) else {
            // The page has relative links to its files, so its path must end with a slash.
            let to = format!("{}/", self.place);
            let redirect =
                Response::build().status(Status::SeeOther).raw_header("Location", to).finalize();
            return Ok(redirect);
        };
        let file = file.trim_matches('/');
        let found =
            serve(file, Arc::clone(&self.config)).map_err(|e| Error::internal(e.to_string()))?;
        let found = found.ok_or(Error::NotFound)?;
        let mut response = Response::build();
        response
            .raw_header("Content-Type", found.content_type)
            .raw_header("Cache-Control", "no-cache")
            .sized_body(found.bytes.len(), Cursor::new(found.bytes));
        Ok(response.finalize())
    }
}

#[rocket::async_trait]
impl Handler for SwaggerUi {
    async fn handle<'r>(&self, req: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        match self.reply(req.uri().path().as_str()) {
            Ok(response) => Outcome::Success(response),
            Err(e) => Outcome::from(req, Problem::from(e)),
        }
    }
}
