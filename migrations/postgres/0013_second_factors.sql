-- The authenticator app of a user (RFC 6238).
CREATE TABLE auth_totp (
    user_id           BIGINT  NOT NULL PRIMARY KEY REFERENCES auth_users (id) ON DELETE CASCADE,
    -- Sealed if an encryption key is configured.
    secret            BYTEA   NOT NULL,
    created_at        BIGINT  NOT NULL,
    -- When the first code was accepted. Before that the app proves nothing.
    confirmed_at      BIGINT,
    -- The time step of the newest code that was accepted. Older codes are refused.
    last_step         BIGINT  NOT NULL DEFAULT 0,
    last_used_at      BIGINT
);
CREATE INDEX auth_totp_unconfirmed ON auth_totp (created_at) WHERE confirmed_at IS NULL;

-- The unused recovery codes of users with an authenticator app, as hashes.
CREATE TABLE auth_recovery_codes (
    hash              BYTEA   NOT NULL PRIMARY KEY,
    user_id           BIGINT  NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    created_at        BIGINT  NOT NULL
);
CREATE INDEX auth_recovery_codes_user_id ON auth_recovery_codes (user_id);

-- Logins that wait for a second factor. The hash is that of the ticket with which they continue.
CREATE TABLE auth_login_challenges (
    hash              BYTEA   NOT NULL PRIMARY KEY,
    user_id           BIGINT  NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    credential_version BIGINT NOT NULL,
    -- The surface where the login began.
    client            TEXT    NOT NULL,
    -- What the user has proven by now (RFC 8176), separated by spaces.
    amr               TEXT    NOT NULL,
    remember          BOOLEAN NOT NULL,
    -- Where a page leads after the login; may be empty.
    next              TEXT    NOT NULL,
    tries             BIGINT  NOT NULL DEFAULT 0,
    created_at        BIGINT  NOT NULL,
    expires_at        BIGINT  NOT NULL
);
CREATE INDEX auth_login_challenges_user_id ON auth_login_challenges (user_id);
CREATE INDEX auth_login_challenges_expires_at ON auth_login_challenges (expires_at);
