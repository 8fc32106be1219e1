mail-hello = Hello,
mail-hello-name = Hello { $name },
mail-link-plain = If the button does not work, open this link:
mail-link-lifetime = { $days ->
    [0] { $hours ->
        [0] The link works once and expires after { $minutes } minutes.
        [one] The link works once and expires after one hour.
       *[other] The link works once and expires after { $hours } hours.
    }
    [one] The link works once and expires after one day.
   *[other] The link works once and expires after { $days } days.
 }

mail-confirm-email-subject = Confirm your email for { $site }
mail-confirm-email-body = Someone created an account on { $site } with this email. If it was you, confirm that the email is yours.
mail-confirm-email-button = Confirm email
mail-confirm-email-ignore = If it was not you, open the link to delete the account, or ignore this email: the account will stay unconfirmed.

mail-code = Or enter this code where you are logged in:

mail-login-subject = Log in to { $site }
mail-login-body = Someone asked to log in to your account on { $site } with this email. If it was you, open the link in the same browser.
mail-login-button = Log in
mail-login-code = Or enter this code there:
mail-login-ignore = If it was not you, ignore this email, and do not give the code or the link to anyone: nobody can log in without them.

mail-reset-password-subject = Choose a new password for { $site }
mail-reset-password-body = Someone requested a new password for your account on { $site }. If it was you, choose one now.
mail-reset-password-button = Choose a new password
mail-reset-password-ignore = If it was not you, ignore this email: your password will not change.

mail-change-email-subject = Confirm your new email for { $site }
mail-change-email-body = Someone asked to make this the email of their account on { $site }. If it was you, confirm that the email is yours.
mail-change-email-button = Confirm email
mail-change-email-ignore = If it was not you, open the link to cancel the change, or ignore this email: nothing will change.

mail-invitation-subject = You are invited to { $site }
mail-invitation-body = You are invited to create an account on { $site } with this email. All you have to do is choose a password.
mail-invitation-button = Create account
mail-invitation-ignore = If you do not want an account, ignore this email: none will be created.

mail-email-changed-subject = Email change requested on { $site }
mail-email-changed-body = Someone who knows your password asked to change the email of your account on { $site } to { $new-email }. The change takes effect once the new email is confirmed.
mail-email-changed-button = Reset password
mail-email-changed-ignore = If it was you, there is nothing to do. If not, reset your password now to stop the change.

mail-restore-email-subject = The email of your account on { $site } was changed
mail-restore-email-body = Your account on { $site } now uses { $new-email }. From now on, we send emails about it there.
mail-restore-email-button = Undo the change
mail-restore-email-ignore = If it was you, there is nothing to do. If not, undo the change: this logs out every device, and you choose a new password.

mail-new-device-subject = New login to your account on { $site }
mail-new-device-body = Someone logged in to your account on { $site } from a device that you have not used before: { $device }, { $time }.
mail-new-device-button = This was not me
mail-new-device-ignore = If it was you, there is nothing to do. If not, open the link: you can log out every device and choose a new password. You can turn off these emails on the security page of your account.

mail-password-changed-subject = Your password on { $site } was changed
mail-password-changed-body = The password of your account on { $site } was changed, and other devices were logged out.
mail-password-changed-button = Reset password
mail-password-changed-ignore = If it was you, there is nothing to do. If not, reset your password now.

mail-totp-added-subject = Authenticator app added to your account on { $site }
mail-totp-added-body = Logging in to your account on { $site } now takes a code from an authenticator app as well. Other devices were logged out. Keep the recovery codes in a safe place.
mail-totp-added-button = This was not me
mail-totp-added-ignore = If it was you, there is nothing to do. If not, open the link: it logs out every device, removes the app and lets you choose a new password.

mail-totp-removed-subject = Authenticator app removed from your account on { $site }
mail-totp-removed-body = Logging in to your account on { $site } no longer takes a code. Other devices were logged out.
mail-totp-removed-button = This was not me
mail-totp-removed-ignore = If it was you, there is nothing to do. If not, open the link: you can log out every device and choose a new password.

mail-recovery-code-used-subject = A recovery code of your account on { $site } was used
mail-recovery-code-used-body = Someone used a recovery code of your account on { $site }. { $left ->
    [0] No codes are left: create new ones now.
    [one] One code is left: create new ones soon.
   *[other] { $left } codes are left.
 }
mail-recovery-code-used-button = This was not me
mail-recovery-code-used-ignore = If it was you, there is nothing to do. If not, open the link: you can log out every device and choose a new password. Then create new recovery codes.

mail-recovery-codes-renewed-subject = New recovery codes for your account on { $site }
mail-recovery-codes-renewed-body = The recovery codes of your account on { $site } were replaced. The old ones no longer work.
mail-recovery-codes-renewed-button = This was not me
mail-recovery-codes-renewed-ignore = If it was you, there is nothing to do. If not, open the link: it logs out every device, removes these codes and lets you choose a new password.

mail-factors-reset-subject = Two-step login turned off for your account on { $site }
mail-factors-reset-body = An administrator removed the authenticator app and the recovery codes of your account on { $site }, and logged out every device. The password is enough to log in now.
mail-factors-reset-button = This was not me
mail-factors-reset-ignore = If you asked for this, set up the app again after you log in. If not, open the link: you can log out every device and choose a new password. Then contact the administrator of { $site }.

mail-account-exists-subject = You already have an account on { $site }
mail-account-exists-body = Someone tried to use this email on { $site }, but you already have an account with it. Log in as usual, or reset your password if you forgot it.
mail-account-exists-ignore = If it was not you, ignore this email: nothing has changed.

mail-account-deleted-subject = Your account on { $site } was deleted
mail-account-deleted-body = Your account on { $site } and everything stored with it were deleted.
mail-account-deleted-ignore = If you did not want this, contact the administrator of { $site }.

mail-test-subject = Test email from { $site }
mail-test-body = { $site } can send emails: the mail settings are right.
mail-test-ignore = There is nothing to do.
