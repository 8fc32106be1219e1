-- How the user proved who they are at `authenticated_at`: values of RFC 8176, separated by spaces.
ALTER TABLE auth_sessions ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';

-- Of a link that logs in: a keyed hash of the ticket that the browser got which requested it.
ALTER TABLE auth_mail_tokens ADD COLUMN ticket BLOB;
CREATE UNIQUE INDEX auth_mail_tokens_ticket ON auth_mail_tokens (ticket) WHERE ticket IS NOT NULL;
