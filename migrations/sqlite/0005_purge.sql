-- What is purged is found by its age.
CREATE INDEX auth_sessions_ended_at ON auth_sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX auth_outbox_created_at ON auth_outbox (state, created_at);
