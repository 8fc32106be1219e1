//! Plain text as a file.
use rocket::{
    Request, Response,
    http::ContentType,
    response::{self, Responder},
};

/// A plain text that browsers save as a file.
pub struct TextFile {
    file: &'static str,
    text: String,
}

impl TextFile {
    /// The text `text`, which browsers save as `file`.
    pub const fn new(file: &'static str, text: String) -> Self {
        Self { file, text }
    }
}

impl<'r> Responder<'r, 'static> for TextFile {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let kind = ContentType::Plain.with_params(("charset", "utf-8"));
        let mut response = Response::build_from(self.text.respond_to(req)?).header(kind).finalize();
        let name = format!("attachment; filename=\"{}\"", self.file);
        response.set_raw_header("Content-Disposition", name);
        response.set_raw_header("Cache-Control", "no-store");
        Ok(response)
    }
}
