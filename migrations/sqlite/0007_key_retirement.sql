-- When a key stopped signing. A token that says it was issued later is refused.
ALTER TABLE auth_keys ADD COLUMN retired_at INTEGER;
UPDATE auth_keys SET retired_at = unixepoch() * 1000000 WHERE state = 'retired';
