-- Refresh tokens of the service that users come from, once they have been taken, as hashes.
CREATE TABLE auth_legacy_tokens (
    hash              BYTEA   NOT NULL PRIMARY KEY,
    expires_at        BIGINT  NOT NULL
);
CREATE INDEX auth_legacy_tokens_expires_at ON auth_legacy_tokens (expires_at);

-- When all sessions of the user were ended: older refresh tokens of that service are dead with them.
ALTER TABLE auth_users ADD COLUMN sessions_ended_at BIGINT;
