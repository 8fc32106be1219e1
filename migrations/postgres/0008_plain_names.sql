-- Names that say what they mean. `credential_version` counts changes of password and email.
ALTER TABLE auth_users RENAME COLUMN credentials TO credential_version;
ALTER TABLE auth_mail_tokens RENAME COLUMN credentials TO credential_version;
ALTER TABLE auth_outbox RENAME COLUMN credentials TO credential_version;

UPDATE auth_audit SET kind = CASE kind
        WHEN 'keys_settled' THEN 'keys_provisioned'
        WHEN 'set_up' THEN 'setup_completed'
        WHEN 'simplejwt_token_taken' THEN 'legacy_token_adopted'
        WHEN 'registered_again' THEN 'registration_repeated'
        WHEN 'password_reset_asked' THEN 'password_reset_requested'
    END
    WHERE kind IN ('keys_settled', 'set_up', 'simplejwt_token_taken', 'registered_again', 'password_reset_asked');
