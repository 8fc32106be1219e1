use super::*;
use proptest::prelude::*;

#[test]
fn email_variants_have_one_key() {
    for (typed, key) in [
        (" Ann@Example.COM ", "ann@example.com"),
        ("a.b+c@mail.example.com", "a.b+c@mail.example.com"),
        ("ann@пример.рф", "ann@xn--e1afmkfd.xn--p1ai"),
        ("ann@ｅxample.com", "ann@example.com"),
        ("ann@example。com", "ann@example.com"),
        ("ann@exa\u{ad}mple.com", "ann@example.com"),
        ("ann@STRASSE.de", "ann@strasse.de"),
        ("ann@XN--E1AFMKFD.xn--p1ai", "ann@xn--e1afmkfd.xn--p1ai"),
    ] {
        assert_eq!(Email::parse(typed).unwrap().key, key);
    }
    assert_eq!(Email::parse("Ann@Example.COM").unwrap().email, "Ann@example.com");
}

#[test]
fn invalid_emails_are_refused() {
    for typed in [
        "ann",
        "@example.com",
        "ann@",
        "ann@localhost",
        "ann@@example.com",
        "a b@example.com",
        "ａdmin@example.com",
        "straße@example.com",
        "adm\u{131}n@example.com",
        "adm\u{130}n@example.com",
        "\u{212a}ate@example.com",
        "аdmin@example.com",
        "ann\u{200b}@example.com",
        "ann@example.com.",
        "ann@example.com\0",
        "ann@exam ple.com",
        "ann＠example.com",
        "ann@x＠example.com",
        "ann@127.0.0.0x1",
        "ann@[IPv6:::1]",
        "ann@xn--a.com",
        "Ann <ann@example.com>",
        "ann@example.com,bob@example.com",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        "\"ann\"@example.com",
        "ann\r\nBcc: x@example.com",
        "a..b@example.com",
        ".a@example.com",
        "ann@example..com",
        "ann@-example.com",
        "ann@exa_mple.com",
        "ann\0@example.com",
    ] {
        assert_eq!(Email::parse(typed), Err(FieldError::NotEmail), "{typed}");
    }
    assert_eq!(Email::parse("  "), Err(FieldError::Blank));
    let of = |local, labels| {
        Email::parse(&format!("{}@{}com", "a".repeat(local), "b2345.".repeat(labels)))
    };
    assert!(of(64, 31).is_ok());
    assert_eq!(of(65, 1), Err(FieldError::NotEmail));
    assert_eq!(of(64, 32), Err(FieldError::NotEmail));
    assert_eq!(Email::parse(&"ａ".repeat(1 << 20)), Err(FieldError::NotEmail));
}

#[test]
fn equivalent_usernames_have_one_key() {
    let key = |name| Username::parse(name).unwrap().key;
    assert_eq!(key("Ann"), key("ann"));
    assert_eq!(key("Ａnn"), key("ann"));
    assert_eq!(key("Straße"), key("STRASSE"));
    assert_eq!(key("John  Smith"), key("john smith"));
    assert_eq!(key("Ёж"), key("\u{415}\u{308}ж"));
    assert_eq!(key("ﬁnn"), key("FINN"));
    assert_eq!(Username::parse(" John \u{a0} Smith\n").unwrap().name, "John Smith");
    for name in ["Иван_Petrov", "李小龍", "ken太郎", "มานี", "नमस्ते", "O+1", "x2"]
    {
        assert_eq!(Username::parse(name).unwrap().name, name);
    }
}

#[test]
fn invalid_usernames_are_refused() {
    for name in ["ann@example.com", "a\tb", "a\0", "<b>", "a/b", "\u{308}a", "...", "a\u{200b}b"] {
        assert_eq!(Username::parse(name), Err(FieldError::NotUsername), "{name}");
    }
    // Invisible characters, a mark without a letter, and mixed alphabets in one word.
    for name in [
        "ann\u{fe0f}",
        "ann\u{3164}",
        "ann\u{34f}",
        "ann\u{e0100}",
        "\u{345}a",
        "\u{93e}a",
        "1\u{301}",
        "аnn",
        "αdmin",
        "ann аnn",
    ] {
        assert_eq!(Username::parse(name), Err(FieldError::NotUsername), "{name:?}");
    }
    assert_eq!(Username::parse(" "), Err(FieldError::Blank));
    assert!(Username::parse(&"a".repeat(64)).is_ok());
    assert_eq!(Username::parse(&"a".repeat(65)), Err(FieldError::TooLong(64)));
    assert_eq!(Username::parse(&"\u{fdfa}".repeat(10)), Err(FieldError::TooLong(64)));
    assert_eq!(Username::parse(&"a".repeat(1 << 20)), Err(FieldError::TooLong(64)));
}

#[test]
fn roles_and_first_names_are_validated() {
    assert!(role("ADMIN").is_ok() && role("team:read").is_ok());
    assert!(role("A,B").is_err() && role("").is_err());
    assert_eq!(first_name(" Ann ").unwrap(), "Ann");
    assert_eq!(first_name("  ").unwrap(), "");
    assert_eq!(first_name("Zoe\u{308}").unwrap(), "Zoë");
    assert_eq!(first_name("A\nB"), Err(FieldError::NotPrintable));
    assert!(first_name(&"e\u{301}".repeat(150)).is_ok());
    assert_eq!(first_name(&"é".repeat(151)), Err(FieldError::TooLong(150)));
}

proptest! {
    #[test]
    fn parsing_a_name_is_idempotent(text in ".{0,40}") {
        if let Ok(name) = Username::parse(&text) {
            prop_assert_eq!(&Username::parse(&name.name).unwrap(), &name);
        }
        if let Ok(name) = first_name(&text) {
            prop_assert_eq!(&first_name(&name).unwrap(), &name);
        }
        let _ = role(&text);
        let _ = Email::parse(&text);
    }

    #[test]
    fn a_username_key_ignores_case(text in "[\\pL ]{1,20}") {
        if let (Ok(name), Ok(small)) = (Username::parse(&text), Username::parse(&text.to_lowercase())) {
            prop_assert_eq!(name.key, small.key);
        }
    }

    #[test]
    fn an_email_key_ignores_case(
        text in "[a-zA-Z.!+]{1,6}@([\\pL0-9-]{1,8}|[a-z]{2,5})([.。][\\pLa-z]{1,6}|\\.com)",
    ) {
        if let Ok(email) = Email::parse(&text) {
            prop_assert!(email.key.is_ascii() && email.key == email.email.to_lowercase());
            prop_assert_eq!(&Email::parse(&email.email).unwrap(), &email);
            prop_assert_eq!(&Email::parse(&email.key).unwrap().key, &email.key);
            let loud = text.to_ascii_uppercase();
            prop_assert_eq!(Email::parse(&loud).unwrap().key, email.key);
        }
    }
}
