-- What a refresh does to the session's refresh token, by the surface that opened it; another surface may be stricter.
ALTER TABLE auth_sessions ADD COLUMN rotation TEXT NOT NULL DEFAULT 'grace'
    CHECK (rotation IN ('keep', 'grace', 'strict'));
UPDATE auth_sessions SET rotation = CASE client WHEN 'autor' THEN 'strict' ELSE 'keep' END
    WHERE client IN ('autor', 'chat', 'cookie');

-- The first session of the family, if this one was opened out of another: a family ends as one.
ALTER TABLE auth_sessions ADD COLUMN family_id UUID;
CREATE INDEX auth_sessions_family_id ON auth_sessions (family_id) WHERE family_id IS NOT NULL;

-- The superuser who opened it for somebody else.
ALTER TABLE auth_sessions ADD COLUMN actor_id BIGINT REFERENCES auth_users (id) ON DELETE CASCADE;
CREATE INDEX auth_sessions_actor_id ON auth_sessions (actor_id) WHERE actor_id IS NOT NULL;
