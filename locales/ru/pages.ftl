site-description = Войдите на { $site } или управляйте своей учётной записью.
skip = К содержанию
nav-account = Ваша учётная запись
to-front-page = На главную
to-account = К учётной записи
to-login = Назад ко входу
developing = Для разработки:
dev-docs = API
optional = (необязательно)
save = Сохранить
language = Язык
language-any = Как в браузере
email = Электронная почта
username = Имя пользователя
first-name = Имя
form-again = Страница была открыта слишком долго, или браузер не хранит cookie. Отправьте форму ещё раз.
retry-after = Повторить можно через
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
login-remember = Не выходить
login-forgot = Забыли пароль?
login-button = Войти
login-new = Впервые здесь?
login-register = Завести учётную запись
logout-button = Выйти

register-title = Новая учётная запись
register-button = Зарегистрироваться
register-known = Уже есть учётная запись?
register-invited = Вас пригласили. Учётная запись будет с адресом, на который пришло приглашение.
register-by-invitation = Новую учётную запись здесь заводят по приглашению. Откройте ссылку из письма с приглашением.
register-invite-expired = Приглашение больше не действует: оно использовано, отозвано или старше недели. Попросите новое.

forgot-title = Забыли пароль?
forgot-body = Укажите адрес своей учётной записи, и мы пришлём ссылку, по которой можно задать новый пароль.
forgot-button = Прислать ссылку

confirm-title = Подтвердите адрес
confirm-body = Остался один шаг: подтвердите, что этот адрес ваш.
confirm-change-body = Этот адрес станет адресом вашей учётной записи.
confirm-prove = Введите пароль, который вы задали при регистрации, или откройте эту ссылку в том браузере, где регистрировались.
confirm-change-prove = Кто-то попросил сделать этот адрес адресом своей учётной записи. Если это были вы, введите её пароль или сначала войдите в неё.
confirm-password = Пароль учётной записи
confirm-button = Подтвердить адрес
confirm-reset-title = Я не знаю пароля
confirm-reset-body = Задайте новый. Адрес будет подтверждён, а все прежние входы завершены.
decline-title = Я не регистрировался
decline-body = Кто-то указал ваш адрес. Учётная запись не подтверждена и будет удалена сразу и навсегда.
decline-button = Удалить эту учётную запись
decline-change-title = Я об этом не просил
decline-change-body = Ссылка перестанет действовать, и адрес не достанется никому.
decline-change-button = Остановить смену адреса
confirm-done-title = Адрес подтверждён
confirm-done-body = Ваш адрес подтверждён.
confirm-again-title = Новая ссылка для подтверждения
confirm-again-body = Ссылка работает один раз и в течение трёх дней. Укажите свой адрес, и мы пришлём другую.
confirm-again-button = Прислать новую ссылку

link-expired-title = Ссылка больше не действует

reset-title = Задайте новый пароль
reset-body = На всех устройствах будет выполнен выход.
reset-button = Сохранить пароль
reset-expired-body = Ссылка устарела, или с тех пор изменились пароль или адрес.
reset-again = Запросить новую ссылку

restore-title = Вернуть прежний адрес
restore-body = Этот адрес снова станет адресом вашей учётной записи. На всех устройствах будет выполнен выход, а пароль перестанет действовать: на следующем шаге вы зададите новый.
restore-button = Вернуть адрес
restore-done-body = Адрес уже возвращён. Если вы ещё не задали новый пароль, запросите ссылку.
restore-expired-body = Вернуть адрес можно в течение трёх дней, по ссылке из письма о его смене.
restore-reset = Задать новый пароль

setup-title = Настройка сервиса
setup-body = Задайте адрес и пароль первого суперпользователя, которому здесь можно всё.
setup-button = Создать суперпользователя
setup-expired-body = Она действует один раз, в течение часа и только пока нет суперпользователя. Пока нет пользователей, при каждом запуске печатается новая. Эта команда создаёт суперпользователя в любое время:
setup-command = portcullis user add EMAIL --superuser --confirmed

account-title = Учётная запись
profile-title = Профиль
profile-since = Вы с нами с { $day }.
email-confirmed = подтверждён
email-unconfirmed = не подтверждён
email-resend = Прислать письмо для подтверждения ещё раз
code = Код
code-title = Ввести код из письма
code-body = Шесть цифр из последнего письма для подтверждения адреса. Они заменяют ссылку.
email-new = Новый адрес
email-change = Сменить адрес
email-change-body = Мы пришлём ссылку и код на новый адрес и уведомление на старый. Пока новый адрес не подтверждён, ничего не изменится.
email-change-button = Прислать ссылку
password-change-body = На других устройствах будет выполнен выход.
password-change-button = Сменить пароль
data-title = Ваши данные
data-body = Всё, что о вас хранится, в файле JSON.
data-button = Скачать свои данные
delete-title = Удалить учётную запись
delete-body = Учётная запись и всё, что с ней хранится, удаляются сразу и навсегда.
delete-button = Удалить навсегда

sessions-title = Сеансы
sessions-body = Где выполнен вход. Если вы не узнаёте устройство, завершите его сеанс и смените пароль.
sessions-this = это устройство
sessions-started = Вход
sessions-seen = последняя активность
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
security-look = Посмотреть
security-password = Пусть этот пароль не подходит больше ни к чему.
security-events-title = Последние события
security-events-body = Если что-то из этого сделали не вы, смените пароль.
security-none = Пока ничего.

event-account-deleted = Учётная запись удалена
event-confirmation-resent = Запрошено письмо для подтверждения
event-user-added = Учётная запись создана оператором
event-user-disabled = Учётная запись отключена оператором
event-code-refused = Введён неверный код
event-email-change-declined = Смену адреса отклонил владелец адреса
event-email-change-asked = Запрошена смена адреса
event-email-changed = Адрес изменён
event-email-restored = Прежний адрес возвращён
event-email-confirmed = Адрес подтверждён
event-user-enabled = Учётная запись включена оператором
event-invitation-mailed = Отправлено приглашение
event-invitation-withdrawn = Приглашение отозвано
event-login = Вход
event-login-failed = Неудачный вход
event-logout = Выход
event-logout-all = Выход на всех устройствах
event-logout-others = Выход на остальных устройствах
event-password-changed = Пароль изменён
event-password-refused = Для подтверждения введён неверный пароль
event-password-reset = Пароль сброшен по ссылке из письма
event-password-reset-asked = Запрошен сброс пароля
event-password-set = Пароль задан оператором
event-profile-changed = Профиль изменён
event-refresh-token-reused = Использованный токен пришёл снова: сеанс завершён
event-refresh-tokens-renewed = Токены обновлены
event-registered = Регистрация
event-registration-declined = Учётную запись удалил владелец адреса
event-registered-again = Кто-то снова зарегистрировал ваш адрес
event-role-granted = Выдана роль
event-role-revoked = Отозвана роль
event-simplejwt-token-taken = Продолжен вход, выполненный до переезда на этот сервис
event-session-ended = Завершён сеанс
event-setting-changed = Изменена настройка
event-set-up = Учётная запись создана по ссылке для настройки
event-setup-offered = Напечатана ссылка для настройки
event-tokens-issued = Выданы токены для приложения
event-confirmation-sent = Оператор отправил письмо для подтверждения
event-keys-settled = Ключи подписи приведены в соответствие с настройками
event-keys-rotated = Ключи подписи сменены
event-key-dropped = Ключ подписи немедленно удалён
event-keys-resealed = Ключи подписи зашифрованы заново
event-mail-retried = Повторная отправка письма
event-password-confirmed = Пароль введён ещё раз
event-password-reset-sent = Оператор отправил ссылку для сброса пароля
event-sessions-ended = Оператор завершил все сеансы
event-superuser-granted = Выданы права суперпользователя
event-superuser-revoked = Отозваны права суперпользователя
event-user-changed = Оператор изменил профиль
event-user-confirmed = Оператор подтвердил адрес
event-user-deleted = Оператор удалил учётную запись

device = { $browser }, { $system }
device-unknown = Неизвестная программа
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

notice-registered = Добро пожаловать! Мы отправили письмо со ссылкой для подтверждения адреса.
notice-welcome = Добро пожаловать! Учётная запись готова.
notice-check-mail = Если адрес верен, письмо уже в пути. Откройте ссылку из него.
notice-reset-mailed = Если учётная запись с этим адресом есть, ссылка уже в пути. Она работает час.
notice-confirmation-mailed = Если адрес нужно подтвердить, ссылка уже в пути.
notice-logged-out = Вы вышли.
notice-profile-saved = Профиль сохранён.
notice-email-change-mailed = Мы отправили ссылку на новый адрес. Откройте её или введите здесь код из того же письма, чтобы закончить смену.
notice-password-changed = Пароль изменён. На других устройствах выполнен выход.
notice-password-reset = Пароль изменён, на всех устройствах выполнен выход. Войдите с новым паролем.
notice-session-ended = Сеанс завершён.
notice-others-ended = Все остальные сеансы завершены.
notice-account-deleted = Учётная запись удалена.
notice-email-confirmed = Адрес подтверждён.
notice-registration-declined = Учётная запись удалена. Ваш адрес свободен.
notice-change-declined = Смена остановлена. Ваш адрес никому не достался.
notice-email-restored = Адрес возвращён, на всех устройствах выполнен выход. Теперь задайте новый пароль.

dev-mail-title = Письма этого сервиса
dev-mail-body = Во время разработки письма не отправляются, а остаются здесь.
dev-mail-none = Писем пока нет.
dev-mail-to = Кому: { $to }
dev-mail-html = В виде HTML
dev-mail-text = В виде текста

strength-weak = Слабый пароль: он не подойдёт.
strength-fair = Сносный пароль.
strength-good = Хороший пароль.
strength-strong = Надёжный пароль.

admin-title = Администрирование
admin-overview = Обзор
admin-users = Пользователи
admin-invitations = Приглашения
admin-settings = Настройки
admin-audit = Журнал
admin-mail = Почта
admin-keys = Ключи подписи
admin-pages = Страницы
admin-next = Дальше
admin-previous = Назад
admin-any = Любые
admin-find = Найти
admin-state = Состояние
admin-active = действует
admin-disabled = отключён
admin-superuser = суперпользователь
admin-role = Роль
admin-roles = Роли

admin-confirmed = Подтвердили адрес
admin-mails-waiting = Писем в очереди
admin-mails-failed = Писем не ушло
admin-days = Последние 30 дней
admin-day = День (UTC)
admin-logins = Входы
admin-failures = Неудачные входы
admin-most = { $count ->
    [0] пока ничего
   *[other] в день не больше { $count }
 }
admin-as-table = Таблицей

admin-search = Часть адреса, имени пользователя или имени
admin-found = { $count ->
    [0] Никто не подходит.
    [one] { $count } пользователь.
    [few] { $count } пользователя.
   *[other] { $count } пользователей.
 }
admin-found-more = Больше { $count } пользователей.
admin-nobody = Никто не подходит. Поищите иначе.
admin-untouchable = Учётную запись суперпользователя видит и меняет только суперпользователь.
admin-roles-body = Здесь роль действует сразу. В уже выданных токенах она изменится со следующим токеном, а если завершить сеансы, то сразу.
admin-role-new = Какую роль выдать
admin-grant = Выдать роль
admin-revoke = Отозвать
admin-end-sessions-too = И завершить сеансы
admin-superuser-on = Сделать суперпользователем
admin-superuser-off = Больше не суперпользователь
admin-acts = Учётная запись
admin-send-reset = Прислать ссылку для сброса пароля
admin-confirm = Считать адрес подтверждённым
admin-disable = Отключить учётную запись
admin-enable = Включить учётную запись
admin-end-sessions = Завершить все сеансы
admin-no-sessions = Сеансов нет.
admin-mails = Письма
admin-no-mails = Писем нет.
admin-history = История
admin-retry = Отправить сейчас

admin-settings-body = Заданное здесь хранится в базе, важнее файла и за две секунды действует на каждом сервере.
admin-changes = Изменения
admin-undo = Вернуть { $value }
admin-reset = Взять значение из файла: { $value }
setting-access-token-lifetime = Срок токенов доступа
setting-refresh-token-lifetime = Срок токенов обновления
setting-registration = Регистрация
setting-registration-open = Открыта для всех
setting-registration-invite = По приглашению
setting-registration-closed = Закрыта
setting-email-confirmation = Подтверждение адреса
setting-email-confirmation-optional = Необязательно
setting-email-confirmation-required = Обязательно до первого входа

admin-audit-user = Чья учётная запись (id)
admin-audit-actor = Кто сделал (id)
admin-audit-kind = Что
admin-audit-from = С
admin-audit-to = По
admin-csv = В виде CSV
actor-anonymous = неизвестно кто
actor-cli = командная строка
actor-service = сам сервис

mail-state-waiting = ждёт
mail-state-sent = отправлено
mail-state-failed = не ушло
mail-state-dropped = отменено
mail-kind-confirm-email = Подтверждение адреса
mail-kind-reset-password = Сброс пароля
mail-kind-change-email = Подтверждение нового адреса
mail-kind-email-changed = Уведомление о смене адреса
mail-kind-restore-email = Уведомление о смене адреса
mail-kind-password-changed = Уведомление о смене пароля
mail-kind-account-exists = Уведомление о том, что учётная запись есть
mail-kind-account-deleted = Уведомление об удалении
mail-kind-invitation = Приглашение

admin-keys-body = Текущий ключ подписывает. Следующий уже опубликован, чтобы проверяющие знали его, когда он начнёт. Прежние проверяют, пока не истёк их последний токен: смена ключей никого не выводит.
admin-keys-force = Даже если проверяющие могли ещё не видеть следующий ключ
admin-keys-rotate = Сменить ключи
key-current = Подписывает
key-next = Подпишет следующим
key-retired = Только проверяет

admin-invite = Отправить приглашение
admin-invite-roles = Имена через запятую. Можно дать те, что есть у вас.
admin-no-invitations = Неиспользованных приглашений нет.
admin-withdraw = Отозвать

prove-title = Введите пароль ещё раз
prove-body = Последний раз он вводился больше десяти минут назад, а то, что вы делаете, не должен сделать никто другой. Затем повторите действие.
prove-button = Продолжить

notice-user-changed = Пользователь изменён.
notice-user-sessions-ended = Все сеансы пользователя завершены.
notice-user-deleted = Пользователь удалён.
notice-mail-queued = Письмо в пути.
notice-settings-saved = Настройки сохранены.
notice-keys-rotated = Ключи сменены.
notice-invited = Приглашение в пути.
notice-invitation-withdrawn = Приглашение отозвано.
notice-password-proven = Спасибо. Десять минут пароль не понадобится.
