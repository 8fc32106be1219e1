//! How an error is told: RFC 9457 for programs, a page for people.
use super::{
    field_errors::{page_sentence, sentence},
    page::{ErrorPage, WrongField},
};
use crate::{
    config::Language,
    field_error::FieldError,
    flows::Error,
    view,
    web::request::client::{caller, language, wants_page},
};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, sync::OnceLock, time::Duration};
use utoipa::ToSchema;

/// After this long the database or the queue may have recovered, in seconds.
const SOON: Duration = Duration::from_secs(2);

/// An error as it is told.
#[derive(Clone, Debug)]
pub struct Problem {
    status: Status,
    code: &'static str,
    /// Which sentences tell it: of a code that tells more than one thing, those of this one.
    words: &'static str,
    fields: Vec<(&'static str, FieldError)>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub const fn new(status: Status, code: &'static str) -> Self {
        Self { status, code, words: code, fields: Vec::new(), retry_after: None }
    }

    /// The same with another status.
    #[must_use]
    pub const fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// The same with a field by another name.
    #[must_use]
    pub fn renaming(mut self, field: &str, name: &'static str) -> Self {
        self.fields.iter_mut().filter(|(f, _)| *f == field).for_each(|(f, _)| *f = name);
        self
    }

    pub const fn status(&self) -> Status {
        self.status
    }

    /// Keeps the problem for the catcher of a route that does not take its guard's error.
    pub fn keep(&self, req: &Request<'_>) {
        // The first is what went wrong.
        let _ = req.local_cache(OnceLock::new).set(self.clone());
    }

    /// Keeps the problem for the catcher of a request that is to reach no handler.
    pub fn refuse(self, req: &Request<'_>) {
        let _ = req.local_cache(OnceLock::<Refused>::new).set(Refused(self));
    }

    /// Why a request was not to reach a handler.
    pub fn refused(req: &Request<'_>) -> Option<Self> {
        req.local_cache(OnceLock::<Refused>::new).get().map(|refused| refused.0.clone())
    }

    /// What a guard of this request has kept, if it fits.
    pub fn kept(req: &Request<'_>, status: Status) -> Option<Self> {
        req.local_cache(OnceLock::<Self>::new).get().filter(|p| p.status == status).cloned()
    }

    /// Keeps the code of what a request is answered.
    pub fn note(&self, req: &Request<'_>) {
        let _ = req.local_cache(OnceLock::<Noted>::new).set(Noted(self.code));
    }

    /// The code of what a request was answered, if that is a problem.
    pub fn noted(req: &Request<'_>) -> Option<&'static str> {
        req.local_cache(OnceLock::<Noted>::new).get().map(|noted| noted.0)
    }

    fn key(&self, suffix: &str) -> String {
        format!("error-{}{suffix}", self.words.replace('_', "-"))
    }

    /// A text of the document.
    fn text(&self, language: Language, suffix: &str) -> String {
        view::text(language, &self.key(suffix), &[])
    }

    /// The same as a page says it.
    fn page_text(&self, language: Language, suffix: &str) -> String {
        view::page_text(language, &self.key(suffix), &[])
    }

    /// The fields that are wrong, each with a sentence for a page.
    fn page_fields(&self, language: Language) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.iter().map(move |(name, why)| (*name, page_sentence(language, *why)))
    }

    fn errors(&self, language: Language) -> Map<String, Value> {
        let mut errors = Map::new();
        for (name, why) in &self.fields {
            if let Value::Array(list) = errors.entry(*name).or_insert_with(|| json!([])) {
                list.push(sentence(language, *why).into());
            }
        }
        errors
    }

    /// The document (RFC 9457).
    fn document(&self, language: Language) -> Value {
        let mut document = json!({
            "type": format!("urn:portcullis:error:{}", self.code),
            "title": self.text(language, ""),
            "status": self.status.code,
            "detail": self.text(language, "-detail"),
            "code": self.code,
        });
        if !self.fields.is_empty() {
            document["errors"] = Value::Object(self.errors(language));
        }
        document
    }
}

struct Refused(Problem);

struct Noted(&'static str);

/// A problem as its document reads (RFC 9457).
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "for the documentation")]
pub struct ProblemDocument {
    /// `urn:portcullis:error:CODE`
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// A sentence in the caller's language.
    pub detail: String,
    /// What clients go by.
    pub code: String,
    /// What is wrong with each field.
    pub errors: Option<HashMap<String, Vec<String>>>,
}

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        if let Error::Internal(e) = &e {
            tracing::error!(error = %e, "internal error");
        }
        Self::from(&e)
    }
}

impl From<&Error> for Problem {
    fn from(e: &Error) -> Self {
        let told = |status, code| Self::new(status, code);
        let later = |after: &Duration, problem| Self { retry_after: Some(*after), ..problem };
        match e {
            Error::BadCredentials => told(Status::Unauthorized, "invalid_credentials"),
            Error::Unauthenticated => told(Status::Unauthorized, "unauthenticated"),
            Error::TokenNotValid => told(Status::Unauthorized, "token_not_valid"),
            Error::TokenSuperseded => told(Status::Unauthorized, "token_superseded"),
            Error::AccessStillValid { retry_after } => {
                later(retry_after, told(Status::Unauthorized, "access_token_still_valid"))
            }
            Error::EmailNotConfirmed => told(Status::Forbidden, "email_not_confirmed"),
            Error::AccountDisabled => told(Status::Forbidden, "account_disabled"),
            Error::SuperuserRefused => told(Status::Forbidden, "superuser_refused"),
            Error::RegistrationClosed => told(Status::Forbidden, "registration_closed"),
            Error::InvitationNeeded => told(Status::Forbidden, "invitation_needed"),
            Error::Forbidden => told(Status::Forbidden, "forbidden"),
            Error::ProofRequired => told(Status::Forbidden, "proof_required"),
            Error::PasswordRequired => told(Status::Forbidden, "password_required"),
            Error::CsrfFailed => told(Status::Forbidden, "csrf_failed"),
            Error::EmailTaken => Self::from(&Error::field("email", FieldError::Taken)),
            Error::Fields(fields) if fields.contains(&("email", FieldError::Taken)) => {
                Self { fields: fields.clone(), ..told(Status::Conflict, "email_taken") }
            }
            Error::LastSuperuser => told(Status::Conflict, "last_superuser"),
            Error::NoKeys => told(Status::Conflict, "no_keys"),
            Error::KeyTooYoung { retry_after } => {
                later(retry_after, told(Status::Conflict, "key_too_young"))
            }
            Error::LinkNotValid => {
                Self { words: "link_not_valid", ..told(Status::BadRequest, "token_not_valid") }
            }
            Error::Malformed => told(Status::BadRequest, "malformed"),
            Error::Fields(fields) => {
                Self { fields: fields.clone(), ..told(Status::BadRequest, "validation") }
            }
            Error::NotFound => told(Status::NotFound, "not_found"),
            Error::TooLarge => told(Status::PayloadTooLarge, "body_too_large"),
            Error::UnsupportedType => told(Status::UnsupportedMediaType, "unsupported_type"),
            Error::TooSlow => told(Status::RequestTimeout, "request_timeout"),
            Error::RateLimited { retry_after } => {
                later(retry_after, told(Status::TooManyRequests, "rate_limited"))
            }
            Error::Busy => later(&SOON, told(Status::ServiceUnavailable, "busy")),
            Error::Unavailable | Error::Contended => {
                later(&SOON, told(Status::ServiceUnavailable, "unavailable"))
            }
            Error::Internal(_) => told(Status::InternalServerError, "internal"),
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        crate::web::headers::mark(req);
        self.note(req);
        let is_page = wants_page(req);
        // Programs ask for a language with each request.
        let language = if is_page { language(req) } else { caller(req).language };
        let page = is_page.then(|| ErrorPage {
            status: self.status.code,
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
        let mut response =
            Response::build_from(body.respond_to(req)?).status(self.status).header(kind).finalize();
        response.set_raw_header("Cache-Control", "no-store");
        response.set_raw_header("Content-Language", language.tag());
        self.mark(&mut response);
        Ok(response)
    }
}

impl Problem {
    /// Adds the headers that go with it.
    pub fn mark(&self, response: &mut Response<'_>) {
        if self.status == Status::Unauthorized {
            // RFC 6750, 3: at least one attribute, and no error where no token was sent.
            let challenge = match self.code {
                "token_not_valid" | "token_superseded" => {
                    "Bearer realm=\"portcullis\", error=\"invalid_token\""
                }
                _ => "Bearer realm=\"portcullis\"",
            };
            response.set_raw_header("WWW-Authenticate", challenge);
        }
        if let Some(seconds) = self.seconds() {
            response.set_raw_header("Retry-After", seconds.to_string());
        }
    }

    /// After how many it may be tried again.
    fn seconds(&self) -> Option<u64> {
        self.retry_after.map(|t| (t.as_secs() + u64::from(t.subsec_nanos() > 0)).max(1))
    }

    /// What was wrong with the form `form` of a page.
    pub fn wrong(&self, form: &'static str, language: Language) -> Wrong {
        let summary = match self.code {
            // Whoever sees the form again need not know why, but what to do.
            "csrf_failed" => view::text(language, "form-again", &[]),
            _ => self.page_text(language, "-detail"),
        };
        let fields = self.page_fields(language).collect();
        Wrong { form, summary, fields, retry_after: self.seconds() }
    }
}

impl Wrong {
    /// The first sentence there is, those of fields before the whole's.
    pub fn sentence(mut self) -> String {
        let field = self.fields.drain().next();
        field.map_or(self.summary, |(_, sentence)| sentence)
    }
}

/// What was wrong with a form, in sentences.
#[derive(Default, Serialize)]
pub struct Wrong {
    /// Which form of its page it was; empty for none.
    form: &'static str,
    summary: String,
    fields: HashMap<&'static str, String>,
    /// In seconds.
    retry_after: Option<u64>,
}
