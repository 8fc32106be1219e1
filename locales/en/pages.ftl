brand = Portcullis
to-front-page = To the front page

front-title = The service is running
front-body = Portcullis looks after accounts, sessions and tokens.
front-docs = Browse and try the API
front-openapi = The API as an OpenAPI document

confirm-title = Confirm your address
confirm-body = One more step: confirm that this address is yours.
confirm-button = Confirm the address
confirm-done-title = Address confirmed
confirm-done-body = Your address is confirmed. You can close this page.
confirm-expired-body = This link is too old or was replaced by a newer one. Log in and ask for another.

link-expired-title = This link does not work any more

reset-title = Choose a new password
reset-body = Every device will be logged out.
reset-new-password = New password
reset-hint = { $count ->
    [one] At least one character.
   *[other] At least { $count } characters. A few words are easier to remember than signs and digits.
 }
reset-button = Save the password
reset-done-title = Password changed
reset-done-body = Your password has been changed. Log in with the new one.
reset-expired-body = This link is too old, or the password or the address was changed since. Ask for another.

dev-mail-title = Mails of this service
dev-mail-body = While developing, mails are kept here instead of being sent.
dev-mail-none = There is no mail yet.
dev-mail-to = To { $to }
dev-mail-text = The text
