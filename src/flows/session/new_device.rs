//! A login from a device that the account does not know is mailed to its user (OWASP ASVS 5, 6.3.5).
//!
//! A browser is known by its cookie; a program that keeps no cookies is known if a session of the account has the
//! same user agent and network. Neither counts from a time when somebody else may have used the account. The mail
//! goes through the outbox, so it neither blocks nor delays the login.
use crate::{
    flows::{Result, User, limits::is_same_network, mail::Kind, work::Work},
    store::sessions,
};
use serde_json::json;

/// How many addresses of earlier sessions are compared.
const MOST_SESSIONS: i64 = 200;

impl Work<'_> {
    /// Enqueues a mail about the login that this work stores, unless the device is known or the user or the
    /// operator wants no such mail. Call it before the new session is stored.
    ///
    /// The first login of an account needs no mail. An address that is not confirmed may belong to somebody
    /// else.
    pub async fn mail_new_device(&mut self, user: &User) -> Result<()> {
        let wanted = self.auth.config.notify_new_devices
            && user.notify_new_devices
            && user.email_confirmed_at.is_some()
            && user.last_login_at.is_some();
        if !wanted
            || self.auth.knows_device(self.caller, user)
            || self.has_seen_caller(user).await?
        {
            return Ok(());
        }
        let login = json!({
            "user_agent": self.caller.user_agent,
            "ip": self.caller.ip.map(|ip| ip.to_string()),
            "at": self.now.micros(),
        });
        self.mail_to(Kind::NewDevice, user, &user.email, &login).await
    }

    /// Whether a session that is certainly the user's own has the caller's user agent and network.
    async fn has_seen_caller(&mut self, user: &User) -> Result<bool> {
        let agent = self.caller.user_agent.as_deref();
        let addresses = sessions::addresses(&mut self.tx, user.id, agent, MOST_SESSIONS).await?;
        Ok(addresses.iter().any(|ip| is_same_network(ip.as_deref(), self.caller.ip)))
    }
}
