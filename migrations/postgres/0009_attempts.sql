-- How often each name was tried, for the limits. A bucket is a part of a keyed hash, so that the table has a
-- bounded number of rows and contains no name.
CREATE TABLE auth_attempts (
    bucket            BIGINT NOT NULL PRIMARY KEY,
    failures          BIGINT NOT NULL,
    blocked_until     BIGINT NOT NULL,
    counted_at        BIGINT NOT NULL
);
CREATE INDEX auth_attempts_counted_at ON auth_attempts (counted_at);
