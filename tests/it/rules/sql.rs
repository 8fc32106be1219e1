//! SQL is constant text: values reach the database as arguments only (OWASP ASVS 5, 1.2.4).
use super::layers::sources;

#[test]
fn no_statement_is_built_from_other_text() {
    for (path, text) in sources() {
        // Without these, sqlx accepts text that is constant, and no other.
        for way in ["AssertSqlSafe", "QueryBuilder"] {
            assert!(!text.contains(way), "{way} in {}", path.display());
        }
    }
}
