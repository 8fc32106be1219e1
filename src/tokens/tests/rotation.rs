use crate::{
    config::{Algorithm, Secret},
    tokens::{claims::RefreshClaims, key_pair::KeyPair, *},
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const START: Timestamp = Timestamp::from_unix(1_800_000_000);
pub(crate) const DAY: Duration = Duration::from_hours(24);
/// The longest lifetime of a token, by default.
const LONG: Duration = Duration::from_hours(24 * 30);

pub(crate) struct Place {
    pub db: Db,
    pub clock: Clock,
    folder: TempDir,
}

impl Place {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder).await;
        db.migrate().await.unwrap();
        Self { db, clock: Clock::manual(START), folder }
    }

    pub async fn load(&self, algorithm: Algorithm, seal: Option<&str>) -> Result<Keys> {
        Keys::load(&self.db, &settings(algorithm, seal), LONG, &self.clock).await
    }

    pub async fn es256(&self) -> Keys {
        self.load(Algorithm::ES256, None).await.unwrap()
    }

    pub async fn rotate(&self, keys: &Keys, force: bool) -> Result<()> {
        self.rotate_under(LONG, keys, force).await
    }

    async fn rotate_under(&self, lifetime: Duration, keys: &Keys, force: bool) -> Result<()> {
        let now = self.clock.now();
        let fresh = keys.fresh(now).await?;
        let mut tx = self.db.write().await?;
        keys.rotate(&mut tx, &fresh, lifetime, now, force).await?;
        tx.commit().await?;
        keys.reload(&self.db, now).await
    }

    pub async fn states(&self, keys: &Keys) -> Vec<(String, String)> {
        let all = keys.list(&self.db, self.clock.now()).await.unwrap();
        let mut all: Vec<_> = all.into_iter().map(|k| (k.algorithm, k.state.to_string())).collect();
        all.sort();
        all
    }

    pub async fn stored(&self) -> Vec<Vec<u8>> {
        let rows = keys::all(&mut self.db.read().await.unwrap(), self.clock.now()).await.unwrap();
        rows.into_iter().map(|k| k.private_key).collect()
    }

    /// A refresh token that is valid for 30 days.
    pub fn token(&self, keys: &Keys) -> String {
        let id = crate::secret::token().unwrap();
        let now = self.clock.now();
        keys.sign(&RefreshClaims {
            iss: "http://localhost:8000".into(),
            aud: "portcullis".into(),
            sub: "1".into(),
            user_id: 1,
            token_type: "refresh".into(),
            iat: now.unix(),
            exp: now.plus(30 * DAY).unix(),
            jti: id,
            sid: id,
        })
        .unwrap()
    }

    pub fn good(&self, keys: &Keys, token: &str) -> bool {
        keys.verify_refresh(token, self.clock.now()).is_ok()
    }
}

async fn open(folder: &TempDir) -> Db {
    Db::open(&format!("sqlite://{}/auth.db", folder.path().display()), 4).await.unwrap()
}

pub(crate) fn settings(algorithm: Algorithm, seal: Option<&str>) -> Arc<Config> {
    let mut config = Config::default();
    config.jwt.algorithm = algorithm;
    config.jwt.secret = (algorithm == Algorithm::HS256).then(|| Secret("x".repeat(32)));
    config.encryption_key = seal.map(|s| Secret(s.to_owned()));
    Arc::new(config)
}

pub(crate) fn kids(keys: &Keys) -> Vec<Value> {
    keys.jwks(START)["keys"].as_array().unwrap().iter().map(|k| k["kid"].clone()).collect()
}

pub(crate) fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(a, s)| ((*a).to_owned(), (*s).to_owned())).collect()
}

#[tokio::test]
async fn a_key_is_published_before_and_after_it_signs() {
    let place = Place::new().await;
    let keys = place.es256().await;
    let first = place.token(&keys);
    let published = kids(&keys);
    assert_eq!(published.len(), 2);
    let wait = place.rotate(&keys, false).await;
    assert!(matches!(wait, Err(Error::KeyTooYoung { retry_after }) if retry_after == MAX_AGE));
    assert_eq!(kids(&keys), published);
    place.clock.advance(MAX_AGE);
    place.rotate(&keys, false).await.unwrap();
    // The first one signs: it was the next key.
    let after = kids(&keys);
    assert_eq!((&after[0], &after[2]), (&published[1], &published[0]));
    assert_eq!(after.len(), 3);
    let second = place.token(&keys);
    assert!(place.good(&keys, &first) && place.good(&keys, &second));
    assert!(matches!(place.rotate(&keys, false).await, Err(Error::KeyTooYoung { .. })));
    place.rotate(&keys, true).await.unwrap();
    assert_eq!(
        place.states(&keys).await,
        pairs(&[
            ("ES256", "current"),
            ("ES256", "next"),
            ("ES256", "retired"),
            ("ES256", "retired")
        ])
    );
    assert!(place.good(&keys, &first) && place.good(&keys, &second));
}

#[tokio::test]
async fn a_retired_key_verifies_until_its_last_token_expires() {
    let place = Place::new().await;
    let keys = place.es256().await;
    let retired = kids(&keys)[0].clone();
    place.clock.advance(MAX_AGE);
    let token = place.token(&keys);
    place.rotate(&keys, false).await.unwrap();
    place.clock.advance(Duration::from_secs(30 * 86_400 - 1));
    keys.reload(&place.db, place.clock.now()).await.unwrap();
    assert!(place.good(&keys, &token));
    place.clock.advance(DAY);
    assert!(!place.good(&keys, &token));
    keys.reload(&place.db, place.clock.now()).await.unwrap();
    assert!(!kids(&keys).contains(&retired));
    let mut tx = place.db.write().await.unwrap();
    assert_eq!(keys::purge(&mut tx, place.clock.now()).await.unwrap(), 1);
    assert_eq!(place.states(&keys).await, pairs(&[("ES256", "current"), ("ES256", "next")]));
}

/// A token that anyone with the private key `stored` can make.
pub(crate) fn forged(stored: &[u8], issued_at: i64, expires_at: i64) -> String {
    let pair = KeyPair::read(Algorithm::ES256, stored).unwrap();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.kid = Some(pair.kid.clone());
    let id = crate::secret::token().unwrap();
    let claims = json!({
        "iss": "http://localhost:8000", "aud": "portcullis", "sub": "1", "user_id": 1,
        "token_type": "access", "iat": issued_at, "nbf": issued_at, "exp": expires_at, "jti": id,
        "sid": id, "username": "", "email": "a@example.com", "email_verified": true,
        "role": "ADMIN", "roles": ["ADMIN"], "is_superuser": true, "auth_time": issued_at,
        "amr": ["pwd"],
    });
    jsonwebtoken::encode(&header, &claims, &pair.signs).unwrap()
}

#[tokio::test]
async fn a_stolen_key_is_useless_a_day_after_retirement() {
    let place = Place::new().await;
    let keys = place.es256().await;
    let ring = keys::all(&mut place.db.read().await.unwrap(), START).await.unwrap();
    let stolen = ring.iter().find(|k| k.state.as_str() == "current").unwrap().private_key.clone();
    let good = |issued_at: i64, expires_at: i64| {
        let token = forged(&stolen, issued_at, expires_at);
        keys.verify_access(&token, place.clock.now()).is_ok()
    };
    let (start, day) = (START.unix(), 86_400);
    // A lifetime that cannot be configured.
    assert!(good(start, start + day) && !good(start, start + day + 1));
    assert!(!good(start, start + 20 * day));
    place.rotate(&keys, true).await.unwrap();
    place.rotate(&keys, true).await.unwrap();
    place.clock.advance(Duration::from_mins(10));
    let now = place.clock.now().unix();
    // A token issued after the retirement is valid only within the time that replicas need to learn of it.
    assert!(!good(now, now + 300) && !good(start + 61, now + 300));
    assert!(good(start + 60, now + 300));
    // A day later it has expired, whatever it claims.
    place.clock.advance(DAY);
    let now = place.clock.now().unix();
    assert!(!good(start, now + 1) && !good(now - 1, now + 300));
}

#[tokio::test]
async fn a_token_with_a_longer_lifetime_survives_a_rotation_under_a_shorter_one() {
    let place = Place::new().await;
    let long = place.es256().await;
    let token = place.token(&long);
    let mut tx = place.db.write().await.unwrap();
    for sql in [
        "INSERT INTO auth_users (id, email, email_key, created_at) VALUES (1, 'a', 'a', $1)",
        "INSERT INTO auth_sessions (id, user_id, client, remember, created_at,
             authenticated_at, last_seen_at, expires_at, access_expires_at)
         VALUES (X'01', 1, 'test', 1, 0, 0, 0, $1, 0)",
        "INSERT INTO auth_refresh_tokens (hash, session_id, salt, issued_at, expires_at,
             access_expires_at) VALUES (X'01', X'01', X'01', 0, $1, 0)",
    ] {
        tx.execute(sql, [START.plus(30 * DAY)]).await.unwrap();
    }
    tx.commit().await.unwrap();
    let short = place.es256().await;
    place.rotate_under(DAY, &short, true).await.unwrap();
    place.clock.advance(29 * DAY);
    short.reload(&place.db, place.clock.now()).await.unwrap();
    assert!(place.good(&short, &token));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_started_concurrently_share_the_keys() {
    let place = Place::new().await;
    let started = (0..6).map(|_| {
        let (path, clock) = (place.folder.path().to_owned(), place.clock.clone());
        tokio::spawn(async move {
            let db = Db::open(&format!("sqlite://{}/auth.db", path.display()), 2).await.unwrap();
            Keys::load(&db, &settings(Algorithm::ES256, None), LONG, &clock).await.unwrap()
        })
    });
    let mut all = Vec::new();
    for task in started.collect::<Vec<_>>() {
        all.push(task.await.unwrap());
    }
    assert_eq!(kids(&all[0]).len(), 2);
    for other in &all {
        assert_eq!(kids(other), kids(&all[0]));
        assert!(place.good(other, &place.token(&all[0])));
    }
}

#[tokio::test]
async fn another_process_learns_of_a_rotation_and_its_tokens_stay_valid() {
    let place = Place::new().await;
    let (one, two) = (place.es256().await, place.es256().await);
    place.clock.advance(MAX_AGE);
    place.rotate(&one, false).await.unwrap();
    // Before a replica learns of it, each verifies what the other signs.
    let (new, old) = (place.token(&one), place.token(&two));
    assert!(place.good(&two, &new) && place.good(&one, &old));
    two.reload(&place.db, place.clock.now()).await.unwrap();
    assert_eq!(kids(&one), kids(&two));
    let ring = two.ring();
    two.reload(&place.db, place.clock.now()).await.unwrap();
    assert!(Arc::ptr_eq(&ring, &two.ring()), "nothing new, nothing parsed");
}

#[tokio::test]
async fn one_of_two_concurrent_rotations_succeeds() {
    let place = Place::new().await;
    let keys = place.es256().await;
    place.clock.advance(MAX_AGE);
    let (a, b) = tokio::join!(place.rotate(&keys, false), place.rotate(&keys, false));
    assert!(a.is_ok() != b.is_ok());
    assert!(matches!(a.and(b), Err(Error::KeyTooYoung { .. })));
    assert_eq!(place.states(&keys).await.len(), 3);
}
