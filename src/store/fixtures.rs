//! Rows that many tests start from.
use crate::{
    db::{Db, Result, Tx},
    secret::Digest,
    store::{
        refresh_tokens,
        revocations::Revocation,
        sessions::{self, Rotation, SessionId},
        users::{self, UserId},
    },
    support::Database,
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

/// The time at which the rows are created.
pub const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// `seconds` after [`NOW`].
pub fn after(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

/// A new user with this email and username, and neither roles nor a confirmed email.
pub fn named<'a>(email: &'a str, username: Option<&'a str>) -> users::NewUser<'a> {
    users::NewUser {
        id: None,
        email,
        email_key: email,
        email_confirmed_at: None,
        username,
        username_key: username,
        first_name: "Ann",
        password_hash: Some("hash"),
        is_active: true,
        is_superuser: false,
        language: Some("ru"),
        created_at: NOW,
        last_login_at: None,
        self_registered: true,
        notify_new_devices: true,
    }
}

/// Stores the user Ann, who has a username.
pub async fn ann(db: &Db) -> UserId {
    tx!(db, |tx| users::insert(tx, &named("ann@example.com", Some("ann")))).unwrap().id
}

/// Stores the user Bob, who has no username.
pub async fn bob(db: &Db) -> UserId {
    tx!(db, |tx| users::insert(tx, &named("bob@example.com", None))).unwrap().id
}

/// Whether a session is alive at [`NOW`].
pub async fn living(db: &Db, id: SessionId) -> bool {
    let session = sessions::by_id(&mut db.read().await.unwrap(), id).await.unwrap();
    session.is_some_and(|s| s.is_alive(NOW))
}

/// A session of a user that expires after 1000 s, and its access token after 300 s.
pub fn session_of(user: UserId) -> sessions::Session {
    sessions::Session {
        id: SessionId(Uuid::new_v4()),
        user_id: user,
        client: "native".into(),
        rotation: Rotation::Grace,
        family_id: None,
        actor_id: None,
        remember: true,
        ip: Some("127.0.0.1".into()),
        user_agent: None,
        created_at: NOW,
        authenticated_at: NOW,
        amr: "pwd".into(),
        last_seen_at: NOW,
        expires_at: after(1000),
        access_expires_at: after(300),
        ended_at: None,
    }
}

/// Stores a session of a user.
pub async fn open(db: &Db, user: UserId) -> SessionId {
    let session = session_of(user);
    tx!(db, |tx| sessions::insert(tx, &session));
    session.id
}

/// The refresh token number `n` of a session. It expires after 100 s, and its access token after 10 s.
pub fn token_of(session: SessionId, n: u8) -> refresh_tokens::RefreshToken {
    refresh_tokens::RefreshToken {
        hash: Digest(vec![n; 32]),
        session_id: session,
        salt: vec![n; 16],
        issued_at: NOW,
        expires_at: after(100),
        access_expires_at: after(10),
        used_at: None,
    }
}

/// Stores a revocation, unless the session has one.
pub async fn revoke(db: &mut Tx, r: &Revocation) -> Result<()> {
    let sql = "INSERT INTO auth_revocations (session_id, ended_at, expires_at) VALUES ($1, $2, $3)
               ON CONFLICT DO NOTHING";
    db.run(sql, (r.session_id, r.ended_at, r.expires_at)).await
}

/// Opens a database with at most four connections, and migrates it.
pub async fn migrated(database: &Database) -> Db {
    let db = Db::open(&database.url, 4).await.unwrap();
    db.migrate().await.unwrap();
    db
}
