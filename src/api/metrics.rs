//! `/metrics`: the metrics of the process, for Prometheus.
use crate::web::{Endpoints, endpoints, metrics};
use rocket::{
    get,
    http::{ContentType, Status},
};

/// The endpoint for Prometheus.
pub fn endpoints() -> Endpoints {
    endpoints!["service", show]
}

/// Returns metrics for Prometheus
#[utoipa::path(responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
fn show() -> (Status, (ContentType, String)) {
    let kind = ContentType::Plain.with_params(("version", "0.0.4"));
    match metrics::render() {
        Some(text) => (Status::Ok, (kind, text)),
        None => (Status::NotFound, (kind, String::new())),
    }
}
