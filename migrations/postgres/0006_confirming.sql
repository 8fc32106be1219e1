-- Whether a stranger made the account by registering. Only such an account, while it is unconfirmed, can be
-- declined by whoever reads its mail. Who registered before is known from the audit log.
ALTER TABLE auth_users ADD COLUMN self_registered BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE auth_users SET self_registered = TRUE
WHERE email_confirmed_at IS NULL AND NOT is_superuser
  AND id IN (SELECT target_id FROM auth_audit WHERE kind = 'registered');

-- How many codes were tried since the address was last confirmed.
ALTER TABLE auth_users ADD COLUMN code_tries BIGINT NOT NULL DEFAULT 0;

-- The code beside a link, as a hash with the server's key, and how often a password was tried by the link.
ALTER TABLE auth_mail_tokens ADD COLUMN code_hash BYTEA;
ALTER TABLE auth_mail_tokens ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;

-- How many wrong passwords in a row were given in the session.
ALTER TABLE auth_sessions ADD COLUMN wrong_passwords BIGINT NOT NULL DEFAULT 0;

-- Which kinds of password hashes are stored, so that a wrong password costs the same for everybody.
CREATE TABLE auth_hash_kinds (
    kind              TEXT    NOT NULL PRIMARY KEY,
    -- When a hash of this kind was last stored or found.
    seen_at           BIGINT  NOT NULL
);
