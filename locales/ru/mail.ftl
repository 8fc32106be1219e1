mail-hello = Здравствуйте!
mail-hello-name = Здравствуйте, { $name }!
mail-link-plain = Если кнопка не работает, откройте этот адрес:
mail-link-lifetime = { $days ->
    [0] { $hours ->
        [one] Ссылка сработает один раз, в течение { $hours } часа.
       *[other] Ссылка сработает один раз, в течение { $hours } часов.
    }
    [one] Ссылка сработает один раз, в течение { $days } дня.
   *[other] Ссылка сработает один раз, в течение { $days } дней.
 }

mail-confirm-email-subject = Подтвердите адрес для { $site }
mail-confirm-email-body = Кто-то зарегистрировался на { $site } с этим адресом. Если это были вы, подтвердите, что адрес ваш.
mail-confirm-email-button = Подтвердить адрес
mail-confirm-email-ignore = Если это были не вы, откройте ссылку и сообщите об этом: учётная запись будет удалена. Или ничего не делайте: адрес останется неподтверждённым.

mail-code = Или введите этот код там, где вы вошли:

mail-reset-password-subject = Новый пароль для { $site }
mail-reset-password-body = Кто-то попросил новый пароль для вашей учётной записи на { $site }. Если это были вы, задайте его сейчас.
mail-reset-password-button = Задать новый пароль
mail-reset-password-ignore = Если это были не вы, ничего не делайте: пароль останется прежним.

mail-change-email-subject = Подтвердите новый адрес для { $site }
mail-change-email-body = Этот адрес должен стать адресом вашей учётной записи на { $site }. Подтвердите, что он ваш.
mail-change-email-button = Подтвердить новый адрес
mail-change-email-ignore = Если вы об этом не просили, ничего не делайте или откройте ссылку и остановите смену: всё останется как есть.

mail-invitation-subject = Вас приглашают на { $site }
mail-invitation-body = Вас приглашают завести учётную запись на { $site } с этим адресом. Осталось придумать пароль.
mail-invitation-button = Завести учётную запись
mail-invitation-ignore = Если учётная запись вам не нужна, ничего не делайте: её не будет.

mail-email-changed-subject = На { $site } запрошена смена адреса
mail-email-changed-body = Кто-то, кто знает ваш пароль, попросил сменить адрес вашей учётной записи на { $site } на { $new-email }. Адрес сменится, когда новый будет подтверждён.
mail-email-changed-button = Сбросить пароль
mail-email-changed-ignore = Если это были вы, ничего делать не нужно. Если нет, сбросьте пароль сейчас: это остановит смену адреса.

mail-restore-email-subject = Адрес вашей учётной записи на { $site } изменён
mail-restore-email-body = У вашей учётной записи на { $site } теперь адрес { $new-email }. Письма о ней будут приходить туда.
mail-restore-email-button = Вернуть прежний адрес
mail-restore-email-ignore = Если это были вы, ничего делать не нужно. Если нет, верните адрес: на всех устройствах будет выполнен выход, и вы зададите новый пароль.

mail-password-changed-subject = Ваш пароль на { $site } изменён
mail-password-changed-body = Пароль вашей учётной записи на { $site } изменён, на других устройствах выполнен выход.
mail-password-changed-button = Сбросить пароль
mail-password-changed-ignore = Если это были вы, ничего делать не нужно. Если нет, сбросьте пароль сейчас.

mail-account-exists-subject = У вас уже есть учётная запись на { $site }
mail-account-exists-body = Кто-то попытался использовать этот адрес на { $site }, но он уже принадлежит вашей учётной записи. Войдите как обычно или запросите новый пароль, если забыли старый.
mail-account-exists-ignore = Если это были не вы, ничего не делайте: ничего не изменилось.

mail-account-deleted-subject = Ваша учётная запись на { $site } удалена
mail-account-deleted-body = Ваша учётная запись на { $site } и всё, что с ней хранилось, удалены.
mail-account-deleted-ignore = Если вы этого не хотели, обратитесь к владельцам { $site }.

mail-test-subject = Проверочное письмо от { $site }
mail-test-body = Почта от { $site } доходит: настройки верны.
mail-test-ignore = Делать ничего не нужно.
