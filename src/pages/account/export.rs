//! `/account/data.json`: what is stored about the user, as a download (GDPR, 20).
use crate::{
    pages::PageError,
    web::{self, Reply, UserContext},
};
use rocket::get;
use serde_json::{Value, json};

/// How many events are included.
const MAX_EVENTS: i64 = 10_000;

#[get("/account/data.json")]
pub async fn data(reader: web::Result<UserContext<'_>>) -> Result<Reply<Value>, PageError> {
    let UserContext { auth, by, .. } = reader?;
    let user = &by.user;
    let sessions = auth.sessions(&by).await?;
    let factors = auth.factors(&by).await?;
    let history = auth.history(&by, MAX_EVENTS).await?;
    let data = json!({
        "user": {
            "id": user.id,
            "email": user.email,
            "email_confirmed_at": user.email_confirmed_at,
            "username": user.username,
            "first_name": user.first_name,
            "language": user.language,
            "notify_new_devices": user.notify_new_devices,
            "roles": user.roles.0,
            "is_superuser": user.is_superuser,
            "created_at": user.created_at,
        },
        "factors": {
            "totp": factors.totp.map(|totp| json!({
                "confirmed_at": totp.confirmed_at,
                "last_used_at": totp.last_used_at,
            })),
            "recovery_codes_left": factors.recovery_codes_left,
        },
        "sessions": sessions.iter().map(|s| json!({
            "id": s.id,
            "created_at": s.created_at,
            "last_seen_at": s.last_seen_at,
            "expires_at": s.expires_at,
            "ip": s.ip,
            "user_agent": s.user_agent,
            "current": s.id == by.session.id,
        })).collect::<Vec<_>>(),
        "history": history.iter().map(|e| json!({
            "at": e.at,
            "times": e.times,
            "last_at": e.last_at,
            "what": e.kind,
            "ip": e.ip,
            "user_agent": e.user_agent,
        })).collect::<Vec<_>>(),
    });
    Ok(Reply::ok(data).header("Content-Disposition", "attachment; filename=\"account.json\""))
}
