-- Refresh tokens of the service that users come from, once they have been taken, as hashes.
CREATE TABLE auth_legacy_tokens (
    hash              BLOB    NOT NULL PRIMARY KEY,
    expires_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX auth_legacy_tokens_expires_at ON auth_legacy_tokens (expires_at);

-- When all sessions of the user were ended: older refresh tokens of that service are dead with them.
ALTER TABLE auth_users ADD COLUMN sessions_ended_at INTEGER;
