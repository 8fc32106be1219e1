//! Bodies of requests.
use super::headers::{Service, lines};
use crate::web::{
    self,
    request::{
        body::{self, Body, Forms, MOST_FIELDS},
        fields::Field as _,
    },
};
use rocket::{
    Data, Request, Response, Route,
    http::{Header, Method, Status},
    route::{Handler, Outcome},
};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;
use std::{collections::HashSet, fmt, sync::LazyLock};
use url::form_urlencoded;

static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    // A form with `_method` can change the method.
    use Method::{Delete, Get, Head, Options, Patch, Post, Put};
    let methods = [Delete, Get, Head, Options, Patch, Post, Put];
    Service::with(methods.map(|method| Route::new(method, "/", Reader)).into())
});

/// The body as it was sent.
struct Sent(Vec<u8>);

/// `Content-Type` in the first line, then the body.
///
/// # Panics
/// If an accepted body is ambiguous or has more fields, or longer ones, than it may have.
pub fn body(bytes: &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let Some(kind) = lines(&bytes[..end]) else { return };
    let body = bytes.get(end + 1..).unwrap_or_default();
    let request = SERVICE.client.post("/");
    let request = request.header(Header::new("content-type", kind[0].to_owned())).body(body);
    request.inner().local_cache(|| Sent(body.to_vec()));
    let status = SERVICE.runtime.block_on(request.dispatch()).status();
    assert_ne!(status, Status::InternalServerError);
}

/// Reads a body and checks what was read.
#[derive(Clone)]
struct Reader;

#[rocket::async_trait]
impl Handler for Reader {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let body = body::read(req, data, Forms::All).await;
        let Sent(sent) = req.local_cache(|| Sent(Vec::new()));
        check(req, sent, body);
        Outcome::Success(Response::new())
    }
}

fn check(req: &Request<'_>, sent: &[u8], body: web::Result<Body>) {
    let Ok(body) = body else { return };
    let fields = &body.fields;
    assert!(fields.len() <= MOST_FIELDS);
    if body.is_form {
        assert!(fields.values().all(Value::is_string));
    } else if !sent.is_empty() {
        let Names(names) = serde_json::from_slice(sent).expect("a JSON object");
        let once: HashSet<_> = names.iter().collect();
        assert_eq!((once.len(), names.len()), (names.len(), fields.len()));
    }
    if body.is_form && req.content_type().is_some_and(|kind| kind.is_form()) {
        let pairs: Vec<_> = form_urlencoded::parse(sent).collect();
        assert_eq!(pairs.len(), fields.len());
        assert!(pairs.iter().all(|(name, value)| fields[&**name] == **value));
    }
    let ((text, texts), _) = body.look(|f| {
        let texts = f.texts("a").into_iter().map(str::to_owned).collect::<Vec<_>>();
        let more = Option::<Vec<String>>::read(f, "a").unwrap_or_default();
        let _ = (i64::read(f, "a"), Option::<i64>::read(f, "a"), Option::<bool>::read(f, "a"));
        let _ = (f.optional("a"), f.nullable("a"), f.flag("a", true));
        (f.text("a").to_owned(), [texts, more])
    });
    assert!(texts.iter().all(|texts| texts.len() <= MOST_FIELDS));
    for text in texts.iter().flatten().chain([&text]) {
        assert!(text.len() <= 4096 && !text.contains('\0'));
    }
}

/// The names in a JSON object, with duplicates.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Names(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Names {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Self, A::Error> {
        while let Some((name, _)) = fields.next_entry::<String, IgnoredAny>()? {
            self.0.push(name);
        }
        Ok(self)
    }
}
