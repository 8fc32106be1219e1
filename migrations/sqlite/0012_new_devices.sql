-- Whether a login from a device that the account does not know is mailed to the user.
ALTER TABLE auth_users ADD COLUMN notify_new_devices INTEGER NOT NULL DEFAULT 1 CHECK (notify_new_devices IN (0, 1));

-- How often the account was taken back from somebody else. A device that was known before is new again.
ALTER TABLE auth_users ADD COLUMN device_version INTEGER NOT NULL DEFAULT 0;
