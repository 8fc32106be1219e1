//! `/metrics`: the metrics of the process, for Prometheus.
use crate::web::metrics;
use rocket::{
    Route, get,
    http::{ContentType, Status},
    routes,
};
use utoipa::OpenApi;

pub fn routes() -> Vec<Route> {
    routes![show]
}

#[derive(OpenApi)]
#[openapi(paths(show))]
pub struct Docs;

/// Figures for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
fn show() -> (Status, (ContentType, String)) {
    let kind = ContentType::Plain.with_params(("version", "0.0.4"));
    match metrics::render() {
        Some(text) => (Status::Ok, (kind, text)),
        None => (Status::NotFound, (kind, String::new())),
    }
}
