-- Whether a login from a device that the account does not know is mailed to the user.
ALTER TABLE auth_users ADD COLUMN notify_new_devices INTEGER NOT NULL DEFAULT 1 CHECK (notify_new_devices IN (0, 1));
