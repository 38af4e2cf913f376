"""A proxy that understands enough of PostgreSQL's protocol to break it off at a chosen place."""

import contextlib
import socket
import struct
import threading


class Proxy:
    """Passes connections on to a server. `on_execute(sql, connection)` is called before the
    execution of each statement is passed on; it may cut the connection, and then answers False."""

    def __init__(self, port: int, on_execute=None):
        self.target, self.on_execute, self.refuses = port, on_execute, False
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return (f"postgresql://rondo@127.0.0.1:{self.port}/{database.rsplit('/', 1)[1]}"
                "?sslmode=disable&gssencmode=disable")

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if self.refuses:
                    client.close()
                    continue
                threading.Thread(target=Connection, args=(self, client), daemon=True).start()

    def go_away(self):
        """As a server that is gone: no connection stands, and no new one is taken."""
        self.refuses = True
        for connection in list(self.connections):
            connection.cut_client()

    def close(self):
        self.listener.close()


class Connection:
    def __init__(self, proxy: Proxy, client: socket.socket):
        self.proxy, self.client = proxy, client
        proxy.connections.append(self)
        self.server = socket.create_connection(("127.0.0.1", proxy.target))
        for end in client, self.server:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.statements, self.bound, self.wanted = {}, "", None
        self.answered = threading.Event()
        threading.Thread(target=self._answers, daemon=True).start()
        with contextlib.suppress(OSError, EOFError):
            self._requests()
        self.cut_server()
        self.cut_client()

    def cut_client(self):
        _cut(self.client)

    def cut_server(self):
        _cut(self.server)

    def pass_and_wait(self, message: bytes, tag: bytes):
        """Passes the message on, and its answer not: waits until the server has given it."""
        self.wanted = tag
        self.server.sendall(message)
        assert self.answered.wait(20), "the server does not answer"

    def _requests(self):
        size = struct.unpack("!I", _exactly(self.client, 4))[0]  # the first one has no type
        self.server.sendall(struct.pack("!I", size) + _exactly(self.client, size - 4))
        while True:
            kind = _exactly(self.client, 1)
            head = _exactly(self.client, 4)
            body = _exactly(self.client, struct.unpack("!I", head)[0] - 4)
            if kind == b"P":
                name, sql, _ = body.split(b"\0", 2)
                self.statements[name] = sql.decode()
            elif kind == b"B":
                self.bound = self.statements.get(body.split(b"\0", 2)[1], "")
            elif kind == b"E" and self.proxy.on_execute:
                self.message = kind + head + body
                if not self.proxy.on_execute(self.bound, self):
                    return
            self.server.sendall(kind + head + body)

    def _answers(self):
        with contextlib.suppress(OSError):
            while data := self.server.recv(65536):
                if self.wanted and self.wanted in data:
                    self.answered.set()
                    continue
                if not self.wanted:
                    self.client.sendall(data)
        if not self.wanted:
            self.cut_client()


def _exactly(source: socket.socket, n: int) -> bytes:
    data = b""
    while len(data) < n:
        more = source.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _cut(connection: socket.socket):
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
