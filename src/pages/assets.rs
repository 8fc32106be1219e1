//! `/static/`: style, script, icon and logo.
use crate::{
    flows::{Auth, Error},
    web::Problem,
};
use rocket::{
    Request, State, get,
    response::{self, Responder, Response},
};
use std::{io::Cursor, sync::Arc};

/// A file. Browsers keep it for a year if `?v=` names its content. With any other `v` they must ask again:
/// otherwise they would keep this content under the URL of another version.
pub struct File {
    kind: &'static str,
    bytes: Arc<[u8]>,
    marked: bool,
}

#[get("/static/<name>?<v>")]
pub fn file(auth: &State<Auth>, name: &str, v: Option<&str>) -> Result<File, Problem> {
    let asset = auth.templates().asset(name).ok_or(Error::NotFound)?;
    let marked = v == Some(asset.mark.as_str());
    Ok(File { kind: asset.kind, bytes: Arc::clone(&asset.bytes), marked })
}

impl<'r> Responder<'r, 'static> for File {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let keep = if self.marked { "public, max-age=31536000, immutable" } else { "no-cache" };
        Response::build()
            .raw_header("Content-Type", self.kind)
            .raw_header("Cache-Control", keep)
            .sized_body(self.bytes.len(), Cursor::new(self.bytes))
            .ok()
    }
}
