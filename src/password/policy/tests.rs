use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

const OWN: [&str; 3] = ["Ann.Smith@mail.example.com", "Annie Smith", "Аня"];

/// Leaked passwords with nothing else wrong.
const LEAKED: [&str; 5] =
    ["12sambo10", "fenerbahc", "cghfdtlkbdjcnm", "справедливость", "настроение"];

fn policy() -> Policy {
    Policy::new(&Config::default()).unwrap()
}

fn refused(password: &str) -> Option<FieldError> {
    let own = OWN.map(str::to_owned);
    match policy().read(password) {
        Ok(password) => policy().refuse(&password, &own).unwrap(),
        Err(why) => Some(why),
    }
}

#[test]
fn strong_passwords_are_accepted_in_any_script() {
    for good in [
        "correct horse battery",
        "correcthorsebatterystaple",
        "another good password",
        "k3J9x#Qz",
        "w;VUz}8L",
        "qzwjhvkt",
        "лошадь верно батарея",
        "правильная скрепка 7",
        "съешь ещё этих булок",
        "hfpldfnhb ldtyflwfnm",
        "パスワードを変更する",
        "密碼要長一點才好",
        "σωστό άλογο μπαταρία",
        "🐎🔋📎🍏 yes indeed",
        &"correct horse battery ".repeat(11),
    ] {
        assert_eq!(refused(good), None, "{good}");
    }
}

#[test]
fn variants_cover_transliteration_and_keyboard_layout() {
    let read =
        |password| variants::of(password).into_iter().map(|f| (f.text, f.lost)).collect::<Vec<_>>();
    let form = |text: &str, lost| (text.to_owned(), lost);
    assert_eq!(read("gfhjkm"), [form("gfhjkm", 0), form("parol", 1)]);
    assert_eq!(read("Пароль"), [form("parol", 1), form("gfhjkm", 0)]);
    assert_eq!(read("K>,jdm 1"), [form("K>,jdm 1", 0), form("lyubov 1", 1)]);
    assert_eq!(read("ЙЦУКЕН"), [form("ytsuken", 0), form("qwerty", 0)]);
    assert_eq!(read("Ｐass"), [form("Pass", 0), form("zfyy", 0)]);
    assert_eq!(read("2468"), [form("2468", 0)]);
    assert_eq!(variants::key("Щука-Ёж, 7!"), "shchukaezh7");
    let words = variants::russian_words();
    assert!(["parol", "lyubov", "lubov", "privet"].iter().all(|w| words.iter().any(|k| k == w)));
}

#[test]
fn length_is_counted_in_characters() {
    assert_eq!(refused(""), Some(FieldError::Blank));
    assert_eq!(refused("k3J9x#Q"), Some(FieldError::TooShort(8)));
    assert_eq!(refused("короток"), Some(FieldError::TooShort(8)));
    assert_eq!(refused(&"x".repeat(257)), Some(FieldError::TooLong(256)));
    assert_eq!(refused(&"x".repeat(1 << 20)), Some(FieldError::TooLong(256)));
    assert_eq!(refused("with\0nul in it"), Some(FieldError::NotPrintable));
    let mut config = Config::default();
    config.password.min_length = 12;
    assert_eq!(Policy::new(&config).unwrap().read("k3J9x#Qz"), Err(FieldError::TooShort(12)));
}

#[test]
fn names_of_the_user_and_the_site_are_refused() {
    for own in [
        "ann.smith@MAIL.example.com",
        "ann.SMITH",
        "annsmith",
        "annie smith",
        "Ａnnie Smith",
        "smith1985",
        "!!!Smith!!!",
        "smithsmith",
        "smith-example",
        "энниsmith",
        "ыьшерыьшер",
        "аняаняаня",
        "anyaanya",
        "fyzfyzfyz",
        "localhost",
        "LocalHost2026",
        "portcullis",
        "Portcullis1!",
    ] {
        assert_eq!(refused(own), Some(FieldError::TooSimilar), "{own}");
    }
    // A password may contain a name if enough else is in it.
    assert_eq!(refused("smith walks along rivers"), None);
    assert_eq!(refused("аня гуляет вдоль рек"), None);
}

#[test]
fn the_site_name_comes_from_the_public_url() {
    let public_url = url::Url::parse("https://auth.pancakes.example").unwrap();
    let policy = Policy::new(&Config { public_url, ..Config::default() }).unwrap();
    for name in ["pancakes", "Pancakes2026", "зфтсфлуы", "auth.pancakes", "auth.pancakes.example"]
    {
        assert_eq!(policy.refuse(name, &[]).unwrap(), Some(FieldError::TooSimilar), "{name}");
    }
}

#[test]
fn common_passwords_are_refused_in_every_variant() {
    for common in [
        "password",
        "Password",
        "drowssap",
        "p@ssw0rd",
        "baseball",
        "trustno1",
        "qwertyuiop",
        "анастасия",
        "Анастасия",
        "солнышко",
        "анатолий",
        "anastasiya",
        "solnyshko",
        "fyfcnfcbz",
        "cjkysirj",
        "Здравствуйте",
        "зфыыцщкв",
        "йцукенгшщз",
    ] {
        assert_eq!(refused(common), Some(FieldError::Common), "{common}");
    }
}

#[test]
fn combinations_of_common_patterns_are_guessable() {
    for guessable in [
        "password1!",
        "Passw0rd123",
        "qwerty123456",
        "1qaz2wsx3edc",
        "aaaaaaaaaaaa",
        "abcdefgh",
        "12345678",
        "2012-12-21",
        "пароль123",
        "Пароль2024!",
        "парольпароль",
        "мойпароль1",
        "gfhjkm123",
        "parol123",
        "любовь1234",
        "k.,jdm1234",
        "lubov1234",
        "lyubov1234",
        "йцукен123456",
        "привет123",
        "ghbdtn123",
        "Ghbdtn12!",
        "наташа1990",
        "приветнаташа",
    ] {
        let why = refused(guessable);
        assert!(
            matches!(why, Some(FieldError::Guessable | FieldError::Common)),
            "{guessable} {why:?}"
        );
    }
}

#[test]
fn leaked_passwords_are_refused_in_any_case() {
    // Only the leak is wrong with them.
    for leaked in LEAKED {
        assert_eq!(refused(leaked), Some(FieldError::Leaked), "{leaked}");
        assert_eq!(refused(&leaked.to_uppercase()), Some(FieldError::Leaked), "{leaked}");
    }
}

#[test]
fn the_filter_is_small_with_few_false_positives() {
    assert!(include_bytes!("leaked.filter").len() <= 300_000);
    let trials = 2_000_000;
    let wrong =
        (0..trials).filter(|n| breach_filter::contains(&format!("no password {n}"))).count();
    // The expected number is 31, one in 65,536.
    assert!((10..70).contains(&wrong), "{wrong} of {trials}");
}

#[test]
fn the_breach_file_is_checked_in_addition() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hashes.txt");
    std::fs::write(&file, "0000000000000000000000000000000000000000:1\nHASH:7\n").unwrap();
    let mut config = Config::default();
    config.password.breached_file = Some(file.clone());
    let why = Policy::new(&config).err().unwrap();
    assert_eq!(why.key, "portcullis.password.breached_file");
    std::fs::write(&file, "98DECC62ECE399A22ED30D490EF333BE7FDE7385:7\n").unwrap();
    let policy = Policy::new(&config).unwrap();
    for password in ["correct horse battery", "Correct Horse Battery"] {
        assert_eq!(policy.refuse(password, &[]).unwrap(), Some(FieldError::Leaked));
    }
    assert_eq!(policy.refuse("correct horse battery staple", &[]).unwrap(), None);
    // A missing file is an error: the password is not accepted.
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(policy.refuse("correct horse battery", &[]), Err(Error::Internal(_))));
}

#[test]
fn strength_has_four_levels() {
    for (password, expected) in [
        ("", Strength::Weak),
        ("password", Strength::Weak),
        ("пароль123", Strength::Weak),
        ("smith1985", Strength::Weak),
        ("k3J9x#Qz", Strength::Fair),
        ("k3J9x#QzvB", Strength::Good),
        ("k3J9x#QzvBw7mN", Strength::Strong),
        ("correct horse battery", Strength::Strong),
        ("лошадь верно батарея", Strength::Strong),
        (&"x".repeat(300), Strength::Weak),
    ] {
        assert_eq!(policy().strength(password, &OWN.map(str::to_owned)), expected, "{password}");
    }
    let names = [Strength::Weak, Strength::Fair, Strength::Good, Strength::Strong];
    assert_eq!(names.map(Strength::name), ["weak", "fair", "good", "strong"]);
    assert!(names.is_sorted());
}

/// Characters that zxcvbn reads as letters, Cyrillic ones, and any others.
fn hard() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,256}",
        "[4@8({\\[<369|1!0$5+7%2]{8,256}",
        "[а-яёА-ЯЁ]{8,256}",
        "[1-9./-]{8,256}",
        "(ab|a|12|ÿ|İ|ß|ſ|ﬃ|й){8,100}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_password_is_rated_in_bounded_time(password in hard(), name in "\\PC{0,64}") {
        let since = Instant::now();
        policy().strength(&password, &[name, "ann@example.com".to_owned()]);
        prop_assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    }
}
