//! A notice on the next page: what the last request did. A cookie carries its name. The page that shows the
//! notice removes the cookie.
use crate::{config::Language, flows::Auth, view, web::cookies};
use rocket::{
    Request,
    http::{Cookie, SameSite},
};

/// What a request did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

const ALL: [Notice; 29] = [
    Notice::Registered,
    Notice::Welcome,
    Notice::CheckMail,
    Notice::ResetMailed,
    Notice::ConfirmationMailed,
    Notice::ConfirmationResent,
    Notice::LoggedOut,
    Notice::ProfileSaved,
    Notice::EmailChangeMailed,
    Notice::PasswordChanged,
    Notice::PasswordReset,
    Notice::SessionEnded,
    Notice::OthersEnded,
    Notice::AccountDeleted,
    Notice::EmailConfirmed,
    Notice::RegistrationDeclined,
    Notice::ChangeDeclined,
    Notice::EmailRestored,
    Notice::LoginReported,
    Notice::NotificationsSaved,
    Notice::UserChanged,
    Notice::UserSessionsEnded,
    Notice::UserDeleted,
    Notice::MailQueued,
    Notice::SettingsSaved,
    Notice::KeysRotated,
    Notice::Invited,
    Notice::InvitationWithdrawn,
    Notice::PasswordProven,
];

const COOKIE: &str = "portcullis-notice";

impl Notice {
    const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Welcome => "welcome",
            Self::CheckMail => "check-mail",
            Self::ResetMailed => "reset-mailed",
            Self::ConfirmationMailed => "confirmation-mailed",
            Self::ConfirmationResent => "confirmation-resent",
            Self::LoggedOut => "logged-out",
            Self::ProfileSaved => "profile-saved",
            Self::EmailChangeMailed => "email-change-mailed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::SessionEnded => "session-ended",
            Self::OthersEnded => "others-ended",
            Self::AccountDeleted => "account-deleted",
            Self::EmailConfirmed => "email-confirmed",
            Self::RegistrationDeclined => "registration-declined",
            Self::ChangeDeclined => "change-declined",
            Self::EmailRestored => "email-restored",
            Self::LoginReported => "login-reported",
            Self::NotificationsSaved => "notifications-saved",
            Self::UserChanged => "user-changed",
            Self::UserSessionsEnded => "user-sessions-ended",
            Self::UserDeleted => "user-deleted",
            Self::MailQueued => "mail-queued",
            Self::SettingsSaved => "settings-saved",
            Self::KeysRotated => "keys-rotated",
            Self::Invited => "invited",
            Self::InvitationWithdrawn => "invitation-withdrawn",
            Self::PasswordProven => "password-proven",
        }
    }

    /// The notice as a sentence.
    pub fn text(self, language: Language) -> String {
        view::text(language, &format!("notice-{}", self.name()), &[])
    }

    /// The cookie that carries the notice to the next page.
    pub fn cookie(self, auth: &Auth) -> String {
        let mut cookie = bare(auth, self.name());
        cookie.set_max_age(time::Duration::minutes(1));
        cookie.to_string()
    }
}

fn bare(auth: &Auth, value: &'static str) -> Cookie<'static> {
    let secure = auth.config().cookie.secure;
    let cookie = Cookie::build((COOKIE, value)).path("/").http_only(true).secure(secure);
    cookie.same_site(SameSite::Lax).build()
}

/// The notice that a request carries. Removes its cookie.
pub fn take(req: &Request<'_>) -> Option<Notice> {
    let name = cookies::one(req, COOKIE)?;
    let mut gone = bare(req.rocket().state::<Auth>()?, "");
    gone.set_max_age(time::Duration::ZERO);
    req.cookies().add(gone);
    ALL.into_iter().find(|notice| notice.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flash_message_is_translated() {
        for (notice, language) in ALL.iter().flat_map(|n| Language::ALL.map(|l| (n, l))) {
            assert!(!notice.text(language).starts_with("notice-"), "{notice:?}");
        }
    }
}
