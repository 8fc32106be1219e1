mail-hello = Hello,
mail-hello-name = Hello { $name },
mail-link-plain = If the button does not work, open this address:
mail-link-lifetime = { $days ->
    [0] { $hours ->
        [one] The link works once and for one hour.
       *[other] The link works once and for { $hours } hours.
    }
    [one] The link works once and for one day.
   *[other] The link works once and for { $days } days.
 }

mail-confirm-email-subject = Confirm your address for { $site }
mail-confirm-email-body = Somebody registered at { $site } with this address. If it was you, confirm that the address is yours.
mail-confirm-email-button = Confirm the address
mail-confirm-email-ignore = If it was not you, open the link and say so: the account is deleted. Or ignore this mail: the address stays unconfirmed.

mail-code = Or enter this code where you are logged in:

mail-reset-password-subject = Choose a new password for { $site }
mail-reset-password-body = Somebody asked for a new password for your account at { $site }. If it was you, choose one now.
mail-reset-password-button = Choose a new password
mail-reset-password-ignore = If it was not you, ignore this mail: your password stays as it is.

mail-change-email-subject = Confirm your new address for { $site }
mail-change-email-body = This is to become the address of your account at { $site }. Confirm that it is yours.
mail-change-email-button = Confirm the new address
mail-change-email-ignore = If you did not ask for this, ignore this mail, or open the link and stop the change: nothing will change.

mail-invitation-subject = You are invited to { $site }
mail-invitation-body = You are invited to make an account at { $site } with this address. Choose a password, and you are in.
mail-invitation-button = Make the account
mail-invitation-ignore = If you do not want an account, ignore this mail: none will be made.

mail-email-changed-subject = A new address was asked for at { $site }
mail-email-changed-body = Somebody who knows your password asked to change the address of your account at { $site } to { $new-email }. It will change once the new address is confirmed.
mail-email-changed-button = Reset the password
mail-email-changed-ignore = If it was you, there is nothing to do. If not, reset your password now: that stops it.

mail-restore-email-subject = The address of your account at { $site } was changed
mail-restore-email-body = Your account at { $site } now has the address { $new-email }. Mails about it go there from now on.
mail-restore-email-button = Take the change back
mail-restore-email-ignore = If it was you, there is nothing to do. If not, take the change back: it logs every device out, and you choose a new password.

mail-password-changed-subject = Your password at { $site } was changed
mail-password-changed-body = The password of your account at { $site } was changed, and other devices were logged out.
mail-password-changed-button = Reset the password
mail-password-changed-ignore = If it was you, there is nothing to do. If not, reset your password now.

mail-account-exists-subject = You already have an account at { $site }
mail-account-exists-body = Somebody tried to use this address at { $site }, but it belongs to your account already. Log in as usual, or ask for a new password if you forgot yours.
mail-account-exists-ignore = If it was not you, ignore this mail: nothing has changed.

mail-account-deleted-subject = Your account at { $site } was deleted
mail-account-deleted-body = Your account at { $site } and everything stored with it was deleted.
mail-account-deleted-ignore = If this was not your wish, ask whoever runs { $site }.

mail-test-subject = A test mail from { $site }
mail-test-body = Mail from { $site } arrives: the settings are right.
mail-test-ignore = There is nothing to do.
