//! A notice on the next page: what the last request did. A cookie carries its name. The page that shows the
//! notice removes the cookie.
use crate::{config::Language, flows::Auth, view, web::cookies};
use rocket::Request;

/// What a request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[cfg_attr(test, derive(strum::EnumIter))]
#[strum(serialize_all = "kebab-case")]
pub enum Notice {
    Registered,
    Welcome,
    CheckMail,
    ResetMailed,
    ConfirmationMailed,
    ConfirmationResent,
    LoggedOut,
    ProfileSaved,
    EmailChangeMailed,
    PasswordChanged,
    PasswordReset,
    SessionEnded,
    OthersEnded,
    AccountDeleted,
    EmailConfirmed,
    RegistrationDeclined,
    ChangeDeclined,
    EmailRestored,
    LoginReported,
    NotificationsSaved,
    UserChanged,
    UserSessionsEnded,
    UserDeleted,
    MailQueued,
    SettingsSaved,
    KeysRotated,
    Invited,
    InvitationWithdrawn,
    PasswordProven,
}

const COOKIE: &str = "portcullis-notice";

impl Notice {
    /// The notice as a sentence.
    pub fn text(self, language: Language) -> String {
        view::text(language, &format!("notice-{}", <&str>::from(self)), &[])
    }

    /// The cookie that carries the notice to the next page.
    pub fn cookie(self, auth: &Auth) -> String {
        let age = time::Duration::minutes(1);
        cookies::cookie(auth.config(), COOKIE, <&str>::from(self), Some(age)).to_string()
    }
}

/// The notice that a request carries. Removes its cookie.
pub fn take(req: &Request<'_>) -> Option<Notice> {
    let name = cookies::one(req, COOKIE)?;
    let config = req.rocket().state::<Auth>()?.config();
    req.cookies().add(cookies::cookie(config, COOKIE, "", None));
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn every_flash_message_is_translated() {
        for (notice, language) in Notice::iter().flat_map(|n| Language::ALL.map(|l| (n, l))) {
            assert!(!notice.text(language).starts_with("notice-"), "{notice:?}");
        }
    }
}
