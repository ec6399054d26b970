"""A TCP relay before a server on loopback, which a test closes and opens: for its clients the server goes away and comes back, and itself keeps running.
Standard library only."""
import contextlib
import socket
import threading


class Relay:
    """Passes each connection to `port` of this machine on to `target`, another one, while it is open."""

    def __init__(self, target):
        self.target, self.port = target, 0
        self._lock, self._sockets, self._listener = threading.Lock(), set(), None
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self):
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port, self._listener = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self):
        """Refuses connections from now on, and ends those that are open."""
        with self._lock:
            listener, self._listener = self._listener, None
            ended, self._sockets = list(self._sockets), set()
        for one in [listener, *ended] if listener else ended:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes who waits for it
            one.close()

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), 5)
                server.settimeout(None)
            except OSError:
                if self._listener is not listener:
                    return
                client.close()
                continue
            with self._lock:
                closed = self._listener is not listener
                if not closed:
                    self._sockets |= {client, server}
            if closed:
                client.close()
                server.close()
                return
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        with self._lock:
            self._sockets -= {source, sink}
