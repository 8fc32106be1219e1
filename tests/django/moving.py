#!/usr/bin/env python3
"""A real Django makes users, hashes, a dump and refresh tokens; we import and honour them; then it
verifies our access tokens. `scripts/test` runs it: moving.py PROGRAM DATABASE_URL..."""
import datetime, json, os, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

import django
from django.conf import settings
from django.core.management import call_command

SECRET = "django-insecure-$%^&*()_+=-of-the-old-service-0123456789"
PASSWORD = "пароль päss 🔑"
HASHERS = {
    "pbkdf2_sha256": "PBKDF2PasswordHasher",
    "pbkdf2_sha1": "PBKDF2SHA1PasswordHasher",
    "argon2": "Argon2PasswordHasher",
    "bcrypt_sha256": "BCryptSHA256PasswordHasher",
    "bcrypt": "BCryptPasswordHasher",
    "scrypt": "ScryptPasswordHasher",
}
sys.dont_write_bytecode = True
folder = tempfile.TemporaryDirectory()
settings.configure(
    SECRET_KEY=SECRET,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder.name}/django.db"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{name}" for name in HASHERS.values()],
    INSTALLED_APPS=[
        "people", "django.contrib.auth", "django.contrib.contenttypes", "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ],
    # As most projects have it: no issuer, no audience.
    SIMPLE_JWT={"SIGNING_KEY": SECRET, "REFRESH_TOKEN_LIFETIME": datetime.timedelta(days=30)},
)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import Group, User  # noqa: E402
from people.models import Member  # noqa: E402
from rest_framework.decorators import api_view, authentication_classes, permission_classes  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.test import APIRequestFactory  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication  # noqa: E402
from rest_framework_simplejwt.backends import TokenBackend  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402


def people():
    """Users of every kind."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    editors = Group.objects.create(name="Content Editors")
    admins = Group.objects.create(name="ADMIN")
    for n, kind in enumerate(HASHERS):
        user = User(id=100 + n, username=kind, email=f"{kind}@example.com", first_name="Zoë")
        user.password = make_password(PASSWORD, hasher=kind)
        user.is_superuser = kind == "argon2"
        user.save()
        user.groups.add(editors, *([admins] if kind == "scrypt" else []))
    left = User.objects.create_user("left", "left@example.com", PASSWORD)
    User.objects.create_user("nobody", "nobody@example.com")  # an unusable password
    User.objects.create_user("twin", "LEFT@example.com", PASSWORD)
    User.objects.create_user("addressless", "", PASSWORD)
    member = Member(id=7, mail="mia@example.com", nick="mia", kind=2, is_email_confirmed=True)
    member.registered = datetime.datetime(2020, 2, 29, 12, tzinfo=datetime.timezone.utc)
    member.set_password(PASSWORD)
    member.save()
    member.groups.add(editors)
    return left


def tokens(left):
    """Refresh tokens: for each dialect, one that was given back, one of somebody who is disabled."""
    user = User.objects.get(username="bcrypt")
    made = {path: RefreshToken.for_user(user) for path in ("simple", "role", "autor", "chat", "back")}
    made["back"].blacklist()
    made["left"] = RefreshToken.for_user(left)
    left.is_active = False
    left.save()
    return {name: str(token) for name, token in made.items()}


class Service:
    """The program over one database."""

    def __init__(self, program, url, **environment):
        self.program, self.folder = program, tempfile.TemporaryDirectory()
        if url == "sqlite":
            url = f"sqlite://{self.folder.name}/auth.db"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"], "DATABASE_URL": url, "ROCKET_PORT": str(self.port),
            "PORTCULLIS_PUBLIC_URL": self.url, **environment,
        }
        self.server = None
        self.run("migrate")

    def run(self, *args, code=0):
        done = subprocess.run([self.program, *args], cwd=self.folder.name, env=self.environment,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == code, (args, done)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def __enter__(self):
        log = open(f"{self.folder.name}/log", "w")
        self.server = subprocess.Popen([self.program], cwd=self.folder.name, env=self.environment,
                                       stdout=log, stderr=log)
        for _ in range(200):
            try:
                if self.get("/health/ready")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(open(f"{self.folder.name}/log").read())

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(10)

    def ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as e:
            return e.code, json.load(e)

    def get(self, path):
        return self.ask(self.url + path)

    def post(self, path, body, bearer=None):
        headers = {"Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return self.ask(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers))

    def login(self, email, password=PASSWORD):
        return self.post("/api/login/", {"email": email, "password": password})


def imports(service, dump, count):
    """Row by row beforehand, then for good: what is bad is named, what is good is there."""
    role = ("--role", "Content Editors=EDITOR")
    dry = service.run("user", "import", dump, *role, "--dry-run", code=1)
    assert service.run("user", "export") == []
    told = service.run("user", "import", dump, *role, code=1)
    assert told[-1] == {"added": count, "skipped": 2, "dry_run": False}, told
    assert [row["reason"].split(":")[0] for row in told[:-1]] == ["email", "email"], told
    assert [row["reason"] for row in dry if row.get("would") == "skip"] == [row["reason"] for row in told[:-1]]
    users = {user["username"]: user for user in service.run("user", "export")}
    for theirs in User.objects.filter(username__in=[*HASHERS, "left", "nobody"]):
        ours = users[theirs.username]
        for name in ("id", "email", "first_name", "is_active", "is_superuser"):
            assert ours[name] == getattr(theirs, name), (ours, name)
        assert ours["password_hash"] == theirs.password, ours
        joined = datetime.datetime.fromisoformat(ours["created_at"])
        assert abs(joined - theirs.date_joined) < datetime.timedelta(milliseconds=1), ours
    assert users["scrypt"]["roles"] == ["EDITOR", "ADMIN"], users["scrypt"]


def log_in(service):
    """Every hash is known, and replaced."""
    for kind in HASHERS:
        status, reply = service.login(f"{kind}@example.com")
        assert status == 200, (kind, reply)
        assert service.login(f"{kind}@example.com", "пароль päss")[0] == 401, kind
    for name in ("left", "nobody"):
        assert service.login(f"{name}@example.com")[0] in (401, 403), name
    users = {user["username"]: user["password_hash"] for user in service.run("user", "export")}
    for kind in HASHERS:
        assert users[kind].startswith("$argon2id$"), users[kind]


def stay_logged_in(service, tokens):
    """Whoever has a refresh token of the old service goes on with it."""
    calls = {
        "simple": ("/api/refresh/", lambda t: {"refresh_token": t}),
        "autor": ("/token/refresh", lambda t: {"refresh": t}),
        "chat": ("/api/token/refresh/", lambda t: {"refresh": t}),
    }
    access = []
    for name, (path, body) in calls.items():
        status, reply = service.post(path, body(tokens[name]))
        assert status == 200, (name, reply)
        access.append(reply.get("access") or reply["access_token"])
    status, reply = service.post("/u/api/refresh/", {}, bearer=tokens["role"])
    assert status == 200, reply
    for dead in ("back", "left"):
        assert service.post("/api/refresh/", {"refresh_token": tokens[dead]})[0] == 401, dead
    return [*access, reply["access_token"]]


def resource_server(authentication, token):
    """What a Django with simplejwt answers to a bearer of this token."""
    @api_view(["GET"])
    @authentication_classes([authentication])
    @permission_classes([IsAuthenticated])
    def me(request):
        return Response({"id": request.user.pk})

    request = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    reply = me(request)
    return reply.status_code, reply.data


def verified_by_django(service, access):
    user = User.objects.get(username="bcrypt")
    for token in access:
        for authentication in (JWTAuthentication, JWTStatelessUserAuthentication):
            status, reply = resource_server(authentication, token)
            assert (status, reply) == (200, {"id": user.pk}), (authentication, status, reply)
            assert resource_server(authentication, token[:-4] + "AAAA")[0] == 401
    status, pair = service.post("/api/token/", {"email": user.email, "password": PASSWORD})
    assert status == 200 and resource_server(JWTAuthentication, pair["refresh"])[0] == 401, pair


def another_model(program, dump):
    """A user model of the project's own, and keys that are published instead of shared."""
    with Service(program, "sqlite") as service:
        how = """--model people.Member --map email=mail --map username=nick --map created_at=registered
                 --map role=kind --role""".split()
        command = ["user", "import", dump, "--role", "Content Editors=EDITOR", *how]
        told = service.run(*command, "1=USER", code=1)
        assert told[-1]["skipped"] == 1 and "--role 2=" in told[0]["reason"], told
        service.run(*command, "2=ADMIN")
        [mia] = service.run("user", "export")
        assert (mia["id"], mia["email"], mia["username"]) == (7, "mia@example.com", "mia"), mia
        assert mia["roles"] == ["EDITOR", "ADMIN"] and mia["is_email_confirmed"], mia
        assert mia["created_at"] == "2020-02-29T12:00:00Z", mia
        status, tokens = service.login("mia@example.com")
        assert status == 200, tokens
        backend = TokenBackend("ES256", jwk_url=service.url + "/.well-known/jwks.json",
                               audience="portcullis", issuer=service.url)
        assert backend.decode(tokens["access_token"])["user_id"] == 7


def main(program, *urls):
    left = people()
    old = tokens(left)
    dumps = {form: f"{folder.name}/dump.{form}" for form in ("json", "jsonl")}
    for form, file in dumps.items():
        # With the names of groups in the place of their ids, too.
        call_command("dumpdata", format=form, output=file, verbosity=0, use_natural_foreign_keys=form == "jsonl")
    for url in urls:
        until = datetime.date.today() + datetime.timedelta(days=30)
        service = Service(program, url, PORTCULLIS_JWT__ALGORITHM="HS256", PORTCULLIS_JWT__SECRET=SECRET,
                          PORTCULLIS_LEGACY__ACCEPT_SIMPLEJWT="true", PORTCULLIS_LEGACY__UNTIL=str(until))
        imports(service, dumps["jsonl" if url == "sqlite" else "json"], len(HASHERS) + 2)
        with service:
            log_in(service)
            verified_by_django(service, stay_logged_in(service, old))
        print(f"moved from Django {django.__version__} to {url.split(':')[0]}")
    another_model(program, dumps["json"])
    print("moved from a user model of its own; ES256 verified by simplejwt")


main(os.path.abspath(sys.argv[1]), *sys.argv[2:])
