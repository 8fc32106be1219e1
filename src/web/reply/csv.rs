//! Tables for spreadsheets (RFC 4180).
use crate::flows::{Error, Result};
use csv::{QuoteStyle, WriterBuilder};
use rocket::{
    Request, Response,
    http::ContentType,
    response::{self, Responder},
};

/// A table as a file to download.
pub struct Csv {
    file: &'static str,
    pub(crate) text: String,
    next: Option<String>,
}

impl Csv {
    /// A table that browsers save as `file`, with a header row of `columns`.
    ///
    /// # Errors
    /// [`Error::Internal`] if the table cannot be written.
    pub fn new<const N: usize>(
        file: &'static str,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<Self> {
        let mut writer =
            WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(columns).map_err(Error::internal)?;
        for row in rows {
            writer.write_record(row.map(|cell| neutralized(&cell))).map_err(Error::internal)?;
        }
        let bytes = writer.into_inner().map_err(|e| Error::internal(e.into_error()))?;
        let text = String::from_utf8(bytes).map_err(Error::internal)?;
        Ok(Self { file, text, next: None })
    }

    /// This table, with a link to the next page (RFC 8288).
    #[must_use]
    pub fn with_next_page(self, next: Option<String>) -> Self {
        Self { next, ..self }
    }
}

/// Turns what a spreadsheet would read as a formula into text (OWASP, CSV injection): at the start of the
/// cell, and after each character that may separate cells. In many languages that is not the comma.
fn neutralized(cell: &str) -> String {
    const SIGNS: &str = "=+-@\t\r\n＝＋－＠";
    const ENDS: [char; 5] = [';', ',', '\t', '\r', '\n'];
    let parts = cell.split_inclusive(ENDS).map(|part| {
        let first = part.chars().find(|c| ![' ', '"'].contains(c));
        if first.is_some_and(|c| SIGNS.contains(c)) { format!("'{part}") } else { part.to_owned() }
    });
    parts.collect()
}

impl<'r> Responder<'r, 'static> for Csv {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let kind = ContentType::CSV.with_params(("charset", "utf-8"));
        let mut response = Response::build_from(self.text.respond_to(req)?).header(kind).finalize();
        let name = format!("attachment; filename=\"{}\"", self.file);
        response.set_raw_header("Content-Disposition", name);
        response.set_raw_header("Cache-Control", "no-store");
        if let Some(next) = self.next {
            response.set_raw_header("Link", format!("<{next}>; rel=\"next\""));
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_neutralized() {
        for evil in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "=cmd|' /C calc'!A0"]
        {
            let table = Csv::new("x.csv", ["a"], [[evil.to_owned()]]).unwrap().text;
            let cell = table.split_once('\n').unwrap().1;
            assert!(cell.starts_with("\"'"), "{cell}");
        }
        let table = Csv::new("x.csv", ["a", "b"], [["x\",\"=1".to_owned(), "y\nz".to_owned()]])
            .unwrap()
            .text;
        assert_eq!(table, "\"a\",\"b\"\n\"x\"\",'\"\"=1\",\"y\nz\"\n");
    }

    #[test]
    fn formulas_are_neutralized_after_other_cell_separators() {
        for (cell, written) in [
            ("x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"),
            ("x,=1", "x,'=1"),
            ("x\t=1", "x\t'=1"),
            ("x\r\n=1", "x\r'\n'=1"),
            ("x\n+1", "x\n'+1"),
            ("x; @SUM(A1);-1", "x;' @SUM(A1);'-1"),
            ("x;\"=1", "x;'\"=1"),
            (
                "Mozilla/5.0 (X11; Linux x86_64), like Gecko",
                "Mozilla/5.0 (X11; Linux x86_64), like Gecko",
            ),
            ("a=b-c@d", "a=b-c@d"),
        ] {
            assert_eq!(neutralized(cell), written);
        }
    }
}
