//! Both engines have the same tables, columns, keys and indexes, as the databases themselves report.
#[cfg(postgres)]
use crate::support::Database;
use std::{collections::BTreeSet, fs, path::Path};

fn migrations(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn migrations_come_in_pairs() {
    assert!(!migrations("sqlite").is_empty());
    assert_eq!(migrations("sqlite"), migrations("postgres"));
}

#[tokio::test]
async fn sqlite_checks_the_types_of_what_it_stores() {
    let lax = sqlite("SELECT name FROM pragma_table_list WHERE name LIKE 'auth_%' AND NOT strict");
    assert_eq!(lax.await, BTreeSet::new());
}

/// Queries that describe the schema of each engine in the same lines of text.
#[cfg(postgres)]
const QUESTIONS: [(&str, &str); 3] = [
    // Columns: table, name, kind, nullability, default, place in the primary key.
    (
        "SELECT t.name || ' ' || c.name || ' '
                || CASE c.type WHEN 'INTEGER' THEN 'number' WHEN 'BLOB' THEN 'bytes'
                               WHEN 'TEXT' THEN 'text' ELSE c.type END
                || CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END
                || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' default ' || c.dflt_value END
                || CASE c.pk WHEN 0 THEN '' ELSE ' key ' || c.pk END
         FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.name LIKE 'auth_%'",
        "SELECT r.relname || ' ' || a.attname || ' '
                || CASE format_type(a.atttypid, NULL)
                       WHEN 'bigint' THEN 'number' WHEN 'boolean' THEN 'number'
                       WHEN 'bytea' THEN 'bytes' WHEN 'uuid' THEN 'bytes'
                       WHEN 'text' THEN 'text' ELSE format_type(a.atttypid, NULL) END
                || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
                || COALESCE(' default ' || CASE pg_get_expr(d.adbin, d.adrelid)
                       WHEN 'true' THEN '1' WHEN 'false' THEN '0'
                       ELSE replace(pg_get_expr(d.adbin, d.adrelid), '::text', '') END, '')
                || COALESCE(' key ' || array_position(k.conkey, a.attnum), '')
         FROM pg_class r
         JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
         LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'p'
         WHERE r.relkind = 'r' AND r.relname LIKE 'auth_%'",
    ),
    // References: column, target, what happens when the target is deleted.
    (
        "SELECT t.name || '.' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || f.on_delete
         FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.name LIKE 'auth_%'",
        "SELECT k.conrelid::regclass || '.' || a.attname || ' -> ' || k.confrelid::regclass || '.'
                || b.attname || ' ' || CASE k.confdeltype WHEN 'c' THEN 'CASCADE'
                                            WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END
         FROM pg_constraint k
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
         JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
         WHERE k.contype = 'f' AND k.conrelid::regclass::text LIKE 'auth_%'",
    ),
    // Named indexes: their columns, whether they are unique, whether they are partial.
    (
        "SELECT i.name || ' on ' || t.name
                || ' (' || (SELECT group_concat(c.name, ', ' ORDER BY c.seqno)
                            FROM pragma_index_info(i.name) c) || ')'
                || CASE WHEN i.\"unique\" THEN ' unique' ELSE '' END
                || CASE WHEN i.partial THEN ' partial' ELSE '' END
         FROM pragma_table_list t, pragma_index_list(t.name) i
         WHERE t.name LIKE 'auth_%' AND i.origin = 'c'",
        "SELECT i.relname || ' on ' || x.indrelid::regclass
                || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                            FROM unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
                            JOIN pg_attribute a
                              ON a.attrelid = x.indrelid AND a.attnum = k.attnum) || ')'
                || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
                || CASE WHEN x.indpred IS NOT NULL THEN ' partial' ELSE '' END
         FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
         WHERE NOT x.indisprimary AND x.indrelid::regclass::text LIKE 'auth_%'",
    ),
];

#[cfg(postgres)]
#[tokio::test]
async fn both_engines_have_the_same_columns_references_and_indexes() {
    let mut alone = BTreeSet::new();
    for (of_sqlite, of_postgres) in QUESTIONS {
        let lines = sqlite(of_sqlite).await;
        assert!(lines.len() >= 5, "{lines:#?}");
        alone.extend(&lines ^ &postgres(of_postgres).await);
    }
    assert!(alone.is_empty(), "in one engine only: {alone:#?}");
}

/// The result of a query on a migrated SQLite database.
async fn sqlite(sql: &'static str) -> BTreeSet<String> {
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    sqlx::migrate!("migrations/sqlite").run(&pool).await.unwrap();
    sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap().into_iter().collect()
}

#[cfg(postgres)]
async fn postgres(sql: &'static str) -> BTreeSet<String> {
    let database = Database::postgres().await;
    let pool = sqlx::PgPool::connect(&database.url).await.unwrap();
    sqlx::migrate!("migrations/postgres").run(&pool).await.unwrap();
    let lines = sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap().into_iter().collect();
    pool.close().await;
    database.end().await;
    lines
}
