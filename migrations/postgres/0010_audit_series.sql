-- Events that strangers can cause as often as they like are counted in one row instead of one row each.
-- `times` is their number, `last_at` the time of the last one, and `series` names what is counted together.
ALTER TABLE auth_audit ADD COLUMN times BIGINT NOT NULL DEFAULT 1;
ALTER TABLE auth_audit ADD COLUMN last_at BIGINT;
ALTER TABLE auth_audit ADD COLUMN series TEXT;
CREATE UNIQUE INDEX auth_audit_series ON auth_audit (series) WHERE series IS NOT NULL;
