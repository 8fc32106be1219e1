-- Whether a login from a device that the account does not know is mailed to the user.
ALTER TABLE auth_users ADD COLUMN notify_new_devices BOOLEAN NOT NULL DEFAULT TRUE;
