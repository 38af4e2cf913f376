"""gRPC with the field's own client, over plain HTTP/2 and over TLS."""

import gzip
import struct
import threading
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import certificate
from h2client import H2

CHECK = "/grpc.health.v1.Health/Check"
CALL = [("content-type", "application/grpc"), ("te", "trailers")]


def channel(server, ca=None, **options):
    target = f"localhost:{server.port}"
    options = list(options.items())
    if ca is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(ca.read_bytes()), options)


def test_check_and_watch(server):
    with channel(server) as ch:
        stub = health_pb2_grpc.HealthStub(ch)
        for name in ["", "grpc.health.v1.Health"]:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as error:
            stub.Check(health_pb2.HealthCheckRequest(service="none €"))
        assert error.value.code() == grpc.StatusCode.NOT_FOUND
        assert error.value.details() == "no service is called 'none €'"
        watch = stub.Watch(health_pb2.HealthCheckRequest(service="none"))
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
        watch.cancel()


def test_many_calls_at_once(server):
    with channel(server) as ch:
        stub = health_pb2_grpc.HealthStub(ch)
        calls = [stub.Check.future(health_pb2.HealthCheckRequest()) for _ in range(1000)]
        assert all(c.result().status == 1 for c in calls)


def test_over_tls(start, authority):
    server = start(*certificate(authority))
    with channel(server, authority[1] / "ca.pem") as ch:
        stub = health_pb2_grpc.HealthStub(ch)
        assert stub.Check(health_pb2.HealthCheckRequest()).status == 1
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watch).status == 1
        watch.cancel()


def test_a_watcher_sees_the_server_stop(start):
    server = start()
    with channel(server) as ch:
        watch = health_pb2_grpc.HealthStub(ch).Watch(health_pb2.HealthCheckRequest())
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        began = time.monotonic()
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert list(watch) == [] and watch.code() == grpc.StatusCode.OK
        stopper.join()
        assert time.monotonic() - began < 5


def test_cancelled_watches_leave_nothing(server):
    before = server.sockets()
    for _ in range(20):
        with channel(server) as ch:
            watch = health_pb2_grpc.HealthStub(ch).Watch(health_pb2.HealthCheckRequest())
            assert next(watch).status == 1
    until = time.monotonic() + 5
    while server.sockets() > before and time.monotonic() < until:
        time.sleep(0.05)
    assert server.sockets() <= before


def test_unknown_methods(server):
    with channel(server) as ch:
        for path in ["/grpc.health.v1.Health/List", "/none/None"]:
            with pytest.raises(grpc.RpcError) as error:
                ch.unary_unary(path)(b"")
            assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_messages_sent_with_gzip(server):
    with channel(server, **{"grpc.default_compression_algorithm": 2}) as ch:
        stub = health_pb2_grpc.HealthStub(ch)
        with pytest.raises(grpc.RpcError) as error:  # long enough to be worth compressing
            stub.Check(health_pb2.HealthCheckRequest(service="a" * 5000))
        assert error.value.code() == grpc.StatusCode.NOT_FOUND


def call(server, body, extra=(), path=CHECK):
    """grpc-status and headers of a call whose body is sent as it is."""
    with H2(server) as client:
        stream = client.request(path, "POST", CALL + list(extra), end=False)
        for at in range(0, len(body), 16384):
            client.data(stream, body[at:at + 16384])
        client.data(stream, b"", end=True)
        assert client.answer(stream) == 200
        fields = client.status[stream] | client.trailers.get(stream, {})
        return int(fields["grpc-status"]), fields


def message(payload=b"", compressed=0):
    return struct.pack(">BI", compressed, len(payload)) + payload


def test_broken_framing(server):
    assert call(server, message())[0] == 0
    for body in [b"", b"\0\0\0", message() + message(), message(b"abc")[:-1], message() + b"x",
                 b"\2\0\0\0\0", b"\0\xff\xff\xff\xff", message(b"\x0a\xff"), message(b"\xff" * 20),
                 message(b"\x0a\x05a"), message(b"\x0b"), message(b"\x09abc")]:
        status, fields = call(server, body)
        assert status == 3 and fields["grpc-message"], body


def test_compression_that_is_not_offered_or_broken(server):
    gz = [("grpc-encoding", "gzip")]
    assert call(server, message(gzip.compress(b""), 1), gz)[0] == 0
    assert call(server, message(b"nonsense", 1), gz)[0] == 3
    assert call(server, message(gzip.compress(b"")[:-3], 1), gz)[0] == 3
    assert call(server, message(gzip.compress(b"") + b"x", 1), gz)[0] == 3
    status, fields = call(server, message(b"x", 1), [("grpc-encoding", "br")])
    assert status == 12 and fields["grpc-accept-encoding"] == "identity,gzip"
    assert call(server, message(b"x", 1))[0] == 12


def test_T5_bombs_stop_at_the_limit(server):
    before = server.memory()
    bomb = gzip.compress(b"\0" * (64 << 20))
    for _ in range(5):
        assert call(server, message(bomb, 1), [("grpc-encoding", "gzip")])[0] == 8
    assert server.memory() - before < 32 << 20


def test_deadlines(server):
    assert call(server, message(), [("grpc-timeout", "10S")])[0] == 0
    assert call(server, message(), [("grpc-timeout", "0m")])[0] == 4
    for wrong in ["S", "1", "1x", "-1S", "123456789S", "1 S"]:
        assert call(server, message(), [("grpc-timeout", wrong)])[0] == 3
    with H2(server) as client:  # the body does not come in time
        stream = client.request(CHECK, "POST", CALL + [("grpc-timeout", "100m")], end=False)
        client.answer(stream)
        assert client.status[stream]["grpc-status"] == "4"
    with channel(server) as ch:
        watch = health_pb2_grpc.HealthStub(ch).Watch(health_pb2.HealthCheckRequest(), timeout=1)
        with pytest.raises(grpc.RpcError) as error:
            list(watch)
        assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_only_over_http2_and_with_its_content_type(server):
    response = server.ask(f"POST {CHECK} HTTP/1.1\r\nHost: localhost\r\n"
                          "Content-Type: application/grpc\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0")
    assert response.status == 400 and b"HTTP/2" in response.body
    with H2(server) as client:
        for kind in ["application/json", "application/grpc-web", "application/grpcx"]:
            stream = client.request(CHECK, "POST", [("content-type", kind)], end=False)
            client.data(stream, message(), end=True)
            assert client.answer(stream) == 400


def test_the_border_speaks_grpc(server):
    with H2(server) as client:
        stream = client.request(CHECK, "POST", CALL, end=False, authority="evil.example")
        client.data(stream, message(), end=True)
        assert client.answer(stream) == 200
        assert client.status[stream]["grpc-status"] == "7"
