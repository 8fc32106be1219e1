"""People who use the service, and a journal of the replies that they got.

An acknowledged reply is a promise: the journal is checked against the service after a fault. A request
without a reply, or with 5xx, may have been executed or not; the service must be in one of the two states.
"""
import asyncio, random, time
from .client import Connection, Lost
from .server import PUBLIC_URL

COOKIE = "__Host-portcullis"
# What a person does next, and how often. Logins hash a password, so they are rare.
ACTS = {"refresh": 60, "look": 24, "logout": 5, "change_password": 3, "register": 3}


class Journal:
    """What was acknowledged, and what went wrong."""

    def __init__(self):
        self.acknowledged, self.unknown, self.violations = {}, 0, []
        self.statuses, self.times, self.failures = {}, [], []
        self.last = self.longest_gap = 0.0

    def reply(self, what, reply, seconds):
        self.statuses[reply.status] = self.statuses.get(reply.status, 0) + 1
        self.times.append(seconds)
        if reply.status >= 500:
            self.unknown += 1
            self.failures.append(f"{what}: {reply.status} after {seconds:.1f} s: {reply.body[:120]!r}")
        else:
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - self.last if self.last else 0)
            self.last = now

    def lost(self, why):
        self.unknown += 1
        self.statuses["lost"] = self.statuses.get("lost", 0) + 1
        self.failures.append(why)

    def acknowledge(self, act):
        self.acknowledged[act] = self.acknowledged.get(act, 0) + 1

    def violation(self, what):
        self.violations.append(what)

    def require_no_failure(self):
        """Every request so far was answered."""
        assert self.unknown == 0, "\n".join([f"{self.unknown} requests failed: {self.statuses}", *self.failures[:8]])

    def writes(self):
        return sum(count for act, count in self.acknowledged.items() if act != "look")

    def slowest(self):
        return max(self.times, default=0.0)

    def quantile(self, part):
        times = sorted(self.times)
        return times[int(len(times) * part)] if times else 0.0

    def figures(self):
        return f"{self.writes():,} acknowledged writes, {self.unknown:,} requests without an answer"


class Session:
    def __init__(self, cookie, access):
        self.cookie, self.access = cookie, access


class Person:
    """Somebody with a browser. `address` says where the service is, each time a connection is opened."""

    def __init__(self, name, address, journal, source=None):
        self.name, self.journal, self.turn = name, journal, 0
        self.connection = Connection(address, source)
        self.email, self.passwords, self.session = None, [], None
        # Sessions whose logout was acknowledged, and accounts whose registration was.
        self.ended, self.accounts = [], []

    async def send(self, method, path, body=None, session=None):
        """The reply; None if it is unknown whether the request was executed."""
        headers = {"Origin": PUBLIC_URL}
        if session:
            headers |= {"Cookie": f"{COOKIE}={session.cookie}", "Authorization": f"Bearer {session.access}"}
        since = time.monotonic()
        try:
            reply = await self.connection.request(method, path, body, **headers)
        except Lost as e:
            self.journal.lost(str(e))
            return None
        self.journal.reply(f"{method} {path}", reply, time.monotonic() - since)
        return None if reply.status >= 500 else reply

    def unexpected(self, act, reply):
        self.journal.violation(f"{self.name}: {act}: {reply.status} {reply.body[:200]!r}")

    async def act(self):
        """One step. False if it is unknown whether the service did it."""
        if self.email is None:
            return await self.register()
        if self.session is None:
            return await self.login()
        act = random.choices(list(ACTS), list(ACTS.values()))[0]
        return await getattr(self, act)()

    async def register(self):
        self.turn += 1
        email, password = f"{self.name}-{self.turn}@example.com", f"horse battery {self.turn} {self.name} zq"
        body = {"email": email, "password": password}
        reply = await self.send("POST", "/auth/register", body)
        if reply is None:
            return False
        if reply.status != 201:
            self.unexpected("register", reply)
            return False
        self.journal.acknowledge("register")
        if self.email is not None:
            self.accounts.append((self.email, self.passwords))
        self.email, self.passwords, self.session = email, [password], None
        return True

    async def login(self):
        for password in self.passwords:
            reply = await self.send("POST", "/auth/login", {"email": self.email, "password": password})
            if reply is None:
                return False
            if reply.status == 200:
                self.journal.acknowledge("login")
                self.session = Session(reply.cookie(COOKIE), reply.json()["token"])
                return True
        self.unexpected("login to an account that was acknowledged", reply)
        return False

    async def refresh(self):
        session = self.session
        reply = await self.send("POST", "/auth/refresh", session=session)
        if reply is None:
            return False
        if reply.status != 200:
            self.unexpected("refresh of a session that lives", reply)
            self.session = None
            return False
        self.journal.acknowledge("refresh")
        session.cookie, session.access = reply.cookie(COOKIE), reply.json()["token"]
        return True

    async def look(self):
        reply = await self.send("GET", "/auth/me", session=self.session)
        if reply is None:
            return False
        if reply.status == 401:
            # The access token has expired.
            return await self.refresh()
        if reply.status != 200 or reply.json()["email"] != self.email:
            self.unexpected("me", reply)
        self.journal.acknowledge("look")
        return True

    async def logout(self):
        session, self.session = self.session, None
        reply = await self.send("POST", "/auth/logout", session=session)
        if reply is None:
            return False
        if reply.status != 204:
            self.unexpected("logout", reply)
            return False
        self.journal.acknowledge("logout")
        self.ended.append(session)
        return True

    async def change_password(self):
        if len(self.passwords) > 1:
            # An earlier change may still be under way.
            return await self.look()
        old, new = self.passwords[0], f"{self.passwords[0]}*"
        body = {"current_password": old, "new_password": new}
        reply = await self.send("POST", "/auth/password", body, self.session)
        if reply is None:
            self.passwords = [new, old]
            return False
        if reply.status == 401:
            return await self.refresh()
        if reply.status != 204:
            self.unexpected("change of the password", reply)
            return False
        self.journal.acknowledge("change_password")
        self.passwords = [new]
        return True

    async def check(self):
        """Compares the service with what it acknowledged."""
        if self.session is not None and not await self.refresh() and self.session is not None:
            self.journal.violation(f"{self.name}: the check got no answer")
        for session in self.ended[-3:]:
            for method, path in (("POST", "/auth/refresh"), ("GET", "/auth/verify"), ("GET", "/auth/me")):
                reply = await self.send(method, path, session=session)
                if reply is None or reply.status != 401:
                    self.journal.violation(f"{self.name}: an ended session: {path}: {reply and reply.status}")
        self.ended = []
        for email, passwords in [*self.accounts, (self.email, self.passwords)]:
            if email is None:
                continue
            for password in passwords:
                reply = await self.send("POST", "/auth/login", {"email": email, "password": password})
                if reply and reply.status == 200:
                    break
            else:
                self.journal.violation(f"{self.name}: an account is lost: {email}: {reply and reply.status}")
        self.accounts = []


class Load:
    """People who use the service until they are stopped. `addresses` are spread over them."""

    def __init__(self, addresses, people=12, pause=0.01):
        self.journal, self.pause, self.stopping, self.tasks = Journal(), pause, False, []
        self.people = [Person(f"person{n}", addresses[n % len(addresses)], self.journal) for n in range(people)]

    def start(self, seconds=120):
        """`seconds` bounds the load, whatever happens."""
        self.stopping = False
        end = time.monotonic() + seconds
        self.tasks = [asyncio.create_task(self._live(person, end)) for person in self.people]

    async def _live(self, person, end):
        while not self.stopping and time.monotonic() < end:
            known = await person.act()
            await asyncio.sleep(self.pause if known else 0.1)

    async def stop(self):
        self.stopping = True
        await asyncio.gather(*self.tasks)

    async def run(self, seconds):
        self.start(seconds)
        await asyncio.sleep(seconds)
        await self.stop()

    async def check(self):
        """After the fault: nothing that was acknowledged is lost, and nothing that has ended lives."""
        # Servers hear of a logout at another server within a second.
        await asyncio.sleep(1.1)
        await asyncio.gather(*(person.check() for person in self.people))
        assert not self.journal.violations, "\n".join(self.journal.violations[:8])
        assert self.journal.writes() > 0, "nothing was acknowledged"

    def close(self):
        for person in self.people:
            person.connection.close()

    async def finish(self, *servers):
        """Ends the load, compares, and stops the servers."""
        await self.stop()
        await self.check()
        for server in servers:
            await server.stop()
