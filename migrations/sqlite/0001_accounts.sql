-- Times are microseconds since 1970-01-01 UTC. A `*_key` column is what uniqueness is judged by.
CREATE TABLE auth_users (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL,
    email_confirmed_at INTEGER,
    username          TEXT,
    username_key      TEXT,
    first_name        TEXT    NOT NULL DEFAULT '',
    -- In lower case, for operators who search.
    first_name_key    TEXT    NOT NULL DEFAULT '',
    password_hash     TEXT,
    is_active         INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    is_superuser      INTEGER NOT NULL DEFAULT 0 CHECK (is_superuser IN (0, 1)),
    language          TEXT,
    -- Counts changes of password and address; links in mails are bound to it.
    credentials       INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    last_login_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX auth_users_email_key ON auth_users (email_key);
CREATE UNIQUE INDEX auth_users_username_key ON auth_users (username_key);
CREATE INDEX auth_users_superuser ON auth_users (id) WHERE is_superuser;
CREATE INDEX auth_users_unconfirmed ON auth_users (id) WHERE email_confirmed_at IS NULL;

CREATE TABLE auth_user_roles (
    user_id           INTEGER NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    role              TEXT    NOT NULL,
    granted_at        INTEGER NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT;
CREATE INDEX auth_user_roles_role ON auth_user_roles (role, user_id);

-- One login on one device.
CREATE TABLE auth_sessions (
    id                BLOB    NOT NULL PRIMARY KEY,
    user_id           INTEGER NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    client            TEXT    NOT NULL,
    remember          INTEGER NOT NULL CHECK (remember IN (0, 1)),
    ip                TEXT,
    user_agent        TEXT,
    created_at        INTEGER NOT NULL,
    -- When the password was given last.
    authenticated_at  INTEGER NOT NULL,
    last_seen_at      INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    -- When the last access token issued for it expires.
    access_expires_at INTEGER NOT NULL,
    ended_at          INTEGER
) STRICT;
CREATE INDEX auth_sessions_user_id ON auth_sessions (user_id);
CREATE INDEX auth_sessions_expires_at ON auth_sessions (expires_at);

-- Every refresh token of a session's chain, as a hash.
CREATE TABLE auth_refresh_tokens (
    hash              BLOB    NOT NULL PRIMARY KEY,
    session_id        BLOB    NOT NULL REFERENCES auth_sessions (id) ON DELETE CASCADE,
    -- With the token itself and the server's key this gives the successor.
    salt              BLOB    NOT NULL,
    issued_at         INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    -- When the access token issued with it expires.
    access_expires_at INTEGER NOT NULL,
    used_at           INTEGER
) STRICT;
CREATE INDEX auth_refresh_tokens_session_id ON auth_refresh_tokens (session_id);
CREATE INDEX auth_refresh_tokens_expires_at ON auth_refresh_tokens (expires_at);

-- Sessions that ended while an access token of theirs may still be out. No foreign key: it outlives the user.
CREATE TABLE auth_revocations (
    session_id        BLOB    NOT NULL PRIMARY KEY,
    ended_at          INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX auth_revocations_ended_at ON auth_revocations (ended_at);
CREATE INDEX auth_revocations_expires_at ON auth_revocations (expires_at);

-- Links in mails: single use, stored hashed.
CREATE TABLE auth_mail_tokens (
    hash              BLOB    NOT NULL PRIMARY KEY,
    kind              TEXT    NOT NULL,
    user_id           INTEGER NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    -- The address it was sent to.
    email             TEXT    NOT NULL,
    credentials       INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    used_at           INTEGER
) STRICT;
CREATE INDEX auth_mail_tokens_user_id ON auth_mail_tokens (user_id);
CREATE INDEX auth_mail_tokens_expires_at ON auth_mail_tokens (expires_at);

-- Mails waiting to be sent. They hold no token: the link is made when the mail is sent.
CREATE TABLE auth_outbox (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    message_id        BLOB    NOT NULL,
    kind              TEXT    NOT NULL,
    user_id           INTEGER REFERENCES auth_users (id) ON DELETE SET NULL,
    recipient         TEXT    NOT NULL,
    language          TEXT    NOT NULL,
    args              TEXT    NOT NULL,
    credentials       INTEGER NOT NULL,
    state             TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts          INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    sent_at           INTEGER,
    last_error        TEXT
) STRICT;
CREATE INDEX auth_outbox_due ON auth_outbox (state, due_at);
CREATE INDEX auth_outbox_state ON auth_outbox (state, id);
CREATE INDEX auth_outbox_recipient ON auth_outbox (lower(recipient), created_at);
CREATE INDEX auth_outbox_user_id ON auth_outbox (user_id, created_at);

CREATE TABLE auth_keys (
    kid               TEXT    NOT NULL PRIMARY KEY,
    algorithm         TEXT    NOT NULL,
    state             TEXT    NOT NULL CHECK (state IN ('next', 'current', 'retired')),
    -- PKCS#8, sealed when an encryption key is configured.
    private_key       BLOB    NOT NULL,
    created_at        INTEGER NOT NULL,
    -- Until when a retired key still verifies.
    expires_at        INTEGER
) STRICT;
CREATE UNIQUE INDEX auth_keys_one_per_state ON auth_keys (algorithm, state) WHERE state <> 'retired';

-- Random secrets of the service, by purpose.
CREATE TABLE auth_secrets (
    purpose           TEXT    NOT NULL PRIMARY KEY,
    secret            BLOB    NOT NULL
) STRICT;

CREATE TABLE auth_audit (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at                INTEGER NOT NULL,
    kind              TEXT    NOT NULL,
    actor             TEXT    NOT NULL,
    actor_id          INTEGER,
    target_id         INTEGER,
    session_id        BLOB,
    ip                TEXT,
    user_agent        TEXT,
    detail            TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX auth_audit_at ON auth_audit (at, id);
CREATE INDEX auth_audit_target_id ON auth_audit (target_id, at, id);
CREATE INDEX auth_audit_actor_id ON auth_audit (actor_id, at, id);
CREATE INDEX auth_audit_kind ON auth_audit (kind, at, id);

-- The settings that were changed while running: a row for each change, of which the last one counts. Without a
-- value the file's does.
CREATE TABLE auth_settings (
    revision          INTEGER NOT NULL PRIMARY KEY,
    access_token_lifetime TEXT,
    refresh_token_lifetime TEXT,
    registration      TEXT CHECK (registration IN ('open', 'invite', 'closed')),
    email_confirmation TEXT CHECK (email_confirmation IN ('optional', 'required')),
    changed_at        INTEGER NOT NULL,
    changed_by        INTEGER
) STRICT;

-- Who may register with which roles. It goes with whoever invited: an invitation is no better than its inviter.
CREATE TABLE auth_invitations (
    id                INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    email             TEXT    NOT NULL,
    email_key         TEXT    NOT NULL,
    -- Their names, with commas between them.
    roles             TEXT    NOT NULL,
    invited_by        INTEGER NOT NULL REFERENCES auth_users (id) ON DELETE CASCADE,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    used_at           INTEGER
) STRICT;
CREATE INDEX auth_invitations_email_key ON auth_invitations (email_key);
CREATE INDEX auth_invitations_invited_by ON auth_invitations (invited_by);
CREATE INDEX auth_invitations_expires_at ON auth_invitations (expires_at);

-- The links in its mails, as hashes: one for each attempt to send it.
CREATE TABLE auth_invitation_tokens (
    hash              BLOB    NOT NULL PRIMARY KEY,
    invitation_id     INTEGER NOT NULL REFERENCES auth_invitations (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_invitation_tokens_invitation_id ON auth_invitation_tokens (invitation_id);

-- The links with which the first superuser is made, as hashes: one for each start of a server that found no user.
CREATE TABLE auth_setup_tokens (
    hash              BLOB    NOT NULL PRIMARY KEY,
    expires_at        INTEGER NOT NULL
) STRICT;
