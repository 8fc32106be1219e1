//! The admin pages.
use super::*;

fn moment() -> Value {
    json!({"at": "2026-01-01T00:00:00Z", "day": EVIL, "ago": EVIL})
}

fn operator(superuser: bool) -> Value {
    json!({"operator": {"name": EVIL, "superuser": superuser}})
}

fn device(current: bool) -> Value {
    json!({
        "id": EVIL, "name": EVIL, "ip": EVIL, "started": moment(), "seen": moment(), "current": current,
    })
}

fn somebody(yes: bool) -> Value {
    let roles = if yes { vec![EVIL] } else { vec![] };
    json!({
        "id": 1, "email": EVIL, "username": EVIL, "first_name": EVIL, "language": "ru", "roles": EVIL,
        "role_list": roles, "active": yes, "confirmed": yes, "superuser": yes, "since": moment(),
    })
}

/// Each admin page, with the names of its forms and examples of its view.
pub fn pages() -> Pages {
    let sending = json!({
        "id": 1, "what": EVIL, "to": EVIL, "state": "failed", "outcome": EVIL, "error": EVIL, "at": moment(),
    });
    let line = json!({
        "what": EVIL, "detail": EVIL, "actor": EVIL, "target": EVIL, "target_id": 1, "browser": EVIL,
        "ip": EVIL, "at": moment(),
    });
    vec![
        (
            "pages/admin/overview.html",
            &[],
            vec![with(&operator(true), &json!({
                "users": 3, "confirmed": 2, "mails_waiting": 0, "mails_failed": 1, "most": 7, "attacks": 1,
                "stuffing": {"noticed": true, "failed": 5, "logins": 6},
                "days": [{"day": EVIL, "logins": 7, "failures": 0, "x": 0, "logins_height": 120, "failures_height": 0}],
            }))],
        ),
        (
            "pages/admin/users.html",
            &[],
            [true, false]
                .map(|more| {
                    let query = json!({"search": EVIL, "role": EVIL, "state": "active", "confirmed": "true"});
                    let users = if more { vec![somebody(true), somebody(false)] } else { vec![] };
                    let pages = json!({"next": EVIL, "previous": EVIL, "count": 2, "more": more, "found": users});
                    with(&with(&operator(more), &query), &pages)
                })
                .to_vec(),
        ),
        (
            "pages/admin/user.html",
            &["act", "profile", "grant"],
            [(true, true), (true, false), (false, false)]
                .map(|(touchable, lists)| {
                    let some = |one: &Value| if lists { vec![one.clone()] } else { vec![] };
                    let (next, previous) = (EVIL, Value::Null);
                    with(&operator(touchable), &json!({
                        "who": somebody(lists), "here": "/admin/users/1", "touchable": touchable, "own": !lists,
                        "two_step": lists,
                        "devices": some(&device(true)), "mails": some(&sending),
                        "events": some(&line), "next": next, "previous": previous,
                    }))
                })
                .to_vec(),
        ),
        (
            "pages/admin/settings.html",
            &["settings", "undo"],
            vec![with(&operator(true), &json!({
                "rows": [
                    {"name": "access_token_lifetime", "key": "access-token-lifetime", "value": EVIL, "words": EVIL, "file": EVIL,
                     "lifetime": true, "choices": [], "effect": EVIL, "undo": EVIL},
                    {"name": "registration", "key": "registration", "value": "open", "words": EVIL, "file": "open", "lifetime": false,
                     "choices": [{"value": "open", "effect": EVIL}], "effect": "", "undo": ""},
                ],
                "changes": [{"key": "registration", "from": EVIL, "to": EVIL, "who": EVIL, "at": moment()}],
            }))],
        ),
        (
            "pages/admin/audit.html",
            &[],
            vec![with(&operator(true), &json!({
                "user_id": EVIL, "actor": EVIL, "kind": "login", "from": EVIL, "to": EVIL,
                "kinds": [{"kind": "login", "words": EVIL}], "wrong_query": EVIL, "events": [line], "csv": EVIL,
                "next": EVIL, "previous": null,
            }))],
        ),
        (
            "pages/admin/mail.html",
            &["retry"],
            vec![with(&operator(true), &json!({
                "state": "failed", "mails": [sending], "next": null, "previous": EVIL,
            }))],
        ),
        (
            "pages/admin/keys.html",
            &["rotate"],
            ["current", "next", "retired"]
                .map(|state| {
                    let key = json!({"kid": EVIL, "algorithm": EVIL, "state": state, "created": moment()});
                    with(&operator(true), &json!({"keys": if state == "next" { vec![] } else { vec![key] }}))
                })
                .to_vec(),
        ),
        (
            "pages/admin/invitations.html",
            &["invite", "withdraw"],
            [true, false]
                .map(|closed| with(&operator(true), &json!({
                    "closed": closed, "email": EVIL, "roles": EVIL,
                    "pending": [{"id": 1, "email": EVIL, "roles": EVIL, "created": moment()}],
                })))
                .to_vec(),
        ),
        ("pages/admin/prove.html", &["prove"], vec![with(&operator(false), &json!({"next": EVIL}))]),
    ]
}
