"""A TCP proxy on loopback whose connections can be cut, or held still, at will."""

import select
import socket
import threading

PIECE = 1 << 16


class TcpProxy:
    def __init__(self, port, host="127.0.0.1"):
        self.target = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock, self.pairs = threading.Lock(), []
        self.closed = False  # refuses and cuts
        self.flowing = threading.Event()  # clear: connections stand, and nothing comes through
        self.flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.closed:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()

    def _pump(self, client, server):
        try:
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(PIECE)
                    if not data:
                        return
                    self.flowing.wait()
                    (server if ready is client else client).sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            client.close()
            server.close()

    def cut(self):
        """Cuts what stands and refuses what comes, until mend()."""
        self.closed = True
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def mend(self):
        self.closed = False
        self.flowing.set()

    def hold(self):
        self.flowing.clear()

    def stop(self):
        self.cut()
        self.flowing.set()
        self.listener.close()
