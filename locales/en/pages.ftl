site-description = Log in to { $site } or manage your account.
skip = Skip to content
nav-account = Your account
to-front-page = Go to home page
to-account = Go to your account
to-login = Back to login
developing = Development:
dev-docs = API
optional = (optional)
save = Save
language = Language
language-any = Same as browser
email = Email
username = Username
first-name = First name
form-again = This page was open for too long, or your browser blocks cookies. Send the form again.
retry-after = Try again in
seconds = s

password = Password
password-current = Current password
password-new = New password
password-show = Show
password-hide = Hide
password-hint = { $count ->
    [one] At least one character.
   *[other] At least { $count } characters. A few unrelated words are easier to remember than symbols and digits, and harder to guess.
 }

login-title = Log in
login-name = Email or username
login-remember = Keep me logged in
login-forgot = Forgot your password?
login-button = Log in
login-by-mail = Log in by email
login-new = New here?
login-register = Create account
logout-button = Log out

by-mail-title = Log in by email
by-mail-body = Enter the email of your account. We’ll send you a link and a code that log you in without your password.
by-mail-button = Send email
by-mail-password = Log in with your password
by-mail-code-title = Check your email
by-mail-code-body = If there is an account with this email, a link and a code are on their way. Open the link in this browser, or enter the code here.
by-mail-code-hint = Six digits. The code works for 10 minutes.
by-mail-again = Request a new email
by-mail-elsewhere-title = Your code
by-mail-elsewhere-body = This login was started in another browser. Enter this code there:
by-mail-elsewhere-warning = Did somebody else send you here or ask for this code? Then close this page: with the code, they could log in to your account.
by-mail-expired-body = This link has expired, was already used, or was replaced by the one in a newer email.

register-title = Create account
register-button = Create account
register-known = Already have an account?
register-invited = You’ve been invited. Your account will use the email the invitation was sent to.
register-by-invitation = You need an invitation to create an account here. If you have one, open the link in it.
register-invite-expired = This invitation no longer works: it was used, withdrawn, or is more than a week old. Ask for a new one.

forgot-title = Forgot your password?
forgot-body = Enter the email of your account, and we’ll send you a link to choose a new password.
forgot-button = Send link

confirm-title = Confirm your email
confirm-body = One more step: confirm that this email is yours.
confirm-change-body = Confirm that this is the new email of your account.
confirm-prove = Enter the password you chose when you created the account, or open this link in the browser you used then.
confirm-change-prove = Someone asked to make this the email of their account. If it was you, enter the account password, or log in first.
confirm-password = Account password
confirm-button = Confirm email
confirm-reset-title = I do not know the password
confirm-reset-body = Choose a new password. This also confirms the email and logs out every device.
decline-title = I did not register
decline-body = Someone used your email to create this account. If you delete it, it is gone immediately and permanently.
decline-button = Delete this account
decline-change-title = I did not request this
decline-change-body = The link stops working, and your email is not added to any account.
decline-change-button = Cancel the change
confirm-done-title = Email confirmed
confirm-done-body = You can now use your account with
confirm-again-title = Get a new confirmation link
confirm-again-body = Links work once and expire after 3 days. Enter your email, and we’ll send you a new one.
confirm-again-button = Send new link

link-expired-title = This link no longer works

reset-title = Choose a new password
reset-body = You will be logged out on every device.
reset-button = Save password
reset-expired-body = This link has expired or was already used.
reset-again = Request a new link

restore-title = Undo the email change
restore-body = Your account goes back to this email. Every device is logged out and your password stops working: you choose a new one in the next step.
restore-button = Undo the change
restore-done-body = The change is already undone. If you haven’t chosen a new password yet, request a link.
restore-expired-body = You can undo a change for 3 days, with the link in the email about it.
restore-reset = Choose a new password

report-title = This was not me
report-body = Every device is logged out and your password stops working: you choose a new one in the next step.
report-button = Log out every device
report-done-body = The login is already reported. If you haven’t chosen a new password yet, request a link.
report-expired-body = You can report a login for 3 days, with the link in the email about it.

setup-title = Set up this service
setup-body = Enter the email and password of the first superuser. Superusers can do everything here.
setup-button = Create superuser
setup-expired-body = A setup link works once, for one hour, and only until there is a superuser. While there are no users, the service prints a new link at each start. You can also create a superuser from the command line:
setup-command = portcullis user add EMAIL --superuser --confirmed

account-title = Account
profile-title = Profile
profile-since = Member since { $day }.
email-confirmed = confirmed
email-unconfirmed = not confirmed
email-resend = Resend confirmation email
code = Code
code-title = Enter the code from an email
code-body = The six digits in the latest email that asks you to confirm. They work just like its link.
email-new = New email
email-change = Change email
email-change-body = We’ll send a link and a code to the new email, and a notice to the current one. Nothing changes until you confirm the new email.
email-change-button = Send link
password-change-body = Your other devices will be logged out.
password-change-button = Change password
data-title = Your data
data-body = Everything stored about you, as a JSON file.
data-button = Download your data
delete-title = Delete account
delete-body = The account and everything stored with it are deleted immediately and permanently.
delete-button = Delete permanently

sessions-title = Sessions
sessions-body = The devices you are logged in on. If you don’t recognise one, end its session and change your password.
sessions-this = this device
sessions-started = Logged in on
sessions-seen = last active
sessions-end = End session
sessions-end-others = End all other sessions

security-title = Security
security-advice-title = At a glance
security-confirmed = Your email is confirmed, so you can recover your account with it.
security-unconfirmed = Your email is not confirmed.
security-sessions = { $count ->
    [one] You’re logged in on this device only.
   *[other] You’re logged in on { $count } devices.
 }
security-look = View sessions
security-password = Use a password that you don’t use anywhere else.
notifications-title = Logins from new devices
notifications-on = We email you when someone logs in to your account from a device that you haven’t used before.
notifications-off = We don’t email you when someone logs in to your account from a new device.
notifications-turn-on = Turn on emails
notifications-turn-off = Turn off emails
security-events-title = Recent activity
security-events-body = If you don’t recognise something here, change your password.
security-none = No activity yet.

event-account-deleted = Account deleted
event-confirmation-resent = Confirmation email requested
event-user-added = Account created by an administrator
event-user-disabled = Account disabled by an administrator
event-users-exported = Users exported
event-users-imported = Users imported
event-code-refused = Wrong code entered
event-email-change-declined = Email change cancelled by the owner of the new email
event-email-change-asked = Email change requested
event-email-changed = Email changed
event-email-restored = Email change undone
event-email-confirmed = Email confirmed
event-user-enabled = Account enabled by an administrator
event-invitation-mailed = Invitation sent
event-invitation-withdrawn = Invitation withdrawn
event-times = { $count ->
    [one] once
   *[other] { $count } times
 }, most recently { $last }
event-times-several = { $count ->
    [one] once
   *[other] { $count } times
 } with several accounts or addresses, most recently { $last }
event-login = Login
event-login-failed = Failed login
event-login-reported = Login reported as somebody else’s
event-login-mail-requested = Login email requested
event-stuffing-noticed = Attack with leaked passwords noticed
event-logout = Logout
event-logout-all = Logout on every device
event-logout-others = Logout on every other device
event-password-changed = Password changed
event-password-refused = Wrong password entered to confirm an action
event-password-reset = Password reset with an emailed link
event-password-reset-requested = Password reset requested
event-password-set = Password set by an administrator
event-profile-changed = Profile changed
event-refresh-token-reused = Refresh token reused: session ended
event-refresh-tokens-renewed = Refresh tokens replaced
event-registered = Account created
event-registration-declined = Account deleted by the owner of its email
event-registration-repeated = Someone tried to create another account with this email
event-role-granted = Role granted
event-role-revoked = Role revoked
event-legacy-token-adopted = Login from the previous system continued
event-session-ended = Session ended
event-setting-changed = Setting changed
event-setup-completed = Account created with the setup link
event-setup-offered = Setup link printed
event-tokens-issued = Tokens issued to an application
event-confirmation-sent = Confirmation email sent by an administrator
event-keys-provisioned = Signing keys updated to match the configuration
event-keys-rotated = Signing keys rotated
event-key-dropped = Signing key removed immediately
event-keys-resealed = Signing keys re-encrypted
event-mail-retried = Email delivery retried
event-password-confirmed = Password confirmed
event-password-reset-sent = Password reset email sent by an administrator
event-sessions-ended = All sessions ended by an administrator
event-superuser-granted = Superuser rights granted
event-superuser-revoked = Superuser rights removed
event-user-changed = Profile changed by an administrator
event-user-confirmed = Email confirmed by an administrator
event-user-deleted = Account deleted by an administrator

device = { $browser } on { $system }
device-unknown = Unknown app
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
duration-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
 }
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
 }
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
 }
duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
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

notice-registered = Welcome! We’ve sent you a link to confirm your email.
notice-welcome = Welcome! Your account is ready.
notice-check-mail = Check your email. If the address is right, a link is on its way.
notice-reset-mailed = Check your email. If there is an account with this address, a link is on its way. It expires after one hour.
notice-confirmation-mailed = Check your email. If the address still needs to be confirmed, a link is on its way.
notice-confirmation-resent = A new link is on its way to your email.
notice-logged-out = You’re logged out.
notice-profile-saved = Profile saved.
notice-email-change-mailed = We’ve sent a link and a code to your new email. Open the link, or enter the code here, to finish the change.
notice-password-changed = Password changed. Your other devices are logged out.
notice-password-reset = Password changed. Every device is logged out. Log in with your new password.
notice-session-ended = Session ended.
notice-others-ended = All other sessions ended.
notice-account-deleted = Your account is deleted.
notice-email-confirmed = Email confirmed.
notice-registration-declined = Account deleted. You can use your email for a new one.
notice-change-declined = Change cancelled. Your email was not added to any account.
notice-login-reported = Every device is logged out. Now choose a new password.
notice-notifications-saved = Saved.
notice-email-restored = Your email is back, and every device is logged out. Now choose a new password.

dev-mail-title = Development mailbox
dev-mail-body = During development, emails are kept here instead of being sent.
dev-mail-none = No emails yet.
dev-mail-to = To: { $to }
dev-mail-html = HTML
dev-mail-text = Plain text

strength-weak = Too weak. Add another word.
strength-fair = Fair password.
strength-good = Good password.
strength-strong = Strong password.

admin-title = Administration
admin-overview = Overview
admin-users = Users
admin-invitations = Invitations
admin-settings = Settings
admin-audit = Audit log
admin-mail = Emails
admin-keys = Signing keys
admin-pages = Pages
admin-next = Next
admin-previous = Previous
admin-any = All
admin-find = Search
admin-state = Status
admin-active = active
admin-disabled = disabled
admin-superuser = superuser
admin-role = Role
admin-roles = Roles

admin-confirmed = Emails confirmed
admin-mails-waiting = Emails queued
admin-mails-failed = Emails failed
admin-stuffing = Many logins from unknown devices fail: somebody is trying leaked passwords. Such logins are slowed down. Devices that have logged in before are not affected.
admin-stuffing-failed = Failed logins from new devices, last 10 minutes
admin-attacks = Attacks with leaked passwords, last 30 days
admin-days = Last 30 days
admin-day = Day (UTC)
admin-logins = Logins
admin-failures = Failed logins
admin-most = { $count ->
    [0] no logins yet
   *[other] peak: { $count } a day
 }
admin-as-table = Show table

admin-search = Email, username or name
admin-confirmation = Email
admin-found = { $count ->
    [0] No users.
    [one] { $count } user.
   *[other] { $count } users.
 }
admin-found-more = More than { $count } users.
admin-nobody = No users match. Change or clear the filters.
admin-since = Created { $day }
admin-untouchable = Only a superuser can view or change the account of a superuser.
admin-roles-body = Roles apply here immediately. Tokens already issued get them at the next refresh. To apply them at once, also end all sessions.
admin-role-new = Role
admin-grant = Grant role
admin-revoke = Revoke
admin-end-sessions-too = Also end all sessions
admin-superuser-on = Grant superuser rights
admin-superuser-off = Remove superuser rights
admin-acts = Account
admin-send-reset = Send password reset email
admin-confirm = Mark email as confirmed
admin-disable = Disable account
admin-enable = Enable account
admin-end-sessions = End all sessions
admin-no-sessions = No active sessions.
admin-mails = Emails
admin-no-mails = No emails.
admin-history = History
admin-retry = Send now

admin-settings-body = Settings saved here override the configuration file and reach every server within a second.
admin-changes = Changes
admin-no-changes = No changes yet.
admin-undo = Revert to “{ $value }”
admin-reset = Use the file’s value: “{ $value }”
setting-access-token-lifetime = Access token lifetime
setting-refresh-token-lifetime = Refresh token lifetime
setting-registration = Registration
setting-registration-open = Open to everyone
setting-registration-invite = By invitation
setting-registration-closed = Closed
setting-email-confirmation = Email confirmation
setting-email-confirmation-optional = Optional
setting-email-confirmation-required = Required to log in

admin-audit-user = Account (ID)
admin-audit-actor = Done by (ID)
admin-audit-kind = Event
admin-audit-from = From
admin-audit-to = To
admin-no-events = No events found.
admin-csv = Export CSV
actor-anonymous = Unknown person
actor-cli = Command line
actor-service = The service

mail-state-waiting = queued
mail-state-sent = sent
mail-state-failed = failed
mail-state-dropped = cancelled
mail-kind-confirm-email = Email confirmation
mail-kind-login = Login by email
mail-kind-reset-password = Password reset
mail-kind-change-email = New email confirmation
mail-kind-email-changed = Notice: email change requested
mail-kind-restore-email = Notice: email changed
mail-kind-password-changed = Notice: password changed
mail-kind-account-exists = Notice: account already exists
mail-kind-account-deleted = Notice: account deleted
mail-kind-new-device = Notice: login from a new device
mail-kind-invitation = Invitation

admin-keys-body = The current key signs tokens. The next key is already published, so that other services can fetch it before it signs. Retired keys verify tokens until the last one they signed expires. Rotating the keys logs nobody out.
admin-keys-force = Rotate even if other services may not have fetched the next key
admin-keys-rotate = Rotate keys
key-current = Current
key-next = Next
key-retired = Retired (verifies only)

admin-invite = Send invitation
admin-invite-roles = Separate roles with commas. You can only grant roles you have.
admin-invite-any-roles = Separate roles with commas.
admin-no-invitations = No pending invitations.
admin-withdraw = Withdraw

prove-title = Confirm it’s you
prove-body = Enter your password to continue, then repeat what you were doing. We won’t ask again for 10 minutes.
prove-button = Continue

notice-user-changed = User updated.
notice-user-sessions-ended = All sessions of the user ended.
notice-user-deleted = User deleted.
notice-mail-queued = The email is on its way.
notice-settings-saved = Settings saved.
notice-keys-rotated = Keys rotated.
notice-invited = The invitation is on its way.
notice-invitation-withdrawn = Invitation withdrawn.
notice-password-proven = Password confirmed. Now repeat what you were doing. We won’t ask again for 10 minutes.
