//! CORS: the origins in the settings may use the API with credentials. Pages, including those for operators,
//! are available to our own origin only.
use super::routes::{is_ours, is_page, is_path_of_a_page, is_path_of_ours};
use crate::flows::Auth;
use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Method, Status},
};

/// Adds the CORS headers to our replies, and answers preflight requests.
pub struct Cors;

/// Whether a reply is for people, not for programs: HTML, or an error at the path of a page.
fn is_html_or_page(req: &Request<'_>, res: &Response<'_>) -> bool {
    let at_page = || match req.route() {
        Some(route) => is_page(route),
        None => is_path_of_a_page(req),
    };
    res.content_type().is_some_and(|kind| kind.is_html()) || at_page()
}

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "Portcullis CORS", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, req: &'r Request<'_>, res: &mut Response<'r>) {
        let preflight = req.method() == Method::Options
            && req.headers().contains("access-control-request-method")
            && is_path_of_ours(req);
        let Some(auth) = req.rocket().state::<Auth>() else { return };
        let origins = &auth.config().cors.origins;
        if origins.is_empty() || !(is_ours(req) || preflight) || is_html_or_page(req, res) {
            return;
        }
        res.adjoin_raw_header("Vary", "Origin");
        let mut sent = req.headers().get("origin");
        let Some(origin) = sent.next().filter(|o| origins.iter().any(|known| known == o)) else {
            return;
        };
        if sent.next().is_some() {
            return;
        }
        res.set_raw_header("Access-Control-Allow-Origin", origin);
        res.set_raw_header("Access-Control-Allow-Credentials", "true");
        res.set_raw_header(
            "Access-Control-Expose-Headers",
            "Authorization, Retry-After, X-Request-Id",
        );
        if preflight && matches!(res.status(), Status::NotFound | Status::MethodNotAllowed) {
            res.set_status(Status::NoContent);
            res.remove_header("Content-Type");
            res.set_sized_body(0, std::io::Cursor::new(""));
            res.set_raw_header("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
            res.set_raw_header("Access-Control-Allow-Headers", "Authorization, Content-Type");
            res.set_raw_header("Access-Control-Max-Age", "600");
        }
    }
}
