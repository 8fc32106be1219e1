//! Migrations, and copying a database to the other engine.
use crate::{
    db::{Channel, Db, copy::TABLES},
    support::{Database, rows_at},
};
use futures_util::future::join_all;
use std::collections::BTreeSet;

on_db!(a_failed_migration_says_why);
async fn a_failed_migration_says_why(db: &Db) {
    let failure = async |sql: &'static str| {
        let mut tx = db.write().await.unwrap();
        tx.execute(sql, ()).await.unwrap();
        tx.commit().await.unwrap();
        db.migrate().await.unwrap_err().to_string()
    };
    let interrupted =
        failure("UPDATE _auth_migrations SET success = NOT success WHERE version = 2").await;
    assert!(
        interrupted.contains("migration 2") && interrupted.contains("_auth_migrations"),
        "{interrupted}"
    );
    let newer =
        failure("UPDATE _auth_migrations SET success = (1 = 1), version = 9999 WHERE version = 2")
            .await;
    assert!(newer.contains("newer") && newer.contains("9999"), "{newer}");
    assert!(!newer.contains("sqlx"), "{newer}");
}

on_db!(a_database_is_ready_once_it_is_migrated);
async fn a_database_is_ready_once_it_is_migrated(db: &Db) {
    assert!(db.ready().await.unwrap());
    db.migrate().await.unwrap();
    let listens = db.listen().await.unwrap();
    if let Some(mut listener) = listens {
        let mut tx = db.write().await.unwrap();
        tx.notify(Channel::Keys).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(listener.next().await.unwrap(), Some(Channel::Keys));
    }
}

on_both_databases!(several_processes_can_migrate_at_once);
async fn several_processes_can_migrate_at_once(database: Database) {
    let all = join_all((0..8).map(|_| async {
        let db = Db::open(&database.url, 2).await.unwrap();
        db.migrate().await.unwrap();
        assert!(db.ready().await.unwrap());
        db.close().await;
    }));
    all.await;
    database.end().await;
}

on_both_databases!(older_sessions_get_the_rotation_rule_of_their_surface);
/// Sessions that were stored before sessions had a rotation rule get that of the surface that opened them.
async fn older_sessions_get_the_rotation_rule_of_their_surface(database: Database) {
    let sqlite = database.url.starts_with("sqlite:");
    let db = Db::open(&database.url, 2).await.unwrap();
    let mut older = if sqlite {
        sqlx::migrate!("migrations/sqlite")
    } else {
        sqlx::migrate!("migrations/postgres")
    };
    older.dangerous_set_table_name("_auth_migrations");
    older.migrations.to_mut().truncate(2);
    let yes = if sqlite { "1" } else { "TRUE" };
    let id = if sqlite { "randomblob(16)" } else { "gen_random_uuid()" };
    let user = "INSERT INTO auth_users (id, email, email_key, created_at) VALUES (1, 'a', 'a', 0)";
    let sessions = format!(
        "WITH surfaces (client) AS (VALUES ('native'), ('pages'), ('autor'), ('simple'), ('cookie'),
                                           ('role'), ('chat'))
         INSERT INTO auth_sessions (id, user_id, client, remember, created_at, authenticated_at,
                                    last_seen_at, expires_at, access_expires_at)
         SELECT {id}, 1, client, {yes}, 0, 0, 0, 0, 0 FROM surfaces"
    );
    let statements = [user, &*sessions.leak()];
    if sqlite {
        let pool = sqlx::SqlitePool::connect(&database.url).await.unwrap();
        older.run(&pool).await.unwrap();
        for sql in statements {
            sqlx::query(sql).execute(&pool).await.unwrap();
        }
        pool.close().await;
    } else {
        #[cfg(postgres)]
        {
            let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
            older.run(&pool).await.unwrap();
            for sql in statements {
                sqlx::query(sql).execute(&pool).await.unwrap();
            }
            pool.close().await;
        }
    }
    db.migrate().await.unwrap();
    db.close().await;
    let sql = "SELECT client || ' ' || rotation FROM auth_sessions ORDER BY client";
    let rules = rows_at(&database.url, sql).await;
    let wanted =
        "autor strict,chat keep,cookie keep,native grace,pages grace,role grace,simple grace";
    assert_eq!(rules.join(","), wanted);
    database.end().await;
}

#[tokio::test]
async fn every_table_is_copied_when_a_service_moves() {
    let tables = sqlite("SELECT name FROM pragma_table_list WHERE name LIKE 'auth_%'").await;
    assert_eq!(tables, TABLES.iter().map(|t| t.name.to_owned()).collect());
}

/// The result of a query on a migrated SQLite database.
async fn sqlite(sql: &'static str) -> BTreeSet<String> {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    sqlx::migrate!("migrations/sqlite").run(&pool).await.unwrap();
    sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap().into_iter().collect()
}
