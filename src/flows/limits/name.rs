//! The name of an account in the form in which it is compared, so that no spelling has a budget of its own.
use crate::{
    flows::{Login, User},
    identifiers::{Email, Username},
};

/// The name of a login. A malformed name stays as it is: it belongs to no account.
pub(super) fn of_login(login: Login<'_>) -> String {
    match login {
        Login::Either(name) if name.contains('@') => of_email(name),
        Login::Email(email) => of_email(email),
        Login::Either(name) | Login::Username(name) => of_username(name),
        Login::Id(id) => format!("id {}", id.0),
    }
}

/// The name of an address.
pub(super) fn of_email(email: &str) -> String {
    let key = Email::parse(email).map_or_else(|_| plain(email), |email| email.key);
    format!("email {key}")
}

fn of_username(name: &str) -> String {
    let key = Username::parse(name).map_or_else(|_| plain(name), |name| name.key);
    format!("username {key}")
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase()
}

/// All names with which a user can log in.
pub(super) fn of_user(user: &User) -> Vec<String> {
    let mut names = vec![of_email(&user.email), format!("id {}", user.id.0)];
    names.extend(user.username.as_deref().map(of_username));
    names
}
