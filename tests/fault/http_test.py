#!/usr/bin/env python3
"""Hostile HTTP: slow clients, huge heads, path tricks, thousands of event streams. The program stays up and answers others."""
import json
import os
import resource
import selectors
import socket
import time

import harness
from harness import Case


class Http(Case):
    def setUp(self):
        super().setUp()
        self.up = harness.Up(self.data, "--source", "demo")
        self.addCleanup(self.up.__exit__)
        self.up.get("/readyz")

    def tearDown(self):
        self.assertEqual(self.up.terminate()[0], 0, self.up.text())
        self.assertNotRegex(self.up.text(), "terminate called|Sanitizer")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.up.port), timeout=60)

    def raw(self, data):
        """The answer to `data`; b"" when the connection was closed without one."""
        with self.connect() as client:
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            answer = b""
            try:
                while part := client.recv(65536):
                    answer += part
            except OSError:
                pass
            return answer

    def code(self, data):
        answer = self.raw(data)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    def alive(self):
        begin = time.monotonic()
        self.assertEqual(self.up.get("/healthz")["status"], "ok")
        self.assertLess(time.monotonic() - begin, 5)

    def test_malformed_requests(self):
        host = b"Host: localhost\r\n"
        for name, data in {
            "nothing": b"", "noise": os.urandom(5000), "no version": b"GET /\r\n\r\n", "old": b"GET / HTTP/0.9\r\n\r\n",
            "binary head": b"GET / HTTP/1.1\r\n" + host + b"X: \x00\x01\r\n\r\n", "negative length": b"POST /api/v1/sql HTTP/1.1\r\n" + host + b"Content-Length: -5\r\n\r\n",
            "two lengths": b"POST /api/v1/sql HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            "bad chunk": b"POST /api/v1/sql HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            "lf only": b"GET /healthz HTTP/1.1\nHost: localhost\n\n", "method": b"FROBNICATE / HTTP/1.1\r\n" + host + b"\r\n",
        }.items():
            with self.subTest(name=name):
                self.assertNotEqual(self.code(data), 500)
        self.alive()

    def test_huge_heads_and_bodies(self):
        self.assertIn(self.code(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"), (400, 431))
        self.assertIn(self.code(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"), (414, 431))
        many = b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
        self.assertIn(self.code(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n"), (400, 431))
        head = b"POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.assertIn(self.code(head % (1 << 40)), (400, 413))
        self.assertIn(self.code(head % (20 << 20) + b"a" * (20 << 20)), (413,))
        self.alive()

    def test_path_tricks(self):
        secret = b"root:"
        for path in ("/../../../../etc/passwd", "/assets/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/etc/passwd",
                     "//etc/passwd", "/assets//etc/passwd", "/%00", "/assets/%00/../x", "/\\..\\..\\etc\\passwd", "/%c0%ae%c0%ae/etc/passwd",
                     "/api/v1/../../etc/passwd", "/api/v1/topics/..%2f..%2fetc/records", "/api/v1/posts/%2e%2e%2f%2e%2e", "/file:///etc/passwd",
                     "/api/v1/posts?cursor=%00%ff", "/api/v1/posts?limit=99999999999999999999", "/api/v1/posts?limit=-1", "/api/v1/posts?from=x",
                     "/api/v1/series?size=1y", "/api/v1/topics/none/records", "/api/v1/topics/ingest/records?partition=99&offset=-7",
                     "/api/v1/hashtags/%F0%9F", "/api/v1/nothing", "/api/v1/posts?q='%20or%201=1%20--", "/api/v1/trending?scope=x:y"):
            with self.subTest(path=path):
                answer = self.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.assertNotIn(secret, answer)
                if answer:
                    status = int(answer.split(b" ", 2)[1])
                    self.assertLess(status, 500, answer[:600])
                    if status >= 400 and path.startswith("/api/"):
                        self.assertIn(b"problem+json", answer)
        self.alive()

    def test_other_sites_are_refused(self):
        self.assertEqual(self.code(b"GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 403)
        status, _, _ = self.up.request("POST", "/api/v1/tasks", {"tag": "x", "rule": "cat"}, {"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(status, 403)

    def test_slow_clients_hold_nobody_up(self):
        clients = [self.connect() for _ in range(200)]
        try:
            for number, client in enumerate(clients):
                client.sendall([b"GET /heal", b"POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
                                b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"][number % 3])
            for _ in range(5):
                self.alive()
                for client in clients[::3]:
                    try:
                        client.sendall(b"t")
                    except OSError:
                        pass
        finally:
            for client in clients:
                client.close()
        self.alive()

    def test_bodies_that_are_no_json(self):
        for path in ("/api/v1/sql", "/api/v1/tasks", "/api/v1/rules/check", "/api/v1/analyze", "/api/v1/deadletters/replay", "/es/_sql"):
            for body in (b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"query": {"a": 1}, "texts": 5, "tag": [], "rule": 7, "ids": {}}'):
                with self.subTest(path=path, body=body[:20]):
                    status, _, answer = self.up.request("POST", path, body, {"Content-Type": "application/json"})
                    self.assertTrue(400 <= status < 500 or status in (200, 202), (status, answer[:300]))
        self.alive()

    def test_hostile_texts_and_rules(self):
        texts = ["", "\0", "a" * 100_000, "😀" * 10_000, "#" * 5000, "@" * 5000, "http://" * 2000, "‮", "\u0300" * 5000, "(" * 5000]
        status, _, body = self.up.request("POST", "/api/v1/analyze", {"texts": texts, "explain": True}, timeout=60)
        self.assertEqual(status, 200, body[:300])
        self.assertEqual(len(json.loads(body)["results"]), len(texts))
        for rule in ("(" * 20_000, "a OR " * 5000 + "b", "-" * 1000, '"' + "a " * 20_000 + '"', "lang:", "is:everything", "\0", "a" * 100_000):
            status, _, body = self.up.request("POST", "/api/v1/rules/check", {"rule": rule})
            self.assertIn(status, (200, 400, 413), body[:300])
        self.alive()

    def test_thousands_of_event_streams(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        # The program has the same limit, and needs some for its files.
        wanted = min(10_000, hard - 500)
        self.assertGreater(wanted, 100)
        request = b"GET /api/v1/live?events=stats HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        begin, streams, heard = time.monotonic(), [], set()
        selector = selectors.DefaultSelector()
        try:
            while len(streams) < wanted and time.monotonic() - begin < 60:
                client = self.connect()
                client.sendall(request)
                client.setblocking(False)
                selector.register(client, selectors.EVENT_READ)
                streams.append(client)
            opened = time.monotonic() - begin
            self.assertEqual(len(streams), wanted, "not all could connect in a minute")
            texts = {}
            end = time.monotonic() + 60
            while len(heard) < wanted and time.monotonic() < end:
                for key, _ in selector.select(1):
                    try:
                        part = key.fileobj.recv(65536)
                    except BlockingIOError:
                        continue
                    if not part:
                        selector.unregister(key.fileobj)
                        continue
                    tail = texts.get(key.fileobj, b"") + part
                    texts[key.fileobj] = tail[-200:]
                    if b"event: stats" in tail:
                        heard.add(key.fileobj)
            waited = time.monotonic() - begin - opened
            self.assertEqual(len(heard), wanted, "some streams heard nothing in a minute")
            self.alive()
            memory = self.up.status()["memory_bytes"]
            self.assertLess(memory, 1536 << 20)
            print(f"{wanted} event streams opened in {opened:.1f} s, all heard within {waited:.1f} s more, {memory >> 20} MiB")
        finally:
            selector.close()
            for client in streams:
                client.close()
        self.alive()


class Token(Case):
    def test_off_loopback_a_token_is_needed(self):
        with harness.Up(self.data, "--source", "demo", "--listen", "0.0.0.0:0", env={"HEARTBEAT_SERVE_TOKEN": "s3cret"}) as up:
            self.assertNotIn("s3cret", up.text())
            self.assertEqual(up.request("GET", "/api/v1/status")[0] in (200, 401), True)
            for headers, wanted in (({"Authorization": "Bearer s3cret"}, 200),):
                self.assertEqual(up.request("GET", "/api/v1/status", headers=headers)[0], wanted)
            self.assertEqual(up.request("GET", "/api/v1/status", headers={"Authorization": "Bearer wrong"})[0], 401)
            self.assertEqual(up.request("GET", "/healthz")[0], 200)
            self.assertEqual(up.terminate()[0], 0)


if __name__ == "__main__":
    harness.main()
