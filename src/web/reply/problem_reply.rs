//! The reply that reports a [`Problem`]: a document for programs (RFC 9457), a page for people.
use super::{form_errors::FormErrors, outcome, page::render, problem::Problem};
use crate::{
    config::Language,
    flows::Auth,
    view::View,
    web::{
        request::{accept::wants_page, caller::caller, language::of_reply},
        routes::mark,
    },
};
use rocket::{
    Request, Response,
    http::ContentType,
    response::{self, Responder},
};
use serde::Serialize;

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        mark(req);
        outcome::note(req, &self);
        let is_page = wants_page(req);
        // A program gets the language that its request asks for, even if a user is logged in.
        let language = if is_page { of_reply(req) } else { caller(req).language };
        let page = is_page.then(|| ErrorPage {
            status: self.status().code,
            title: self.page_text(language, ""),
            detail: self.page_text(language, "-detail"),
            fields: self
                .page_fields(language)
                .map(|(name, text)| WrongField { name, text })
                .collect(),
            retry_after: self.seconds(),
        });
        let page = page.and_then(|page| page.html(req, language));
        let (kind, body) = if let Some(page) = page {
            (ContentType::HTML, page)
        } else {
            let kind = ContentType::new("application", "problem+json");
            (kind, self.document(language).to_string())
        };
        let mut response = Response::build_from(body.respond_to(req)?)
            .status(self.status())
            .header(kind)
            .finalize();
        response.set_raw_header("Cache-Control", "no-store");
        response.set_raw_header("Content-Language", language.tag());
        self.add_headers(&mut response);
        Ok(response)
    }
}

#[derive(Serialize)]
struct ErrorPage {
    status: u16,
    title: String,
    detail: String,
    fields: Vec<WrongField>,
    /// In how many seconds the request may be repeated.
    retry_after: Option<u64>,
}

/// An invalid field of a request.
#[derive(Serialize)]
struct WrongField {
    /// Its name in the request.
    name: &'static str,
    /// A sentence.
    text: String,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "pages/error.html";
    const PATH: &'static str = "/";
}

impl ErrorPage {
    /// The page; `None` if it cannot be rendered.
    fn html(&self, req: &Request<'_>, language: Language) -> Option<String> {
        render(req, req.rocket().state::<Auth>()?, language, FormErrors::default(), self).ok()
    }
}
