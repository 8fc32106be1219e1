"""A client that sends exactly what a test says, from an address that it chooses."""
import http.client, json, socket, ssl

# Both are addresses of this machine. The configurations under test let `OFFICE_NETWORK` reach internal paths.
STRANGER, OFFICE, OFFICE_NETWORK = "127.9.0.1", "127.8.0.1", "127.8.0.0/16"


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    def cookies(self):
        """The cookies that are set, as a header of the next request."""
        return "; ".join(line.split(";")[0] for line in self.headers.get_all("Set-Cookie", []))


class Client(http.client.HTTPConnection):
    """A connection to a port of this machine from the address `source`, with TLS if there is a `context`."""

    def __init__(self, port, host, context=None, source=STRANGER):
        super().__init__(host, port, timeout=20)
        self.context, self.source = context, source

    def connect(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port), self.timeout, (self.source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)

    def ask(self, method, target, body=None, headers=()):
        """Sends a request. `headers` are pairs; a `body` that is no bytes is sent as JSON."""
        headers = list(headers)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.append(("Content-Type", "application/json"))
        self.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in [("Host", self.host), *headers]:
            self.putheader(name, value)
        if not any(name == "Transfer-Encoding" for name, _ in headers):
            self.putheader("Content-Length", len(body or b""))
        self.endheaders(body)
        return Reply(self.getresponse())


def trusting(certificate):
    """TLS that trusts this certificate only."""
    return ssl.create_default_context(cafile=certificate)
