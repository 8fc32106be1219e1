//! Which passwords are refused, wherever they are set.
use crate::support::{PASSWORD, Reply, Service, program, rows};
use rocket::http::Method;
use serde_json::{Value, json};
use std::{fs, path::Path};

/// A password, and why it is refused, in English and Russian.
const REFUSED: [(&str, &str, &str); 9] = [
    ("k3J9x#Q", "At least 8 characters.", "Не меньше 8 символов."),
    ("Ann@Example.com", SIMILAR.0, SIMILAR.1),
    ("ann-1985", SIMILAR.0, SIMILAR.1),
    ("localhost!", SIMILAR.0, SIMILAR.1),
    ("p@ssw0rd", COMMON.0, COMMON.1),
    ("Анастасия", COMMON.0, COMMON.1),
    ("cjkysirj", COMMON.0, COMMON.1),
    ("Пароль2026!", GUESSABLE.0, GUESSABLE.1),
    (LEAKED, LEAKED_WHY.0, LEAKED_WHY.1),
];

/// Only the list of leaked passwords refuses it.
const LEAKED: &str = "справедливость";

const SIMILAR: (&str, &str) = (
    "The password must not be made of your own address or name, or of this site's name.",
    "Пароль не должен состоять из вашего адреса или имени или из названия этого сайта.",
);

const COMMON: (&str, &str) = (
    "This password is a common one: it is among the first to be tried.",
    "Это распространённый пароль: такие пробуют первыми.",
);

const LEAKED_WHY: (&str, &str) = (
    "This password is in a public list of leaked passwords. Choose one that you use nowhere else.",
    "Этот пароль есть в открытых списках утёкших паролей. Выберите такой, каким не пользуетесь больше нигде.",
);

const GUESSABLE: (&str, &str) = (
    "This password is too easy to guess. Make it longer: three or four unrelated words will do.",
    "Этот пароль слишком легко угадать. Сделайте его длиннее: хватит трёх-четырёх не связанных между собой слов.",
);

/// Runs a command on the database of `service` and returns its exit code and standard error.
fn command(service: &Service, folder: &Path, args: &[&str], password: &str) -> (i32, String) {
    let input = folder.join("input");
    fs::write(&input, password).unwrap();
    let mut command = program(folder, args);
    command.env("DATABASE_URL", service.url()).stdin(fs::File::open(input).unwrap());
    let done = command.arg("--password-stdin").output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
}

on_both!(every_way_to_set_a_password_refuses_it_alike);
async fn every_way_to_set_a_password_refuses_it_alike(service: &Service) {
    let ann = service.user("ann").await;
    let stranger = service.stranger();
    stranger.post("/auth/password/forgot", json!({ "email": "ann@example.com" })).await.expect(202);
    let token = service.mailed_token("ann@example.com").await;
    for (password, english, russian) in REFUSED {
        for (language, why) in [("en", english), ("ru", russian)] {
            let told = |reply: &Reply, field: &str| {
                let errors = &reply.refused(400, "validation")["errors"];
                assert_eq!(errors, &json!({ field: [why] }), "{password}");
            };
            let send = async |path: &str, body: Value| {
                let headers = [("Content-Type", "application/json"), ("Accept-Language", language)];
                ann.send(Method::Post, path, Some(body.to_string()), &headers).await
            };
            let new =
                json!({ "email": "ann@example.org", "password": password, "username": "ann2" });
            told(&send("/auth/register", new.clone()).await, "password");
            told(&send("/api/register", new).await, "password");
            let change = json!({ "current_password": PASSWORD, "new_password": password });
            told(&send("/auth/password", change).await, "new_password");
            let reset = json!({ "token": token, "new_password": password });
            told(&send("/auth/password/reset", reset).await, "new_password");
        }
    }
    ann.login().await.expect(200);
}

on_both!(the_command_line_refuses_the_same);
async fn the_command_line_refuses_the_same(service: &Service) {
    let ann = service.registered("ann").await;
    let folder = tempfile::tempdir().unwrap();
    for (password, why, _) in REFUSED {
        for args in [&["user", "add", "ann@example.org"][..], &["user", "passwd", "ann"]] {
            let (code, told) = command(service, folder.path(), args, password);
            assert_eq!((code, told.trim_end()), (1, &*format!("portcullis: password: {why}")));
        }
    }
    ann.login().await.expect(200);
    let (code, told) =
        command(service, folder.path(), &["user", "passwd", "ann"], "лошадь верно батарея");
    assert_eq!((code, &*told), (0, ""));
    ann.login_with(json!({ "login": "ann", "password": "лошадь верно батарея" })).await.expect(200);
}

on_both!(nobody_has_to_change_a_password_that_would_be_refused_today);
async fn nobody_has_to_change_a_password_that_would_be_refused_today(service: &Service) {
    let ann = service.registered("ann").await;
    // Django's hash of "password", which the password policy refuses.
    let old = "UPDATE auth_users SET password_hash =
                   'pbkdf2_sha256$1000$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=' RETURNING email";
    rows(service, old).await;
    ann.login_with(json!({ "login": "ann", "password": "password" })).await.expect(200);
    let change = json!({ "current_password": "password", "new_password": PASSWORD });
    ann.post("/auth/password", change).await.expect(204);
}

on_both!(a_larger_list_of_leaked_passwords_is_asked, |config| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/leaked-hashes.txt");
    config.password.breached_file = Some(file.into());
});
async fn a_larger_list_of_leaked_passwords_is_asked(service: &Service) {
    let new = json!({ "email": "ann@example.com", "password": "quietly leaked battery" });
    let reply = service.stranger().post("/auth/register", new).await;
    assert_eq!(reply.refused(400, "validation")["errors"]["password"], json!([LEAKED_WHY.0]));
}
