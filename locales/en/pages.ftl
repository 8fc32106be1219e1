site-description = Log in to { $site } or manage your account.
skip = Skip to the content
nav-account = Your account
to-front-page = To the front page
to-account = To your account
to-login = Back to the login
developing = While developing:
dev-docs = API
optional = (optional)
save = Save
language = Language
language-any = As in the browser
email = Email address
username = Username
first-name = First name
form-again = This page was open for too long, or your browser keeps no cookies. Send the form once more.
retry-after = You can try again in
seconds = s

password = Password
password-current = Current password
password-new = New password
password-show = Show
password-hide = Hide
password-hint = { $count ->
    [one] At least one character.
   *[other] At least { $count } characters. A few words are easier to remember than signs and digits, and harder to guess.
 }

login-title = Log in
login-name = Email address or username
login-remember = Stay logged in
login-forgot = Forgot your password?
login-button = Log in
login-new = New here?
login-register = Create an account
logout-button = Log out

register-title = Create an account
register-button = Create the account
register-known = Already have an account?
register-invited = You are invited. The account is for the address that the invitation came to.
register-by-invitation = A new account takes an invitation here. Open the link in the mail that invites you.
register-invite-expired = This invitation does not work any more: it was used, withdrawn, or is older than a week. Ask for a new one.

forgot-title = Forgot your password?
forgot-body = Tell us the address of your account, and we will mail you a link that sets a new password.
forgot-button = Send the link

confirm-title = Confirm your address
confirm-body = One more step: confirm that this address is yours.
confirm-change-body = This address is to become the address of your account.
confirm-prove = Give the password you chose when you registered, or open this link in the browser where you did.
confirm-change-prove = Somebody asked to make this the address of their account. If it was you, give the password of the account, or log in to it first.
confirm-password = Password of the account
confirm-button = Confirm the address
confirm-reset-title = I do not know the password
confirm-reset-body = Choose a new one. It confirms the address, and everything that was logged in before is logged out.
decline-title = I did not register
decline-body = Somebody used your address. The account was never confirmed: it is deleted at once and for good.
decline-button = Delete this account
decline-change-title = I did not ask for this
decline-change-body = The link stops working, and the address does not become anybody's.
decline-change-button = Stop the change
confirm-done-title = Address confirmed
confirm-done-body = Your address is confirmed.
confirm-again-title = Get a new confirmation link
confirm-again-body = A link works once and for three days. Tell us your address, and we will mail you another.
confirm-again-button = Send a new link

link-expired-title = This link does not work any more

reset-title = Choose a new password
reset-body = Every device will be logged out.
reset-button = Save the password
reset-expired-body = This link is too old, or the password or the address was changed since.
reset-again = Ask for a new link

restore-title = Take the change back
restore-body = This becomes the address of your account again. Every device is logged out, and the password stops working: you choose a new one next.
restore-button = Take the change back
restore-done-body = The change has been taken back. If you have not chosen a new password yet, ask for a link.
restore-expired-body = The change can be taken back for three days, by the link in the mail about it.
restore-reset = Choose a new password

setup-title = Set up this service
setup-body = Choose the address and the password of the first superuser, who may do everything here.
setup-button = Make the superuser
setup-expired-body = It works once, for an hour, and only while there is no superuser. As long as there are no users, each start prints a new one. This makes a superuser at the command line at any time:
setup-command = portcullis user add EMAIL --superuser --confirmed

account-title = Account
profile-title = Profile
profile-since = Here since { $day }.
email-confirmed = confirmed
email-unconfirmed = not confirmed
email-resend = Send the confirmation mail again
code = Code
code-title = Enter a code from a mail
code-body = The six digits in the newest mail that confirms an address. They do the same as its link.
email-new = New email address
email-change = Change the address
email-change-body = We mail a link and a code to the new address, and a notice to the old one. Until the new one is confirmed nothing changes.
email-change-button = Send the link
password-change-body = Your other devices will be logged out.
password-change-button = Change the password
data-title = Your data
data-body = Everything that is stored about you, as a JSON file.
data-button = Download your data
delete-title = Delete the account
delete-body = The account and everything stored with it are deleted at once and for good.
delete-button = Delete the account for good

sessions-title = Sessions
sessions-body = Where you are logged in. If you do not recognise a device, end its session and change your password.
sessions-this = this device
sessions-started = Logged in on
sessions-seen = last seen
sessions-end = End the session
sessions-end-others = End all other sessions

security-title = Security
security-advice-title = At a glance
security-confirmed = Your email address is confirmed, so you can recover your account with it.
security-unconfirmed = Your email address is not confirmed.
security-sessions = { $count ->
    [one] You are logged in on this device only.
   *[other] You are logged in on { $count } devices.
 }
security-look = Look at them
security-password = Use a password that you use nowhere else.
security-events-title = What happened lately
security-events-body = If something here was not you, change your password.
security-none = Nothing yet.

event-account-deleted = Account deleted
event-confirmation-resent = Confirmation mail asked for
event-user-added = Account created by an operator
event-user-disabled = Account disabled by an operator
event-code-refused = A wrong code was given
event-email-change-declined = Change of address declined by its mailbox
event-email-change-asked = Change of address asked for
event-email-changed = Address changed
event-email-restored = Change of address taken back
event-email-confirmed = Address confirmed
event-user-enabled = Account enabled by an operator
event-invitation-mailed = Invitation mailed
event-invitation-withdrawn = Invitation withdrawn
event-login = Login
event-login-failed = Failed login
event-logout = Logout
event-logout-all = Logout on every device
event-logout-others = Logout on every other device
event-password-changed = Password changed
event-password-refused = A wrong password was given to confirm a change
event-password-reset = Password reset by a mailed link
event-password-reset-asked = Password reset asked for
event-password-set = Password set by an operator
event-profile-changed = Profile changed
event-refresh-token-reused = A used token came back: the session was ended
event-refresh-tokens-renewed = Tokens renewed
event-registered = Registration
event-registration-declined = Account deleted by the owner of its address
event-registered-again = Somebody registered your address again
event-role-granted = Role granted
event-role-revoked = Role revoked
event-simplejwt-token-taken = A login from before the move to this service was taken over
event-session-ended = A session was ended
event-setting-changed = Setting changed
event-set-up = Account made by the setup link
event-setup-offered = Setup link printed
event-tokens-issued = Tokens issued to an application
event-confirmation-sent = Confirmation mail sent by an operator
event-keys-settled = Signing keys brought in line with the settings
event-keys-rotated = Signing keys rotated
event-key-dropped = Signing key removed at once
event-keys-resealed = Signing keys sealed anew
event-mail-retried = A mail was tried again
event-password-confirmed = Password given again
event-password-reset-sent = Password reset mailed by an operator
event-sessions-ended = Logged out on every device by an operator
event-superuser-granted = Made a superuser
event-superuser-revoked = Not a superuser any more
event-user-changed = Profile changed by an operator
event-user-confirmed = Address confirmed by an operator
event-user-deleted = Account deleted by an operator

device = { $browser } on { $system }
device-unknown = An unknown program
ago-now = just now
ago-minutes = { $count ->
    [one] a minute ago
   *[other] { $count } minutes ago
 }
ago-hours = { $count ->
    [one] an hour ago
   *[other] { $count } hours ago
 }
ago-days = { $count ->
    [one] a day ago
   *[other] { $count } days ago
 }
moment = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[other] December
 } { $year }, { $time } UTC

notice-registered = Welcome! We have mailed you a link that confirms your address.
notice-welcome = Welcome! Your account is ready.
notice-check-mail = If the address is right, a mail is on its way. Open the link in it.
notice-reset-mailed = If there is an account with this address, a link is on its way to it. It works for an hour.
notice-confirmation-mailed = If the address is to be confirmed, a link is on its way to it.
notice-logged-out = You are logged out.
notice-profile-saved = Your profile is saved.
notice-email-change-mailed = We have mailed a link to the new address. Open it, or enter the code beside it here, to finish the change.
notice-password-changed = Your password is changed. Your other devices are logged out.
notice-password-reset = Your password is changed and every device is logged out. Log in with the new one.
notice-session-ended = The session is ended.
notice-others-ended = All other sessions are ended.
notice-account-deleted = Your account is deleted.
notice-email-confirmed = The address is confirmed.
notice-registration-declined = The account is deleted. Your address is free.
notice-change-declined = The change is stopped. Your address stays yours.
notice-email-restored = Your address is back and every device is logged out. Now choose a new password.

dev-mail-title = Mails of this service
dev-mail-body = While developing, mails are kept here instead of being sent.
dev-mail-none = There is no mail yet.
dev-mail-to = To { $to }
dev-mail-html = As HTML
dev-mail-text = As text

strength-weak = A weak password: it would be refused.
strength-fair = A fair password.
strength-good = A good password.
strength-strong = A strong password.

admin-title = Administration
admin-overview = Overview
admin-users = Users
admin-invitations = Invitations
admin-settings = Settings
admin-audit = Audit log
admin-mail = Mail
admin-keys = Signing keys
admin-pages = Pages
admin-next = Next
admin-previous = Previous
admin-any = Any
admin-find = Find
admin-state = State
admin-active = active
admin-disabled = disabled
admin-superuser = superuser
admin-role = Role
admin-roles = Roles

admin-confirmed = Confirmed
admin-mails-waiting = Mails waiting
admin-mails-failed = Mails failed
admin-days = The last 30 days
admin-day = Day (UTC)
admin-logins = Logins
admin-failures = Failed logins
admin-most = { $count ->
    [0] nothing yet
   *[other] { $count } at most in a day
 }
admin-as-table = As a table

admin-search = Any part of address, username or name
admin-found = { $count ->
    [0] Nobody fits.
    [one] One user.
   *[other] { $count } users.
 }
admin-found-more = More than { $count } users.
admin-nobody = Nobody fits. Look for something else.
admin-untouchable = Only a superuser may look into and change the account of a superuser.
admin-roles-body = A role counts at once here. In tokens that are out already it does with the next one, or at once if the sessions are ended.
admin-role-new = Role to grant
admin-grant = Grant the role
admin-revoke = Revoke
admin-end-sessions-too = End the sessions too
admin-superuser-on = Make a superuser
admin-superuser-off = Make no superuser any more
admin-acts = Account
admin-send-reset = Send a link that resets the password
admin-confirm = Take the address as confirmed
admin-disable = Disable the account
admin-enable = Enable the account
admin-end-sessions = End all sessions
admin-no-sessions = No session lives.
admin-mails = Mails
admin-no-mails = No mails.
admin-history = History
admin-retry = Send now

admin-settings-body = What is set here is stored, wins over the file and is in effect on every server within two seconds.
admin-changes = Changes
admin-undo = Back to { $value }
admin-reset = Use the file’s value: { $value }
setting-access-token-lifetime = Lifetime of access tokens
setting-refresh-token-lifetime = Lifetime of refresh tokens
setting-registration = Registration
setting-registration-open = Open to everybody
setting-registration-invite = By invitation
setting-registration-closed = Closed
setting-email-confirmation = Confirmation of addresses
setting-email-confirmation-optional = Optional
setting-email-confirmation-required = Required before the first login

admin-audit-user = Whose account (id)
admin-audit-actor = Who did it (id)
admin-audit-kind = What
admin-audit-from = From
admin-audit-to = To
admin-csv = As CSV
actor-anonymous = nobody known
actor-cli = the command line
actor-service = the service

mail-state-waiting = waiting
mail-state-sent = sent
mail-state-failed = failed
mail-state-dropped = dropped
mail-kind-confirm-email = Confirmation of an address
mail-kind-reset-password = Password reset
mail-kind-change-email = Confirmation of a new address
mail-kind-email-changed = Notice of a change of address
mail-kind-restore-email = Notice of a changed address
mail-kind-password-changed = Notice of a changed password
mail-kind-account-exists = Notice of an account that exists
mail-kind-account-deleted = Notice of a deleted account
mail-kind-invitation = Invitation

admin-keys-body = The current key signs. The next one is published already, so that verifiers know it when it does. Retired ones verify until their last token has expired: rotating logs nobody out.
admin-keys-force = Even if verifiers may not have seen the next key yet
admin-keys-rotate = Rotate the keys
key-current = Signs
key-next = Signs next
key-retired = Verifies only

admin-invite = Send the invitation
admin-invite-roles = Names with commas between them. You can give those that you have.
admin-no-invitations = No invitation waits to be used.
admin-withdraw = Withdraw

prove-title = Your password, please
prove-body = It was last given over ten minutes ago, and what you are about to do should be done by nobody else. Do it again afterwards.
prove-button = Continue

notice-user-changed = The user is changed.
notice-user-sessions-ended = All sessions of the user are ended.
notice-user-deleted = The user is deleted.
notice-mail-queued = The mail is on its way.
notice-settings-saved = The settings are saved.
notice-keys-rotated = The keys are rotated.
notice-invited = The invitation is on its way.
notice-invitation-withdrawn = The invitation is withdrawn.
notice-password-proven = Thank you. For ten minutes you will not be asked again.
