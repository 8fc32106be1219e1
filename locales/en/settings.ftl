effect-access-token-lifetime = Nobody is logged out. Access tokens already out are good until they expire, { $lifetime } at most; each session gets the new lifetime with its next token.
effect-refresh-token-lifetime = Nobody is logged out. Refresh tokens already out keep their time; each session gets the new lifetime at its next refresh.
effect-registration-open = Sessions already open are not touched. From now on anybody can make an account.
effect-registration-invite = Sessions already open are not touched. From now on an account takes an invitation.
effect-registration-closed = Sessions already open are not touched. From now on nobody can make an account, not even with an invitation that is out.
effect-email-confirmation-optional = Sessions already open are not touched, and those that waited for a confirmation work again.
effect-email-confirmation-required = Whoever has not confirmed the address is kept out at once, sessions already open too; access tokens already out are good elsewhere until they expire, { $lifetime } at most. Nobody else notices.
