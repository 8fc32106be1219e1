page-home = To the front page

front-title = Portcullis
front-text = The authentication service is running.
front-docs = Browse and try the API
front-mails = Mails kept while developing

confirm-title = Confirm your address
confirm-text = Press the button to confirm that this address is yours.
confirm-button = Confirm the address
confirm-done = Your address is confirmed. You can close this page.
confirm-expired = This link is not valid any more. Log in and ask for a new one.

reset-title = Choose a new password
reset-new = New password
reset-button = Save the password
reset-done = Your password is changed. Log in with the new one.
reset-expired = This link is not valid any more. Ask for a new one.

dev-mail-title = Mails
dev-mail-text = While developing, mails are kept in memory and shown here instead of being sent.
dev-mail-none = No mail yet.
