use crate::support::Service;

/// The kinds of all acts in the audit log, in their order.
pub async fn acts(service: &Service) -> Vec<String> {
    rows(service, "SELECT kind FROM auth_audit ORDER BY id").await
}

/// The first column of a query, as text.
pub async fn rows(service: &Service, sql: &'static str) -> Vec<String> {
    let url = service.url();
    if url.starts_with("sqlite:") {
        let db = sqlx::SqlitePool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(kind,)| kind).collect()
    } else {
        let db = sqlx::PgPool::connect(url).await.unwrap();
        let rows: Vec<(String,)> = sqlx::query_as(sql).fetch_all(&db).await.unwrap();
        db.close().await;
        rows.into_iter().map(|(kind,)| kind).collect()
    }
}
