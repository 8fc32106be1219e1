site-description = Войдите на { $site } или управляйте своей учётной записью.
skip = Перейти к содержанию
nav-account = Ваша учётная запись
to-front-page = На главную
to-account = К учётной записи
to-login = Вернуться ко входу
developing = Для разработки:
dev-docs = API
optional = (необязательно)
save = Сохранить
language = Язык
language-any = Как в браузере
email = Электронная почта
username = Имя пользователя
first-name = Имя
form-again = Страница была открыта слишком долго, или браузер блокирует cookie. Отправьте форму ещё раз.
retry-after = Повторите через
seconds = с

password = Пароль
password-current = Текущий пароль
password-new = Новый пароль
password-show = Показать
password-hide = Скрыть
password-hint = { $count ->
    [one] Не меньше { $count } символа. Несколько слов запомнить легче, чем знаки и цифры, а угадать труднее.
   *[other] Не меньше { $count } символов. Несколько слов запомнить легче, чем знаки и цифры, а угадать труднее.
 }

login-title = Вход
login-name = Электронная почта или имя пользователя
login-remember = Запомнить меня
login-forgot = Забыли пароль?
login-button = Войти
login-by-mail = Войти по электронной почте
login-new = Впервые здесь?
login-register = Создать учётную запись
logout-button = Выйти

by-mail-title = Вход по электронной почте
by-mail-body = Укажите адрес электронной почты своей учётной записи: мы пришлём ссылку и код для входа без пароля.
by-mail-button = Отправить письмо
by-mail-password = Войти с паролем
by-mail-code-title = Проверьте почту
by-mail-code-body = Если учётная запись с таким адресом есть, ссылка и код уже в пути. Откройте ссылку в этом браузере или введите код здесь.
by-mail-code-hint = Шесть цифр. Код действует 10 минут.
by-mail-again = Запросить новое письмо
by-mail-elsewhere-title = Ваш код
by-mail-elsewhere-body = Этот вход начат в другом браузере. Введите там этот код:
by-mail-elsewhere-warning = Вас попросил открыть эту страницу или назвать код кто-то другой? Тогда закройте её: с этим кодом он войдёт в вашу учётную запись.
by-mail-expired-body = Эта ссылка устарела, уже использована или заменена ссылкой из более нового письма.

register-title = Создать учётную запись
register-button = Создать учётную запись
register-known = Уже есть учётная запись?
register-invited = Вас пригласили. В учётной записи будет адрес, на который пришло приглашение.
register-by-invitation = Создать учётную запись можно только по приглашению. Если оно у вас есть, откройте ссылку из письма.
register-invite-expired = Приглашение больше не действует: оно использовано, отозвано или старше недели. Попросите новое.

forgot-title = Забыли пароль?
forgot-body = Укажите адрес своей учётной записи, и мы пришлём ссылку, по которой можно задать новый пароль.
forgot-button = Отправить ссылку

confirm-title = Подтвердите адрес
confirm-body = Остался один шаг: подтвердите, что этот адрес ваш.
confirm-change-body = Подтвердите, что это новый адрес вашей учётной записи.
confirm-prove = Введите пароль, который вы задали при регистрации, или откройте эту ссылку в том браузере, где регистрировались.
confirm-change-prove = Кто-то попросил привязать этот адрес к своей учётной записи. Если это были вы, введите пароль учётной записи или сначала войдите в неё.
confirm-password = Пароль учётной записи
confirm-button = Подтвердить адрес
confirm-reset-title = Не знаю пароль
confirm-reset-body = Задайте новый пароль. Адрес будет подтверждён, а на всех устройствах будет выполнен выход.
decline-title = Это не моя регистрация
decline-body = Кто-то создал эту учётную запись с вашим адресом. Она будет удалена сразу и навсегда.
decline-button = Удалить эту учётную запись
decline-change-title = Это не мой запрос
decline-change-body = Ссылка перестанет действовать, и ваш адрес не будет привязан ни к какой учётной записи.
decline-change-button = Отменить смену адреса
confirm-done-title = Адрес подтверждён
confirm-done-body = Теперь вы можете пользоваться учётной записью с адресом
confirm-again-title = Новая ссылка для подтверждения
confirm-again-body = Ссылка срабатывает один раз и действует 3 дня. Укажите свой адрес, и мы пришлём новую.
confirm-again-button = Отправить новую ссылку

link-expired-title = Ссылка больше не действует

reset-title = Задайте новый пароль
reset-body = На всех устройствах будет выполнен выход.
reset-button = Сохранить пароль
reset-expired-body = Ссылка устарела или уже использована.
reset-again = Запросить новую ссылку

restore-title = Вернуть прежний адрес
restore-body = Этот адрес снова станет адресом вашей учётной записи. На всех устройствах будет выполнен выход, а пароль перестанет действовать: на следующем шаге вы зададите новый.
restore-button = Вернуть прежний адрес
restore-done-body = Прежний адрес уже возвращён. Если вы ещё не задали новый пароль, запросите ссылку.
restore-expired-body = Вернуть прежний адрес можно в течение 3 дней по ссылке из письма о его смене.
restore-reset = Задать новый пароль

report-title = Это не я
report-body = На всех устройствах будет выполнен выход, а ваш пароль перестанет действовать: на следующем шаге вы зададите новый.
report-button = Выйти на всех устройствах
report-done-body = Об этом входе уже сообщено. Если вы ещё не задали новый пароль, запросите ссылку.
report-expired-body = Сообщить о входе можно в течение 3 дней по ссылке из письма о нём.

setup-title = Настройка сервиса
setup-body = Задайте адрес и пароль первого суперпользователя. Суперпользователям доступны здесь все действия.
setup-button = Создать суперпользователя
setup-expired-body = Ссылка для настройки срабатывает один раз, действует один час и только пока нет суперпользователя. Пока нет пользователей, сервис печатает новую ссылку при каждом запуске. Суперпользователя можно создать и из командной строки:
setup-command = portcullis user add EMAIL --superuser --confirmed

account-title = Учётная запись
profile-title = Профиль
profile-since = Вы с нами с { $day }.
email-confirmed = подтверждён
email-unconfirmed = не подтверждён
email-resend = Отправить письмо для подтверждения ещё раз
code = Код
code-title = Ввести код из письма
code-body = Шесть цифр из последнего письма с просьбой подтвердить адрес. Они заменяют ссылку.
email-new = Новый адрес
email-change = Сменить адрес
email-change-body = Мы отправим ссылку и код на новый адрес и уведомление на старый. Пока новый адрес не подтверждён, ничего не изменится.
email-change-button = Отправить ссылку
password-change-body = На других устройствах будет выполнен выход.
password-change-button = Сменить пароль
data-title = Ваши данные
data-body = Всё, что о вас хранится, в файле JSON.
data-button = Скачать свои данные
delete-title = Удалить учётную запись
delete-body = Учётная запись и всё, что с ней хранится, удаляются сразу и навсегда.
delete-button = Удалить навсегда

sessions-title = Сеансы
sessions-body = Устройства, на которых выполнен вход. Если какое-то вам незнакомо, завершите на нём сеанс и смените пароль.
sessions-this = это устройство
sessions-started = Вход:
sessions-seen = активность:
sessions-end = Завершить сеанс
sessions-end-others = Завершить все остальные сеансы

security-title = Безопасность
security-advice-title = Кратко
security-confirmed = Адрес подтверждён: с его помощью можно восстановить доступ.
security-unconfirmed = Адрес не подтверждён.
security-sessions = { $count ->
    [one] Вход выполнен на { $count } устройстве.
   *[other] Вход выполнен на { $count } устройствах.
 }
security-look = Посмотреть сеансы
security-password = Не используйте этот пароль больше нигде.
notifications-title = Вход с новых устройств
notifications-on = Мы пишем вам, когда в вашу учётную запись входят с устройства, которым вы раньше не пользовались.
notifications-off = Мы не пишем вам о входах с новых устройств.
notifications-turn-on = Включить письма
notifications-turn-off = Отключить письма
security-events-title = Последние события
security-events-body = Если что-то из этого сделали не вы, смените пароль.
security-none = Событий пока нет.

event-account-deleted = Учётная запись удалена
event-confirmation-resent = Запрошено письмо для подтверждения адреса
event-user-added = Учётная запись создана администратором
event-user-disabled = Учётная запись отключена администратором
event-users-exported = Выгружены пользователи
event-users-imported = Загружены пользователи
event-code-refused = Введён неверный код
event-email-change-declined = Смена адреса отменена владельцем нового адреса
event-email-change-asked = Запрошена смена адреса
event-email-changed = Адрес изменён
event-email-restored = Прежний адрес возвращён
event-email-confirmed = Адрес подтверждён
event-user-enabled = Учётная запись включена администратором
event-invitation-mailed = Отправлено приглашение
event-invitation-withdrawn = Приглашение отозвано
event-times = { $count ->
    [one] { $count } раз
    [few] { $count } раза
   *[other] { $count } раз
 }, последний — { $last }
event-times-several = { $count ->
    [one] { $count } раз
    [few] { $count } раза
   *[other] { $count } раз
 } для разных учётных записей или с разных адресов, последний — { $last }
event-login = Вход
event-login-failed = Неудачный вход
event-login-reported = Вход отмечен как чужой
event-login-mail-requested = Запрошено письмо для входа
event-stuffing-noticed = Замечен подбор по утёкшим паролям
event-logout = Выход
event-logout-all = Выход на всех устройствах
event-logout-others = Выход на всех остальных устройствах
event-password-changed = Пароль изменён
event-password-refused = Для подтверждения действия введён неверный пароль
event-password-reset = Пароль сброшен по ссылке из письма
event-password-reset-requested = Запрошен сброс пароля
event-password-set = Пароль задан администратором
event-profile-changed = Профиль изменён
event-refresh-token-reused = Повторно использован токен обновления: сеанс завершён
event-refresh-tokens-renewed = Токены обновления заменены
event-registered = Учётная запись создана
event-registration-declined = Учётная запись удалена владельцем адреса
event-registration-repeated = Кто-то пытался создать ещё одну учётную запись с этим адресом
event-role-granted = Выдана роль
event-role-revoked = Отозвана роль
event-legacy-token-adopted = Продолжен вход, выполненный в прежней системе
event-session-ended = Завершён сеанс
event-setting-changed = Изменена настройка
event-setup-completed = Учётная запись создана по ссылке для настройки
event-setup-offered = Напечатана ссылка для настройки
event-tokens-issued = Выданы токены для приложения
event-confirmation-sent = Администратор отправил письмо для подтверждения адреса
event-keys-provisioned = Ключи подписи приведены в соответствие с настройками
event-keys-rotated = Ключи подписи сменены
event-key-dropped = Ключ подписи немедленно удалён
event-keys-resealed = Ключи подписи зашифрованы заново
event-mail-retried = Повторная отправка письма
event-password-confirmed = Введён пароль для подтверждения
event-password-reset-sent = Администратор отправил письмо для сброса пароля
event-sessions-ended = Администратор завершил все сеансы
event-superuser-granted = Выданы права суперпользователя
event-superuser-revoked = Сняты права суперпользователя
event-user-changed = Администратор изменил профиль
event-user-confirmed = Администратор подтвердил адрес
event-user-deleted = Администратор удалил учётную запись

device = { $browser }, { $system }
device-unknown = Неизвестное приложение
ago-now = только что
ago-minutes = { $count ->
    [one] { $count } минуту назад
    [few] { $count } минуты назад
   *[other] { $count } минут назад
 }
ago-hours = { $count ->
    [one] { $count } час назад
    [few] { $count } часа назад
   *[other] { $count } часов назад
 }
ago-days = { $count ->
    [one] { $count } день назад
    [few] { $count } дня назад
   *[other] { $count } дней назад
 }
duration-days = { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[other] { $count } дней
 }
duration-hours = { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[other] { $count } часов
 }
duration-minutes = { $count ->
    [one] { $count } минута
    [few] { $count } минуты
   *[other] { $count } минут
 }
duration-seconds = { $count ->
    [one] { $count } секунда
    [few] { $count } секунды
   *[other] { $count } секунд
 }
moment = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[other] декабря
 } { $year }, { $time } UTC

notice-registered = Добро пожаловать! Мы отправили вам ссылку для подтверждения адреса.
notice-welcome = Добро пожаловать! Учётная запись готова.
notice-check-mail = Проверьте почту. Если адрес верен, ссылка уже в пути.
notice-reset-mailed = Проверьте почту. Если учётная запись с этим адресом есть, ссылка уже в пути. Она действует один час.
notice-confirmation-mailed = Проверьте почту. Если адрес ещё не подтверждён, ссылка уже в пути.
notice-confirmation-resent = Новая ссылка уже в пути на ваш адрес.
notice-logged-out = Вы вышли.
notice-profile-saved = Профиль сохранён.
notice-email-change-mailed = Мы отправили ссылку и код на новый адрес. Чтобы закончить смену адреса, откройте ссылку или введите код здесь.
notice-password-changed = Пароль изменён. На других устройствах выполнен выход.
notice-password-reset = Пароль изменён, на всех устройствах выполнен выход. Войдите с новым паролем.
notice-session-ended = Сеанс завершён.
notice-others-ended = Все остальные сеансы завершены.
notice-account-deleted = Учётная запись удалена.
notice-email-confirmed = Адрес подтверждён.
notice-registration-declined = Учётная запись удалена. С вашим адресом можно создать новую.
notice-change-declined = Смена адреса отменена. Ваш адрес не привязан ни к какой учётной записи.
notice-login-reported = На всех устройствах выполнен выход. Теперь задайте новый пароль.
notice-notifications-saved = Сохранено.
notice-email-restored = Прежний адрес возвращён, на всех устройствах выполнен выход. Теперь задайте новый пароль.

dev-mail-title = Почта для разработки
dev-mail-body = Во время разработки письма не отправляются, а остаются здесь.
dev-mail-none = Писем пока нет.
dev-mail-to = Кому: { $to }
dev-mail-html = HTML
dev-mail-text = Обычный текст

strength-weak = Слишком слабый пароль. Добавьте ещё слово.
strength-fair = Приемлемый пароль.
strength-good = Хороший пароль.
strength-strong = Надёжный пароль.

admin-title = Администрирование
admin-overview = Обзор
admin-users = Пользователи
admin-invitations = Приглашения
admin-settings = Настройки
admin-audit = Журнал
admin-mail = Письма
admin-keys = Ключи подписи
admin-pages = Страницы
admin-next = Дальше
admin-previous = Назад
admin-any = Все
admin-find = Найти
admin-state = Состояние
admin-active = действует
admin-disabled = отключён
admin-superuser = суперпользователь
admin-role = Роль
admin-roles = Роли

admin-confirmed = Подтвердили адрес
admin-mails-waiting = Писем в очереди
admin-mails-failed = Не отправлено
admin-stuffing = Много неудачных входов с новых устройств: кто-то подбирает пароли по утечкам. Такие входы замедлены. Устройств, с которых уже входили, это не касается.
admin-stuffing-failed = Неудачные входы с новых устройств за 10 минут
admin-attacks = Попытки подбора за 30 дней
admin-days = Последние 30 дней
admin-day = День (UTC)
admin-logins = Входы
admin-failures = Неудачные входы
admin-most = { $count ->
    [0] входов пока нет
   *[other] максимум за день: { $count }
 }
admin-as-table = Показать таблицей

admin-search = Почта или имя
admin-confirmation = Адрес
admin-found = { $count ->
    [0] Пользователей нет.
    [one] { $count } пользователь.
    [few] { $count } пользователя.
   *[other] { $count } пользователей.
 }
admin-found-more = Больше { $count } пользователей.
admin-nobody = Никого не найдено. Измените или сбросьте фильтры.
admin-since = Учётная запись создана { $day }
admin-untouchable = Просматривать и изменять учётную запись суперпользователя может только суперпользователь.
admin-roles-body = Здесь роль действует сразу. В уже выданных токенах она изменится при следующем обновлении. Чтобы она сразу изменилась и в них, завершите все сеансы.
admin-role-new = Роль
admin-grant = Выдать роль
admin-revoke = Отозвать
admin-end-sessions-too = Завершить все сеансы
admin-superuser-on = Выдать права суперпользователя
admin-superuser-off = Снять права суперпользователя
admin-acts = Учётная запись
admin-send-reset = Отправить письмо для сброса пароля
admin-confirm = Отметить адрес как подтверждённый
admin-disable = Отключить учётную запись
admin-enable = Включить учётную запись
admin-end-sessions = Завершить все сеансы
admin-no-sessions = Активных сеансов нет.
admin-mails = Письма
admin-no-mails = Писем нет.
admin-history = История
admin-retry = Отправить сейчас

admin-settings-body = Сохранённые здесь значения важнее файла настроек и начинают действовать на всех серверах в течение секунды.
admin-changes = Изменения
admin-no-changes = Изменений пока нет.
admin-undo = Вернуть «{ $value }»
admin-reset = Взять значение из файла: «{ $value }»
setting-access-token-lifetime = Срок действия токенов доступа
setting-refresh-token-lifetime = Срок действия токенов обновления
setting-registration = Регистрация
setting-registration-open = Открыта для всех
setting-registration-invite = По приглашению
setting-registration-closed = Закрыта
setting-email-confirmation = Подтверждение адреса
setting-email-confirmation-optional = Необязательно
setting-email-confirmation-required = Обязательно для входа

admin-audit-user = Учётная запись (ID)
admin-audit-actor = Кто сделал (ID)
admin-audit-kind = Событие
admin-audit-from = С
admin-audit-to = По
admin-no-events = Событий не найдено.
admin-csv = Скачать CSV
actor-anonymous = Неизвестный пользователь
actor-cli = Командная строка
actor-service = Сам сервис

mail-state-waiting = в очереди
mail-state-sent = отправлено
mail-state-failed = ошибка отправки
mail-state-dropped = отменено
mail-kind-confirm-email = Подтверждение адреса
mail-kind-login = Вход по электронной почте
mail-kind-reset-password = Сброс пароля
mail-kind-change-email = Подтверждение нового адреса
mail-kind-email-changed = Уведомление: запрошена смена адреса
mail-kind-restore-email = Уведомление: адрес изменён
mail-kind-password-changed = Уведомление: пароль изменён
mail-kind-account-exists = Уведомление: учётная запись уже есть
mail-kind-account-deleted = Уведомление: учётная запись удалена
mail-kind-new-device = Уведомление: вход с нового устройства
mail-kind-invitation = Приглашение

admin-keys-body = Текущий ключ подписывает токены. Следующий уже опубликован, чтобы другие сервисы успели его получить. Прежние ключи проверяют токены, пока не истечёт последний из подписанных ими. При смене ключей входить заново никому не придётся.
admin-keys-force = Сменить, даже если другие сервисы ещё не получили следующий ключ
admin-keys-rotate = Сменить ключи
key-current = Текущий
key-next = Следующий
key-retired = Прежний (только проверка)

admin-invite = Отправить приглашение
admin-invite-roles = Перечислите роли через запятую. Выдать можно только те, что есть у вас.
admin-invite-any-roles = Перечислите роли через запятую.
admin-no-invitations = Неиспользованных приглашений нет.
admin-withdraw = Отозвать

prove-title = Подтвердите, что это вы
prove-body = Чтобы продолжить, введите пароль, а затем повторите действие. Следующие 10 минут пароль не понадобится.
prove-button = Продолжить

notice-user-changed = Изменения сохранены.
notice-user-sessions-ended = Все сеансы пользователя завершены.
notice-user-deleted = Пользователь удалён.
notice-mail-queued = Письмо в пути.
notice-settings-saved = Настройки сохранены.
notice-keys-rotated = Ключи сменены.
notice-invited = Приглашение в пути.
notice-invitation-withdrawn = Приглашение отозвано.
notice-password-proven = Пароль принят. Теперь повторите действие. Следующие 10 минут пароль не понадобится.
