//! The browser and the system that a user agent names.
use super::text;
use crate::config::Language;

/// The names of browser and system in a user agent, in the reader's language.
pub fn browser(agent: Option<&str>, language: Language) -> String {
    let unknown = || text(language, "device-unknown", &[]);
    let known = |word: &str| Some(word.to_owned()).filter(|w| !w.is_empty() && w != "UNKNOWN");
    let parser = woothee::parser::Parser::new();
    let Some(found) = agent.and_then(|agent| parser.parse(agent)) else { return unknown() };
    let system = known(found.os).map(|os| if os == "Mac OSX" { "macOS".to_owned() } else { os });
    match (known(found.name), system) {
        (Some(browser), Some(system)) => {
            text(language, "device", &[("browser", browser.into()), ("system", system.into())])
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_agent_gets_a_readable_description() {
        let named = |agent| browser(Some(agent), Language::En);
        let chrome = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 \
                      (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(named(chrome), "Chrome on macOS");
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
        assert_eq!(named(firefox), "Firefox on Linux");
        assert_eq!(browser(Some(firefox), Language::Ru), "Firefox, Linux");
        assert_eq!(named("<script>"), "Unknown app");
        assert_eq!(browser(None, Language::Ru), "Неизвестное приложение");
    }
}
