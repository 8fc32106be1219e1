//! Points in time in words.
use super::text;
use crate::{config::Language, time::Timestamp};
use serde::Serialize;
use time::OffsetDateTime;

/// A point in time as pages show it.
#[derive(Serialize)]
pub struct Moment {
    /// RFC 3339, for programs.
    pub at: String,
    /// Day and time (UTC).
    pub day: String,
    /// How long ago it was.
    pub ago: String,
}

impl Moment {
    pub fn new(language: Language, at: Timestamp, now: Timestamp) -> Self {
        let seconds = at.until(now).as_secs();
        let (key, count) = match seconds {
            0..60 => ("ago-now", 0),
            60..3_600 => ("ago-minutes", seconds / 60),
            3_600..86_400 => ("ago-hours", seconds / 3_600),
            _ => ("ago-days", seconds / 86_400),
        };
        let date =
            OffsetDateTime::from_unix_timestamp(at.unix()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (hour, minute, _) = date.to_hms();
        let args = [
            ("day", date.day().into()),
            ("month", u8::from(date.month()).into()),
            // As text, so that a year gets no thousands separator.
            ("year", date.year().to_string().into()),
            ("time", format!("{hour:02}:{minute:02}").into()),
        ];
        Self {
            at: at.to_string(),
            day: text(language, "moment", &args),
            ago: text(language, key, &[("count", count.into())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn past_times_are_worded_in_both_languages() {
        let at = Timestamp::from_unix(1_795_246_860);
        let after = |language, seconds| {
            Moment::new(language, at, at.plus(Duration::from_secs(seconds))).ago
        };
        assert_eq!(after(Language::En, 59), "just now");
        assert_eq!(after(Language::En, 60), "a minute ago");
        assert_eq!(after(Language::En, 7_200), "2 hours ago");
        assert_eq!(after(Language::Ru, 180), "3 минуты назад");
        assert_eq!(after(Language::Ru, 5 * 3_600), "5 часов назад");
        assert_eq!(after(Language::Ru, 21 * 86_400), "21 день назад");
        let moment = Moment::new(Language::En, at, at);
        assert_eq!(
            (moment.at.as_str(), moment.day.as_str()),
            ("2026-11-21T07:41:00Z", "21 November 2026, 07:41 UTC")
        );
        assert_eq!(Moment::new(Language::Ru, at, at).day, "21 ноября 2026, 07:41 UTC");
    }
}
