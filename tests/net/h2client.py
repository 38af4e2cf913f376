"""A raw HTTP/2 connection: frames by hand, so that a test can send what no library would."""

import socket
import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class H2:
    def __init__(self, server, settings=b"", timeout=10.0, sock=None):
        self.sock = sock or socket.create_connection(("127.0.0.1", server.port), timeout=timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.have = b""
        self.next_stream = 1
        self.status, self.body, self.reset, self.ended, self.trailers = {}, {}, {}, set(), {}
        self.goaway = None
        self.send(PREFACE + frame(SETTINGS, 0, 0, settings))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def head(self, path="/livez", method="GET", extra=(), authority="localhost"):
        fields = [(":method", method), (":scheme", "http"), (":path", path)]
        if authority:
            fields.append((":authority", authority))
        return self.encoder.encode(fields + list(extra))

    def request(self, path="/livez", method="GET", extra=(), end=True, authority="localhost"):
        """Opens a stream; its number."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream,
                        self.head(path, method, extra, authority)))
        return stream

    def data(self, stream, payload, end=False):
        self.send(frame(DATA, END_STREAM if end else 0, stream, payload))

    def step(self):
        """Takes in one frame; False when the server has closed."""
        while len(self.have) < 9 or len(self.have) < 9 + int.from_bytes(self.have[:3], "big"):
            try:
                got = self.sock.recv(65536)
            except ConnectionResetError:
                return False
            if not got:
                return False
            self.have += got
        size = int.from_bytes(self.have[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.have[3:9])
        payload, self.have = self.have[9:9 + size], self.have[9 + size:]
        if kind == HEADERS:
            fields = dict(self.decoder.decode(payload))
            (self.trailers if stream in self.status else self.status).setdefault(stream, fields)
        elif kind == DATA:
            self.body[stream] = self.body.get(stream, b"") + payload
            if payload:
                self.send(frame(WINDOW, 0, 0, struct.pack(">I", size)))
                if not flags & END_STREAM:
                    self.send(frame(WINDOW, 0, stream, struct.pack(">I", size)))
        elif kind == RST:
            self.reset[stream] = int.from_bytes(payload, "big")
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK))
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            self.ended.add(stream)
        return True

    def until(self, condition):
        """Reads until the condition holds; False when the server closes first."""
        while not condition():
            if not self.step():
                return condition()
        return True

    def answer(self, stream):
        """The status of a complete response; None when there is none."""
        self.until(lambda: stream in self.ended or stream in self.reset)
        return int(self.status[stream][":status"]) if stream in self.status else None

    def closed(self):
        """Reads to the end of the connection."""
        while self.step():
            pass
        return True
