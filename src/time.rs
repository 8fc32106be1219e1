//! [`Timestamp`], the only type of stored times, and [`Clock`], their only source.
mod clock;

pub use clock::Clock;

use std::{fmt, time::Duration};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

/// Microseconds since 1970, UTC: one BIGINT in both engines, so that `<` means "earlier" in both.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, utoipa::ToSchema,
)]
#[sqlx(transparent)]
#[schema(value_type = String, format = DateTime, description = "RFC 3339, UTC")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z
    const FIRST: Self = Self(0);
    /// 2999-12-31T23:59:59.999999Z
    const LAST: Self = Self(32_503_680_000_000_000 - 1);

    /// From seconds since 1970, UTC.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// From microseconds since 1970, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Parses an RFC 3339 time from another service. Without an offset, as Django writes it without `USE_TZ`,
    /// it is UTC. Years outside 1970 to 2999 (UTC) give `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
        let time = read(text).or_else(|| read(&format!("{text}Z")))?;
        Self::of(time).filter(|time| (Self::FIRST..=Self::LAST).contains(time))
    }

    /// Microseconds since 1970, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down, as JWT claims count them (RFC 7519, `NumericDate`).
    pub const fn unix(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Parses a day (`2026-11-21`, UTC) and returns its start.
    pub fn from_day(text: &str) -> Option<Self> {
        let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Self::of(day.midnight().assume_utc())
    }

    fn of(time: OffsetDateTime) -> Option<Self> {
        i64::try_from(time.unix_timestamp_nanos() / 1_000).ok().map(Self)
    }

    /// The time `d` later; saturates.
    #[must_use]
    pub fn plus(self, d: Duration) -> Self {
        Self(self.0.saturating_add(micros(d)))
    }

    /// The time `d` earlier; saturates.
    #[must_use]
    pub fn minus(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(micros(d)))
    }

    /// The duration from this time to `later`; zero if `later` is earlier.
    pub fn until(self, later: Self) -> Duration {
        Duration::from_micros(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

/// A duration in microseconds; saturates.
pub(crate) fn micros(d: Duration) -> i64 {
    i64::try_from(d.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339, UTC. A time before the year 0 or after 9999 is shown as the nearest one with such a form.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000)
            .ok()
            .and_then(|t| t.format(&Rfc3339).ok());
        let nearest =
            if self.0 < 0 { "0000-01-01T00:00:00Z" } else { "9999-12-31T23:59:59.999999Z" };
        f.write_str(text.as_deref().unwrap_or(nearest))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_written_and_without_an_offset_it_is_utc() {
        for micros in [0, 1, 1_800_000_000_123_456, Timestamp::LAST.0] {
            let time = Timestamp(micros);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
        let noon = Timestamp::parse("2026-11-21T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(Timestamp::parse("2026-11-21T15:00:00+03:00"), noon);
        assert_eq!(Timestamp::parse("2026-11-21T12:00:00.000"), noon);
        for no_time in ["", "2026-11-21", "12:00", "2026-11-21T25:00:00Z", "yesterday"] {
            assert_eq!(Timestamp::parse(no_time), None, "{no_time}");
        }
    }

    #[test]
    fn a_time_of_another_service_is_in_a_year_of_ours() {
        for outside in [
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:59:59+01:00",
            "0001-01-01T00:00:00",
            "3000-01-01T00:00:00Z",
            "2999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(Timestamp::parse(outside), None, "{outside}");
        }
        let last = Timestamp::parse("2999-12-31T23:59:59.999999Z");
        assert_eq!(last, Some(Timestamp::LAST));
    }

    #[test]
    fn any_stored_time_can_be_formatted() {
        for (micros, told) in [
            (i64::MIN, "0000-01-01T00:00:00Z"),
            (-62_167_219_200_000_001, "0000-01-01T00:00:00Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
            (-1_000_000, "1969-12-31T23:59:59Z"),
            (253_402_300_799_000_000, "9999-12-31T23:59:59Z"),
            (253_402_304_399_000_000, "9999-12-31T23:59:59.999999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp(micros).to_string(), told, "{micros}");
            assert_eq!(serde_json::to_value(Timestamp(micros)).unwrap(), told);
        }
    }
}
