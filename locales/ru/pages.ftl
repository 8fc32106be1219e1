brand = Portcullis
to-front-page = На главную

front-title = Сервис работает
front-body = Portcullis отвечает за учётные записи, сеансы и токены.
front-docs = Посмотреть и попробовать API
front-openapi = API в формате OpenAPI

confirm-title = Подтвердите адрес
confirm-body = Остался один шаг: подтвердите, что этот адрес ваш.
confirm-button = Подтвердить адрес
confirm-done-title = Адрес подтверждён
confirm-done-body = Ваш адрес подтверждён. Страницу можно закрыть.
confirm-expired-body = Ссылка устарела или заменена более новой. Войдите и запросите другую.

link-expired-title = Ссылка больше не действует

reset-title = Задайте новый пароль
reset-body = На всех устройствах будет выполнен выход.
reset-new-password = Новый пароль
reset-hint = { $count ->
    [one] Не меньше { $count } символа. Несколько слов запомнить легче, чем знаки и цифры.
   *[other] Не меньше { $count } символов. Несколько слов запомнить легче, чем знаки и цифры.
 }
reset-button = Сохранить пароль
reset-done-title = Пароль изменён
reset-done-body = Пароль изменён. Войдите с новым паролем.
reset-expired-body = Ссылка устарела, или с тех пор изменились пароль или адрес. Запросите другую.

dev-mail-title = Письма этого сервиса
dev-mail-body = Во время разработки письма не отправляются, а остаются здесь.
dev-mail-none = Писем пока нет.
dev-mail-to = Кому: { $to }
dev-mail-text = Текст письма
