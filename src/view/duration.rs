//! Durations in words.
use super::text;
use crate::config::Language;
use std::time::Duration;

/// `length` in whole days, hours, minutes and seconds, such as `1 hour 30 minutes`.
pub fn duration(language: Language, length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [
        ("duration-days", seconds / 86_400),
        ("duration-hours", seconds / 3_600 % 24),
        ("duration-minutes", seconds / 60 % 60),
        ("duration-seconds", seconds % 60),
    ];
    let words = |(key, count): (&str, u64)| text(language, key, &[("count", count.into())]);
    let parts: Vec<_> = units.into_iter().filter(|(_, count)| *count > 0).map(words).collect();
    if parts.is_empty() { words(("duration-seconds", 0)) } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_worded_in_both_languages() {
        let words = |language, seconds| duration(language, Duration::from_secs(seconds));
        assert_eq!(words(Language::En, 300), "5 minutes");
        assert_eq!(words(Language::En, 5_401), "1 hour 30 minutes 1 second");
        assert_eq!(words(Language::En, 0), "0 seconds");
        assert_eq!(words(Language::Ru, 3 * 86_400), "3 дня");
        assert_eq!(words(Language::Ru, 21 * 60), "21 минута");
        assert_eq!(words(Language::Ru, 12 * 3_600 + 5), "12 часов 5 секунд");
    }
}
