//! Every mail, in both languages.
use super::*;

/// Each mail, and whether it contains a link.
const KINDS: [(&str, bool); 12] = [
    ("confirm_email", true),
    ("login", true),
    ("reset_password", true),
    ("change_email", true),
    ("invitation", true),
    ("new_device", true),
    ("restore_email", true),
    ("email_changed", true),
    ("password_changed", true),
    ("account_exists", false),
    ("account_deleted", false),
    ("test", false),
];

#[test]
fn every_mail_template_renders_in_both_languages() {
    for (kind, has_link) in KINDS {
        let mut args = json!({"new_email": "new@example.org", "device": "Firefox", "time": "noon"});
        if has_link {
            args["link"] = LINK.into();
        }
        if !["email_changed", "password_changed"].contains(&kind) {
            (args["minutes"], args["hours"], args["days"]) = (4320.into(), 72.into(), 3.into());
        }
        if ["confirm_email", "change_email", "login"].contains(&kind) {
            args["code"] = "012345".into();
        }
        let mails = Language::ALL.map(|lang| letter(lang, kind, &args));
        for (subject, text, html) in &mails {
            assert!(
                [subject, text, html].iter().all(|part| is_whole(part)),
                "{kind}: {text}{html}"
            );
            assert!(subject.contains("example.com"), "{subject}");
            assert_eq!(text.contains(LINK), has_link, "{text}");
            assert_eq!(html.contains("token=t&amp;x=1"), has_link, "{html}");
            let has_code = args["code"].is_string();
            assert!(text.contains("012345") == has_code && html.contains("012345") == has_code);
            assert!(text.is_ascii() == html.is_ascii());
            assert!(!html.contains("<img") && !html.contains("src="));
        }
        assert_ne!(mails[0].0, mails[1].0, "{kind}");
        if ["email_changed", "restore_email"].contains(&kind) {
            assert!(mails.iter().all(|(_, text, _)| text.contains("new@example.org")));
        }
    }
}

#[test]
fn a_mail_states_how_long_its_link_is_valid() {
    let said = |lang, hours, days| {
        let args = json!({"link": LINK, "minutes": 10, "hours": hours, "days": days});
        letter(lang, "reset_password", &args).1
    };
    assert!(said(Language::En, 1, 0).contains("works once and expires after one hour."));
    assert!(said(Language::En, 72, 3).contains("works once and expires after 3 days."));
    assert!(said(Language::En, 0, 0).contains("works once and expires after 10 minutes."));
    assert!(said(Language::Ru, 0, 0).contains("сработает один раз и действует 10 минут."));
    assert!(said(Language::Ru, 1, 0).contains("сработает один раз и действует 1 час."));
    assert!(said(Language::Ru, 2, 0).contains("сработает один раз и действует 2 часа."));
    assert!(said(Language::Ru, 21 * 24, 21).contains("сработает один раз и действует 21 день."));
    assert!(said(Language::Ru, 72, 3).contains("сработает один раз и действует 3 дня."));
}

#[test]
fn user_input_is_escaped_in_html_and_sanitized_in_subjects() {
    let args = json!({"name": "<b>Ann", "new_email": EVIL, "site": "a\r\nBcc: b@example.com"});
    let (subject, text, html) = letter(Language::En, "email_changed", &args);
    assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
    assert!(html.contains("&lt;b&gt;Ann") && html.contains("&lt;script&gt;"), "{html}");
    assert!(text.contains("<b>Ann") && text.contains(EVIL), "{text}");
    assert!(!subject.contains(char::is_control), "{subject}");
}

#[test]
fn a_name_that_looks_like_a_url_is_not_used_in_mails() {
    let said = |name: &str| {
        let args = json!({"name": name, "link": LINK, "minutes": 4320, "hours": 72, "days": 3});
        letter(Language::En, "confirm_email", &args).1
    };
    for name in ["http://evil.example", "see evil.example now", "a@evil.example", "a\nb"] {
        assert!(said(name).starts_with("Hello,\n"), "{name}");
    }
    for name in ["Ann", "J. R. R.", "Мария", "O'Neil", "Anne-Marie"] {
        assert!(said(name).starts_with(&format!("Hello {name},\n")), "{name}");
    }
}
