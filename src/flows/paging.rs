//! Pages of long lists. A page starts where the previous one ended instead of counting the rows
//! before it, so that the thousandth page costs as much as the first.
use super::{Error, Result};
use crate::field_error::FieldError;
use std::fmt;

/// How many entries a page has.
pub const SIZE: usize = 50;

/// How many rows to select for a page of `size` entries: one more tells whether there is another
/// page.
pub(crate) fn asked(size: usize) -> i64 {
    i64::try_from(size + 1).unwrap_or(i64::MAX)
}

/// A place in a list, and the direction to read from there. `N` numbers identify the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<const N: usize> {
    pub place: [i64; N],
    /// Whether to read towards the start of the list.
    pub back: bool,
}

impl<const N: usize> Cursor<N> {
    /// The start of a list that is sorted with its highest place first.
    const START: Self = Self { place: [i64::MAX; N], back: false };

    /// Reads what [`fmt::Display`] wrote. `None` and an empty text mean the start of the list. A
    /// cursor is a place and nothing else, so a forged one shows nothing that the list would not
    /// show.
    ///
    /// # Errors
    /// [`Error::Fields`] if `text` is not a cursor.
    pub fn read(text: Option<&str>) -> Result<Self> {
        match text {
            None | Some("") => Ok(Self::START),
            Some(text) => {
                Self::parse(text).ok_or_else(|| Error::field("cursor", FieldError::Unknown))
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (back, numbers) = match text.split_at_checked(1)? {
            ("n", rest) => (false, rest),
            ("p", rest) => (true, rest),
            _ => return None,
        };
        let place: Result<Vec<i64>, _> = numbers.split('.').map(str::parse).collect();
        Some(Self { place: place.ok()?.try_into().ok()?, back })
    }

    fn is_start(self) -> bool {
        self == Self::START
    }
}

impl<const N: usize> fmt::Display for Cursor<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.back { "p" } else { "n" })?;
        for (i, n) in self.place.iter().enumerate() {
            write!(f, "{}{n}", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// A page of a list, with the cursors of the next and the previous page.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries of the page, in the order of the list.
    pub results: Vec<T>,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<String>,
    /// The cursor of the previous page; `None` on the first page.
    pub previous: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of at most `size` entries. `rows` are the [`asked`] rows on the side of
    /// `cursor` that it reads, the nearest first; `place` gives the place of a row.
    pub(crate) fn new<const N: usize>(
        mut rows: Vec<T>,
        size: usize,
        cursor: Cursor<N>,
        place: impl Fn(&T) -> [i64; N],
    ) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        if cursor.back {
            rows.reverse();
        }
        let (before, after) = if cursor.back { (more, true) } else { (!cursor.is_start(), more) };
        let at =
            |row: Option<&T>, back| row.map(|row| Cursor { place: place(row), back }.to_string());
        Self {
            next: at(rows.last(), false).filter(|_| after),
            previous: at(rows.first(), true).filter(|_| before),
            results: rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_cursors_are_refused() {
        let cursor = Cursor { place: [1_800_000_000, -7], back: true };
        assert_eq!(cursor.to_string(), "p1800000000.-7");
        assert_eq!(Cursor::<2>::read(Some("p1800000000.-7")).unwrap(), cursor);
        assert!(Cursor::<1>::read(None).unwrap().is_start());
        for forged in
            ["x", "n", "n1.2.3", "n1", "q1.2", "n1.2;DROP", "n1.9999999999999999999", "é1.2"]
        {
            assert!(Cursor::<2>::read(Some(forged)).is_err(), "{forged}");
        }
    }

    #[test]
    fn next_and_previous_cursors_are_consistent() {
        let all: Vec<i64> = (1..=120).rev().collect();
        let page = |cursor: Option<&str>| {
            let cursor = Cursor::<1>::read(cursor).unwrap();
            let [place] = cursor.place;
            let mut side: Vec<i64> = all
                .iter()
                .copied()
                .filter(|n| if cursor.back { *n > place } else { *n < place })
                .collect();
            if cursor.back {
                side.reverse();
            }
            side.truncate(usize::try_from(asked(SIZE)).unwrap());
            Page::new(side, SIZE, cursor, |n| [*n])
        };
        let first = page(None);
        assert!(first.previous.is_none() && first.results == all[..50]);
        let second = page(first.next.as_deref());
        assert_eq!(second.results, all[50..100]);
        let third = page(second.next.as_deref());
        assert!(third.next.is_none() && third.results == all[100..]);
        let back = page(third.previous.as_deref());
        assert_eq!(back.results, second.results);
        let front = page(back.previous.as_deref());
        assert!(front.results == first.results && front.previous.is_none());
    }
}
