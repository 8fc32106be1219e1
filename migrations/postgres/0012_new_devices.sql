-- Whether a login from a device that the account does not know is mailed to the user.
ALTER TABLE auth_users ADD COLUMN notify_new_devices BOOLEAN NOT NULL DEFAULT TRUE;

-- How often the account was taken back from somebody else. A device that was known before is new again.
ALTER TABLE auth_users ADD COLUMN device_version BIGINT NOT NULL DEFAULT 0;
