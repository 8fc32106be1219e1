//! Django dumps.
use super::{Mover, PBKDF2, dump, exported, lines};
use serde_json::{Value, json};

on_both_by_command!(a_django_dump_is_imported_unchanged);
fn a_django_dump_is_imported_unchanged(mover: &Mover) {
    let said = mover.import(&dump("auth.user").to_string(), &["--role", "Content Editors=EDITOR"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let users = mover.users();
    let [ann, bob] = users.as_slice() else { panic!("{users:?}") };
    for (key, value) in [
        ("id", json!(41)),
        ("email", json!("ann@example.com")),
        ("username", json!("ann")),
        ("first_name", json!("Ann")),
        ("is_active", json!(true)),
        ("is_superuser", json!(true)),
        ("roles", json!(["ADMIN", "EDITOR"])),
        ("password_hash", json!(PBKDF2)),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("last_login_at", json!("2026-01-02T03:04:05.678Z")),
        ("is_email_confirmed", json!(false)),
        ("language", Value::Null),
    ] {
        assert_eq!(ann[key], value, "{key}");
    }
    assert_eq!(
        (&bob["username"], &bob["is_active"], &bob["roles"]),
        (&Value::Null, &json!(false), &json!([]))
    );
    assert_eq!(bob["password_hash"], "!unusable");
}

on_both_by_command!(a_custom_django_model_is_imported_by_its_fields);
fn a_custom_django_model_is_imported_by_its_fields(mover: &Mover) {
    let users = lines([
        json!({ "model": "people.Member", "pk": "ann@example.com", "fields": {
            "login": "ann", "password": PBKDF2, "number": 5, "status": 2, "is_email_confirmed": true,
            "groups": [["EDITOR"]], "registered": "2020-01-01T03:00:00+03:00", "username": 7 } }),
        json!({ "model": "people.member", "pk": "bob@example.com", "fields": {
            "password": PBKDF2, "number": 6, "status": 1, "groups": [9], "registered": null } }),
    ]);
    let options = [
        "--model",
        "people.member",
        "--map",
        "email=pk",
        "--map",
        "id=number",
        "--map",
        "role=status",
        "--map",
        "created_at=registered",
        "--role",
        "2=ADMIN",
        "--role",
        "1=USER",
    ];
    let taken =
        mover.import(&users, &[&options[..], &["--map", "username=login", "--dry-run"]].concat());
    let reasons: Vec<_> = taken.lines.iter().filter_map(|l| l["reason"].as_str()).collect();
    assert!(reasons[0].contains("no field \"login\""), "{reasons:?}");
    let taken = mover.import(&users, &[&options[..], &["--map", "username="]].concat());
    assert_eq!(taken.code, 1);
    assert!(taken.lines[0]["reason"].as_str().unwrap().contains("9 is no group"), "{}", taken.out);
    let users = mover.users();
    assert_eq!(users.len(), 1);
    for (key, value) in [
        ("id", json!(5)),
        ("email", json!("ann@example.com")),
        ("username", Value::Null),
        ("roles", json!(["EDITOR", "ADMIN"])),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("is_email_confirmed", json!(true)),
    ] {
        assert_eq!(users[0][key], value, "{key}");
    }
}

on_both_by_command!(an_incomplete_dump_is_explained);
fn an_incomplete_dump_is_explained(mover: &Mover) {
    let users = dump("people.member").to_string();
    let said = mover.import(&users, &[]);
    assert!(
        said.code == 1 && said.err.contains("--model can be one of: people.member"),
        "{}",
        said.err
    );
    let said = mover.import(&users, &["--model", "people.member"]);
    assert!(
        said.lines[0]["reason"].as_str().unwrap().contains("\"Content Editors\"=NAME"),
        "{}",
        said.out
    );
    let said = mover.import(&lines([exported(1, "ann")]), &["--map", "username="]);
    assert!(said.code == 1 && said.err.contains("a Django dump"), "{}", said.err);
}
