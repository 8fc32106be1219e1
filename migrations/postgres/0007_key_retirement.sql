-- When a key stopped signing. A token that says it was issued later is refused.
ALTER TABLE auth_keys ADD COLUMN retired_at BIGINT;
UPDATE auth_keys SET retired_at = CAST(extract(epoch FROM now()) AS BIGINT) * 1000000 WHERE state = 'retired';
