detail-check-mail = If the address is right, a mail is on its way. Open the link in it.
