//! Durations in human-readable form: `5m`, `30d`, `1h 30m`.
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::time::Duration;

const DAY: u64 = 86_400;

pub fn text(d: Duration) -> String {
    // Days are written here: humantime's months are not whole days, so it would write `90d` as two months
    // and some minutes.
    let rest = Duration::new(d.as_secs() % DAY, d.subsec_nanos());
    match (d.as_secs() / DAY, rest.is_zero()) {
        (0, _) => humantime::format_duration(rest).to_string(),
        (days, true) => format!("{days}d"),
        (days, _) => format!("{days}d {}", humantime::format_duration(rest)),
    }
}

pub fn serialize<S: Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&text(*d))
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(d)?;
    humantime::parse_duration(&text).map_err(D::Error::custom)
}
