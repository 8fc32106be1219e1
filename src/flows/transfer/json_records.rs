//! Reads the JSON objects in a file one by one: one per line, or the elements of one array. Only one object
//! is in memory, however long the file is.
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Read},
    path::Path,
};

/// An iterator over the objects in `R`.
pub struct Records<R> {
    input: R,
    shape: Shape,
    at: u64,
}

enum Shape {
    Lines,
    Array,
    Ended,
}

/// The number of the line or element, and its object; `None` if it is not an object.
pub type Record = (u64, Option<Map<String, Value>>);

impl Records<BufReader<File>> {
    /// Opens a file.
    pub fn open(file: &Path) -> io::Result<Self> {
        Self::new(BufReader::with_capacity(1 << 16, File::open(file)?))
    }
}

impl<R: BufRead> Records<R> {
    /// Detects from the first bytes whether `input` is lines or an array.
    pub fn new(mut input: R) -> io::Result<Self> {
        // Windows editors put a byte order mark at the start.
        if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            input.consume(3);
        }
        let first = input.fill_buf()?.iter().find(|b| !b.is_ascii_whitespace());
        let shape = if first == Some(&b'[') { Shape::Array } else { Shape::Lines };
        Ok(Self { input, shape, at: 0 })
    }

    fn line(&mut self) -> io::Result<Option<Record>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.at += 1;
            if !line.trim_ascii().is_empty() {
                return Ok(Some((self.at, serde_json::from_slice(&line).ok())));
            }
        }
    }

    fn element(&mut self) -> io::Result<Option<Record>> {
        let broken = |at: u64| {
            io::Error::new(
                ErrorKind::InvalidData,
                format!("the JSON is truncated or malformed after {at} elements"),
            )
        };
        let expected = if self.at == 0 { b'[' } else { b',' };
        match self.visible()? {
            Some(b']') if self.at > 0 => {
                self.shape = Shape::Ended;
                return Ok(None);
            }
            Some(b) if b == expected => {}
            _ => return Err(broken(self.at)),
        }
        let mut json = serde_json::Deserializer::from_reader(&mut self.input);
        // A map, not any value: after a number the parser would consume one byte too many.
        let object = Map::deserialize(&mut json).map_err(|_| broken(self.at))?;
        self.at += 1;
        Ok(Some((self.at, Some(object))))
    }

    /// The next byte that is not white space.
    fn visible(&mut self) -> io::Result<Option<u8>> {
        let mut bytes = self.input.by_ref().bytes();
        bytes.find(|b| !b.as_ref().is_ok_and(u8::is_ascii_whitespace)).transpose()
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.shape {
            Shape::Lines => self.line(),
            Shape::Array => self.element(),
            Shape::Ended => Ok(None),
        };
        if next.is_err() {
            self.shape = Shape::Ended;
        }
        next.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Option<Record>> {
        Records::new(text.as_bytes()).unwrap().map(Result::ok).collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what may be none")]
    fn object(key: &str) -> Option<Map<String, Value>> {
        Some(Map::from_iter([(key.to_owned(), Value::Null)]))
    }

    #[test]
    fn objects_are_read_from_lines_and_arrays_and_other_values_are_reported() {
        let lines = "\u{feff}{\"a\": null}\n\n  {\"b\": null}\r\nnonsense\n[1]\n{\"c\": null}";
        let found = [(1, object("a")), (3, object("b")), (4, None), (5, None), (6, object("c"))];
        assert_eq!(read(lines), found.map(Some));
        let array = " [ {\"a\": null},\n{\"b\": null} ]\n";
        assert_eq!(read(array), [(1, object("a")), (2, object("b"))].map(Some));
    }

    #[test]
    fn a_truncated_array_is_an_error() {
        for text in ["[{\"a\": null}, {\"b\"", "[{\"a\": null}", "[{\"a\": null} {\"b\": null}]"] {
            assert_eq!(read(text), [Some((1, object("a"))), None], "{text}");
        }
        assert_eq!(read(""), []);
        for text in ["[", "[]", "[1]", "[\"a\"]", "[[]]"] {
            assert_eq!(read(text), [None], "{text}");
        }
    }
}
