//! HTML pages: a view in the frame that all pages share.
use super::{flash, form_errors::FormErrors, outcome, problem::Problem};
use crate::{
    config::Language,
    flows::{self, Auth},
    view::View,
    web::{
        self, csrf_token,
        request::{
            caller::caller,
            language::{keep_choice, of_reply},
        },
    },
};
use rocket::{
    Request, Response,
    http::{ContentType, Method, Status, uri::Origin},
    response::{self, Responder},
};
use serde::Serialize;
use url::form_urlencoded;

/// A page with its status, and the errors of a form that was sent from it.
pub struct Page<V> {
    status: Status,
    view: V,
    wrong: Option<(&'static str, Problem)>,
}

impl<V> Page<V> {
    /// The page with status 200.
    pub const fn ok(view: V) -> Self {
        Self::with(Status::Ok, view)
    }

    /// The page with status `status`.
    pub const fn with(status: Status, view: V) -> Self {
        Self { status, view, wrong: None }
    }

    /// The page, shown again with the error `e` in its form `form`.
    pub fn again(view: V, form: &'static str, e: web::Error) -> Self {
        let problem = Problem::from(e);
        Self { status: problem.status(), view, wrong: Some((form, problem)) }
    }
}

/// What every page shows around its view.
#[derive(Serialize)]
struct Frame {
    /// The path of the page.
    path: &'static str,
    /// The same page in each language.
    languages: Vec<InLanguage>,
    csrf_token: String,
    /// What the last request did, as a sentence.
    notice: Option<String>,
    /// The errors of the form that was sent. Its `form` is empty if there are none.
    wrong: FormErrors,
    /// Whether mails are kept and shown instead of being sent.
    developing: bool,
    /// The minimum length of a new password in characters.
    min_length: usize,
}

#[derive(Serialize)]
struct InLanguage {
    tag: &'static str,
    name: &'static str,
    href: String,
}

impl Frame {
    fn new(req: &Request<'_>, auth: &Auth, path: &'static str, wrong: FormErrors) -> Self {
        // The path to which a form is sent may have no page.
        let has_page = req.method() == Method::Get || outcome::refused(req).is_some();
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
            notice: flash::take(req).map(|n| n.text(of_reply(req))),
            wrong,
            developing: auth.mailer().keeps(),
            min_length: auth.config().password.min_length,
        }
    }
}

/// The URL of the same page in another language. For a page that was requested it consists of the query only:
/// browsers read a path such as `//elsewhere.example` as another site.
fn in_language(at: Option<&Origin<'_>>, path: &str, language: Language) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let old = at.and_then(Origin::query).map(|q| q.as_str()).unwrap_or_default();
    query.extend_pairs(form_urlencoded::parse(old.as_bytes()).filter(|(name, _)| name != "lang"));
    let query = query.append_pair("lang", language.tag()).finish();
    format!("{}?{query}", if at.is_some() { "" } else { path })
}

impl<'r, V: View> Responder<'r, 'static> for Page<V> {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        keep_choice(req);
        let language = of_reply(req);
        let Some(auth) = req.rocket().state::<Auth>() else {
            return Err(Status::InternalServerError);
        };
        let wrong = self.wrong.as_ref();
        let errors = wrong
            .map(|(form, problem)| FormErrors::new(form, problem, language))
            .unwrap_or_default();
        let html = match render(req, auth, language, errors, &self.view) {
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
            outcome::note(req, problem);
            problem.add_headers(&mut response);
        }
        Ok(response)
    }
}

/// Renders `view` in the frame of all pages.
pub(super) fn render<V: View>(
    req: &Request<'_>,
    auth: &Auth,
    language: Language,
    wrong: FormErrors,
    view: &V,
) -> Result<String, Problem> {
    auth.templates().render(language, &Frame::new(req, auth, V::PATH, wrong), view).map_err(|e| {
        tracing::error!(request = caller(req).request_id, "a page cannot be rendered");
        flows::Error::internal(e).into()
    })
}
