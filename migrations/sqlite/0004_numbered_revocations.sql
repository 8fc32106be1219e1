-- Revocations are numbered, so that each server reads only those that are new to it.
CREATE TABLE auth_revocations_numbered (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    session_id        BLOB    NOT NULL,
    ended_at          INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) STRICT;
INSERT INTO auth_revocations_numbered (session_id, ended_at, expires_at)
SELECT session_id, ended_at, expires_at FROM auth_revocations ORDER BY ended_at;
DROP TABLE auth_revocations;
ALTER TABLE auth_revocations_numbered RENAME TO auth_revocations;
CREATE UNIQUE INDEX auth_revocations_session_id ON auth_revocations (session_id);
CREATE INDEX auth_revocations_expires_at ON auth_revocations (expires_at);
