//! `/static/`: style, script, icon and logo.
use crate::flows::{Auth, Error};
use crate::web::problem::Problem;
use rocket::{
    Request, State, get,
    response::{self, Responder, Response},
};

/// A file, kept by browsers for as long as its address names what is in it.
pub struct File {
    kind: &'static str,
    bytes: Vec<u8>,
    marked: bool,
}

#[get("/static/<name>?<v>")]
pub fn file(auth: &State<Auth>, name: &str, v: Option<&str>) -> Result<File, Problem> {
    let asset = auth.templates().asset(name).ok_or(Error::NotFound)?;
    Ok(File { kind: asset.kind, bytes: asset.bytes.clone(), marked: v.is_some() })
}

impl<'r> Responder<'r, 'static> for File {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let keep = if self.marked { "public, max-age=31536000, immutable" } else { "no-cache" };
        Response::build_from(self.bytes.respond_to(req)?)
            .raw_header("Content-Type", self.kind)
            .raw_header("Cache-Control", keep)
            .ok()
    }
}
