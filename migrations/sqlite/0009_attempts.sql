-- How often each name was tried, for the limits. A bucket is a part of a keyed hash, so that the table has a
-- bounded number of rows and contains no name.
CREATE TABLE auth_attempts (
    bucket            INTEGER NOT NULL PRIMARY KEY,
    failures          INTEGER NOT NULL,
    blocked_until     INTEGER NOT NULL,
    counted_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX auth_attempts_counted_at ON auth_attempts (counted_at);
