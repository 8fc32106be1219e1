effect-access-token-lifetime = Nobody is logged out. Access tokens already issued stay valid for up to { $lifetime }; each session gets the new lifetime with its next token.
effect-refresh-token-lifetime = Nobody is logged out. Refresh tokens already issued keep their lifetime; each session gets the new one at its next refresh.
effect-registration-open = Open sessions are not affected. From now on, anyone can create an account.
effect-registration-invite = Open sessions are not affected. From now on, creating an account requires an invitation.
effect-registration-closed = Open sessions are not affected. From now on, nobody can create an account, not even with an invitation already sent.
effect-email-confirmation-optional = Open sessions are not affected. Sessions blocked until the email is confirmed work again.
effect-email-confirmation-required = Users who have not confirmed their email lose access immediately, in open sessions too. Other services accept access tokens already issued for up to { $lifetime }. Everyone else is unaffected.
