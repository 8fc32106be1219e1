//! HTML pages from views, in the frame that all have.
use super::{
    flash,
    problem::{Problem, Wrong},
};
use crate::{
    config::Language,
    flows::{Auth, Error},
    view::View,
    web::{
        csrf_token,
        request::client::{caller, choose_language, language},
    },
};
use rocket::{
    Request, Response,
    http::{ContentType, Method, Status, uri::Origin},
    response::{self, Responder},
};
use serde::Serialize;
use url::form_urlencoded;

/// A page with a status, and what was wrong with a form that was sent from it.
pub struct Page<V> {
    status: Status,
    view: V,
    wrong: Option<(&'static str, Problem)>,
}

impl<V> Page<V> {
    pub const fn ok(view: V) -> Self {
        Self::with(Status::Ok, view)
    }

    pub const fn with(status: Status, view: V) -> Self {
        Self { status, view, wrong: None }
    }

    /// The page once more, telling in its form `form` what was wrong.
    pub fn again(view: V, form: &'static str, e: Error) -> Self {
        let problem = Problem::from(e);
        Self { status: problem.status(), view, wrong: Some((form, problem)) }
    }
}

/// What is around every page.
#[derive(Serialize)]
struct Frame {
    /// Where the page is.
    path: &'static str,
    /// The same page in the languages there are.
    languages: Vec<InLanguage>,
    csrf_token: String,
    /// What has just been done, as a sentence.
    notice: Option<String>,
    /// What was wrong with the form that was sent; of no form (`form` is empty) if nothing was.
    wrong: Wrong,
    /// Whether mails are kept and shown.
    developing: bool,
}

#[derive(Serialize)]
struct InLanguage {
    tag: &'static str,
    name: &'static str,
    href: String,
}

impl Frame {
    fn new(req: &Request<'_>, path: &'static str, wrong: Wrong) -> Self {
        // A form may be sent to where no page is.
        let has_page = req.method() == Method::Get || Problem::refused(req).is_some();
        let at = Some(req.uri()).filter(|_| has_page);
        let languages = Language::ALL.map(|l| InLanguage {
            tag: l.tag(),
            name: l.name(),
            href: in_language(at, path, l),
        });
        Self {
            path,
            languages: languages.into(),
            csrf_token: csrf_token::token(req),
            notice: flash::take(req).map(|n| n.text(language(req))),
            wrong,
            developing: req.rocket().state::<Auth>().is_some_and(|a| a.mailer().keeps()),
        }
    }
}

/// The address of the same page in another language. That of a page that was asked for is told by its
/// query alone: browsers read a path such as `//elsewhere.example` as another site.
fn in_language(at: Option<&Origin<'_>>, path: &str, language: Language) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let old = at.and_then(Origin::query).map(|q| q.as_str()).unwrap_or_default();
    query.extend_pairs(form_urlencoded::parse(old.as_bytes()).filter(|(name, _)| name != "lang"));
    let query = query.append_pair("lang", language.tag()).finish();
    format!("{}?{query}", if at.is_some() { "" } else { path })
}

impl<'r, V: View> Responder<'r, 'static> for Page<V> {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        choose_language(req);
        let language = language(req);
        let Some(auth) = req.rocket().state::<Auth>() else {
            return Err(Status::InternalServerError);
        };
        let wrong = self.wrong.as_ref();
        let told = wrong.map(|(form, problem)| problem.wrong(form, language)).unwrap_or_default();
        let html = match render(req, auth, language, told, &self.view) {
            Ok(html) => html,
            Err(problem) => return problem.respond_to(req),
        };
        let mut response = Response::build_from(html.respond_to(req)?)
            .status(self.status)
            .header(ContentType::HTML)
            .raw_header("Cache-Control", "no-store")
            .raw_header("Content-Language", language.tag())
            .finalize();
        if let Some((_, problem)) = wrong {
            problem.note(req);
            problem.mark(&mut response);
        }
        Ok(response)
    }
}

fn render<V: View>(
    req: &Request<'_>,
    auth: &Auth,
    language: Language,
    wrong: Wrong,
    view: &V,
) -> Result<String, Problem> {
    auth.templates().render(language, &Frame::new(req, V::PATH, wrong), view).map_err(|e| {
        tracing::error!(request = caller(req).request_id, "a page cannot be rendered");
        Error::internal(e).into()
    })
}

#[derive(Serialize)]
pub struct ErrorPage {
    pub status: u16,
    pub title: String,
    pub detail: String,
    pub fields: Vec<WrongField>,
    /// After so many seconds it may work.
    pub retry_after: Option<u64>,
}

/// A field of a request, and what is wrong with it.
#[derive(Serialize)]
pub struct WrongField {
    /// As the request names it.
    pub name: &'static str,
    /// A sentence.
    pub text: String,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "pages/error.html";
    const PATH: &'static str = "/";
}

impl ErrorPage {
    /// The page, if there is a service to make it.
    pub fn html(&self, req: &Request<'_>, language: Language) -> Option<String> {
        render(req, req.rocket().state::<Auth>()?, language, Wrong::default(), self).ok()
    }
}
