#!/usr/bin/env python3
"""The API of the real program, from outside: answers, problems, limits, the live stream, the token."""
import datetime
import gzip
import http.client
import json
import re
import socket
import threading
import time
import urllib.parse

import harness
from harness import Case
from openapi_spec_validator import validate

import posts
from replayed import Replayed


class Api(Replayed):
    def send(self, method, path, body=None):
        status, headers, text = self.up.request(method, path, body)
        return status, json.loads(text) if text and "json" in headers["content-type"] else text


class Answers(Api):
    def test_status_counts_what_was_replayed(self):
        status = self.up.status()
        self.assertEqual(status["posts_total"], posts.COUNT)
        self.assertEqual(status["mode"], "done")
        self.assertEqual(status["replay"]["percent"], 100)
        self.assertEqual({stage["name"] for stage in status["stages"]}, {"ingest", "analyze", "window", "store"})
        self.assertTrue(all(stage["lag"] == 0 for stage in status["stages"]))

    def test_a_source_is_called_by_its_file_and_the_time_is_that_of_its_newest_post(self):
        newest = posts.START + datetime.timedelta(seconds=posts.COUNT - 1)
        wanted = newest.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        status = self.up.status()
        self.assertEqual([source["title"] for source in status["sources"]], ["posts.csv"])
        self.assertEqual(status["now"], wanted)
        # Later, too, when nothing of the file is left to read.
        self.up.__exit__()
        with harness.Up(self.data, "--replay", self.file, "--speed", "max") as up:
            up.wait_done()
            self.assertEqual(up.status()["sources"][0]["posts"], 0)
            self.assertEqual(up.status()["now"], wanted)

    def test_pages_give_each_post_once_newest_first(self):
        ids, cursor = [], ""
        while True:
            page = self.up.get("/api/v1/posts?" + urllib.parse.urlencode({"limit": 90, "cursor": cursor}))
            self.assertTrue(page["complete"])
            ids += [post["id"] for post in page["posts"]]
            if page["next"] is None:
                break
            cursor = page["next"]
        self.assertEqual(ids, [str(10_000 + n) for n in reversed(range(posts.COUNT))])
        found = self.up.get("/api/v1/posts?q=worst+train&limit=500")["posts"]
        self.assertEqual(len(found), posts.COUNT // 4)
        for post in found:
            self.assertAlmostEqual(post["neg"] + post["neu"] + post["pos"], 1, places=6)
        self.assertEqual(self.up.get("/api/v1/posts/10007")["id"], "10007")

    def test_windows_hold_every_post(self):
        for size in ("1m", "15m", "1h"):
            series = self.up.get(f"/api/v1/series?size={size}&from=2026-03-01&to=2026-03-02")
            self.assertEqual(sum(window["posts"] for window in series["windows"]), posts.COUNT, size)
        summary = self.up.get("/api/v1/summary?from=2026-03-01&to=2026-03-02")
        self.assertEqual((summary["posts"], summary["authors"]), (posts.COUNT, 37))
        self.assertEqual({tag["key"]: tag["count"] for tag in summary["hashtags"]}, {"sunshine": 100, "delay": 100})
        pulse = self.up.get("/api/v1/pulse")
        self.assertEqual(pulse["tasks"][0]["last_hour"]["posts"], posts.COUNT)
        self.assertEqual(self.up.get("/api/v1/hashtags/delay")["posts"], 100)
        topic = summary["topics"][0]
        quoted = urllib.parse.quote(topic["key"], safe="")
        self.assertEqual(self.up.get(f"/api/v1/subjects/{quoted}")["posts"], topic["count"])
        series = self.up.get("/api/v1/series?size=1h&topics=1&from=2026-03-01&to=2026-03-02")
        self.assertEqual(series["topics"], [topic["key"]])
        self.assertEqual(sum(window["topics"][0] for window in series["windows"]), topic["count"])

    def test_the_log_can_be_read(self):
        topics = {topic["name"]: topic for topic in self.up.get("/api/v1/topics")["topics"]}
        self.assertEqual(topics["ingest"]["records"], posts.COUNT)
        self.assertEqual(topics["analysis"]["records"], posts.COUNT)
        seen = 0
        for partition in topics["sentiment"]["partitions"]:
            offset = 0
            while offset is not None:
                page = self.up.get(f"/api/v1/topics/sentiment/records?partition={partition['partition']}&offset={offset}&limit=100")
                for record in page["records"]:
                    self.assertAlmostEqual(sum(record["value"][k] for k in ("pos", "neu", "neg")), 1, places=5)
                seen += len(page["records"])
                offset = page["next"]
        self.assertEqual(seen, posts.COUNT)

    def test_tasks_come_and_go(self):
        self.assertEqual(self.send("POST", "/api/v1/tasks", {"tag": "Äpfel/ñ", "rule": "äpfel OR apple"})[0], 201)
        self.assertEqual(self.send("POST", "/api/v1/tasks", {"tag": "Äpfel/ñ", "rule": "x"})[0], 409)
        path = "/api/v1/tasks/" + urllib.parse.quote("Äpfel/ñ", safe="")
        self.assertEqual(self.send("PUT", path, {"rule": "pear"})[1]["rule"], "pear")
        self.assertEqual(self.send("DELETE", path)[0], 204)
        self.assertEqual(self.send("DELETE", path)[0], 404)
        status, problem = self.send("POST", "/api/v1/tasks", {"tag": "t", "rule": "apple OR"})
        self.assertEqual((status, problem["column"] > 0), (400, True))
        check = self.send("POST", "/api/v1/rules/check", {"rule": "worst train"})[1]
        self.assertEqual((check["matched_last_hour"], check["of"]), (100, posts.COUNT))

    def test_of_many_that_add_a_task_at_once_one_does(self):
        begin = threading.Barrier(8)
        statuses = []

        def add(n):
            begin.wait()
            statuses.append(self.send("POST", "/api/v1/tasks", {"tag": "same", "rule": f"word{n}"})[0])
        clients = [threading.Thread(target=add, args=(n,)) for n in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(sorted(statuses), [201] + [409] * 7)
        task, = [task for task in self.up.get("/api/v1/tasks")["tasks"] if task["tag"] == "same"]
        self.assertEqual(task["revision"], 1)

    def test_a_stream_of_a_task_that_never_was_names_those_that_are(self):
        self.assertEqual(self.send("POST", "/api/v1/tasks", {"tag": "trains", "rule": "train"})[0], 201)
        status, headers, body = self.up.request("GET", "/api/v1/live?task=planes", headers={"Accept": "text/event-stream"})
        self.assertEqual((status, headers["content-type"]), (404, "application/problem+json"))
        self.assertIn("planes", json.loads(body)["detail"])
        self.assertIn("trains", json.loads(body)["hint"])
        for task in ("", "*", "trains"):
            stream = Events(self.up.port, f"/api/v1/live?task={task}")
            self.assertEqual(stream.answer.status, 200, task)
            stream.close()

    def test_problems_say_what_to_do(self):
        for path in ("/api/v1/nothing", "/api/v1/posts?limit=0", "/api/v1/posts?langg=en", "/api/v1/posts?from=x", "/api/v1/posts?cursor=x",
                     "/api/v1/topics/nothing/records", "/api/v1/series?size=1y", "/api/v1/posts/..%2f..%2fetc%2fpasswd"):
            status, headers, body = self.up.request("GET", path)
            self.assertIn(status, (400, 404), path)
            self.assertEqual(headers["content-type"], "application/problem+json", path)
            problem = json.loads(body)
            self.assertEqual(problem["status"], status)
            self.assertTrue(problem["detail"], path)
        self.assertEqual(self.up.request("PATCH", "/api/v1/tasks")[0], 405)

    def test_sql_and_exports(self):
        answer = self.send("POST", "/api/v1/sql", {"query": "SELECT count(*) AS n FROM posts"})[1]
        self.assertEqual((answer["columns"], answer["rows"]), ([{"name": "n", "type": "bigint"}], [[posts.COUNT]]))
        self.assertEqual(self.send("POST", "/api/v1/sql", {"query": "SELECT * FROM read_csv('/etc/passwd')"})[0], 400)
        for kind, begin in (("csv", b"id,"), ("jsonl", b'{"id"'), ("parquet", b"PAR1")):
            status, headers, body = self.up.request("GET", f"/api/v1/posts/export?format={kind}&q=worst")
            self.assertEqual((status, body[:len(begin)]), (200, begin))
            self.assertIn(f".{kind}", headers["content-disposition"])
            if kind == "jsonl":
                self.assertEqual(len(body.splitlines()), 100)

    def test_a_text_is_analysed(self):
        result = self.send("POST", "/api/v1/analyze", {"texts": ["Without makeup, Beauty and Daniella are beautiful"]})[1]["results"][0]
        self.assertEqual((result["polarity"], result["subjectivity"]), (0.85, 1.0))

    def test_the_description_is_valid_openapi(self):
        document = self.up.get("/openapi.json")
        self.assertEqual(document["openapi"], "3.1.0")
        validate(document)
        self.assertGreater(len(document["paths"]), 20)

    def test_metrics(self):
        _, headers, body = self.up.request("GET", "/metrics")
        self.assertEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertIn(b"\nheartbeat_posts_total 400\n", body)
        _, headers, body = self.up.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        self.assertTrue(headers["content-type"].startswith("application/openmetrics-text"))
        self.assertTrue(body.endswith(b"# EOF\n"))


class Events:
    """A client of the live stream."""

    def __init__(self, port, path, last_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": str(last_id)} if last_id is not None else {})}
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()

    def next(self):
        """(id, kind, data) of the next event."""
        number, kind, data = None, None, None
        while True:
            line = self.answer.readline().decode()
            if not line:
                raise EOFError
            line = line.rstrip("\r\n")
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and kind:
                return number, kind, data

    def close(self):
        self.connection.close()


class Live(Case):
    def setUp(self):
        super().setUp()
        self.up = harness.Up(self.data, "--source", "demo")
        self.addCleanup(self.up.__exit__)

    def test_a_client_resumes_where_it_was(self):
        stream = Events(self.up.port, "/api/v1/live?events=stats,post")
        self.assertEqual(stream.answer.getheader("content-type").split(";")[0], "text/event-stream")
        first = [stream.next() for _ in range(6)]
        stream.close()
        ids = [number for number, _, _ in first]
        self.assertEqual(ids, sorted(ids))
        self.assertLessEqual({kind for _, kind, _ in first}, {"stats", "post"})
        again = Events(self.up.port, "/api/v1/live?events=stats,post", ids[2])
        resumed = [again.next() for _ in range(3)]
        again.close()
        self.assertEqual(resumed, first[3:6])

    def test_windows_come_whole_and_totals_are_what_is_kept(self):
        stream = Events(self.up.port, "/api/v1/live?events=stats,window")
        seen = {}
        while not {"stats", "window"} <= seen.keys() or not seen["stats"]["posts_total"]:
            _, kind, data = stream.next()
            seen[kind] = data
        stream.close()
        for row in seen["window"]["windows"][-5:]:
            self.assertNotIn("partition", row)
            size = {60_000: "1m", 900_000: "15m", 3_600_000: "1h"}[row["size_ms"]]
            task = urllib.parse.quote(row["task"])
            series = self.up.get(f"/api/v1/series?task={task}&size={size}&from={row['start']}")
            self.assertEqual(series["windows"][0]["start"], row["start"])
            self.assertGreaterEqual(series["windows"][0]["revision"], row["revision"])

    def test_a_resume_from_nowhere_is_a_reset(self):
        for last in (10**12, "x"):
            stream = Events(self.up.port, "/api/v1/live", last)
            self.assertEqual(stream.next()[1], "reset")
            stream.close()


class Token(Case):
    def own_address(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("198.51.100.1", 9))
                return probe.getsockname()[0]
            except OSError:
                return None

    def test_no_address_but_loopback_without_a_token(self):
        with harness.Up(self.data, "--source", "demo", "--listen", "0.0.0.0:0") as up:
            self.assertNotEqual(up.finish(30), 0)
            self.assertIn("token", up.text())

    def test_others_need_the_token(self):
        address = self.own_address()
        if not address or address.startswith("127."):
            self.skipTest("this machine has no address but loopback")
        with harness.Up(self.data, "--source", "demo", "--listen", "0.0.0.0:0", env={"HEARTBEAT_SERVE_TOKEN": "s3cret"}) as up:
            def code(path, **headers):
                connection = http.client.HTTPConnection(address, up.port, timeout=30)
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                connection.close()
                return answer.status
            for path in ("/api/v1/status", "/metrics", "/es/", "/openapi.json", "/api/v1/live"):
                self.assertEqual(code(path), 401, path)
                self.assertEqual(code(path, Authorization="Bearer wrong"), 401, path)
                self.assertEqual(code(path, Authorization="Bearer s3cret"), 200, path)
            self.assertEqual(code("/api/v1/live?token=s3cret"), 200)
            self.assertEqual(code("/healthz"), 200)

    def test_loopback_needs_it_too_but_the_owner_does_not(self):
        with harness.Up(self.data, "--source", "demo", env={"HEARTBEAT_SERVE_TOKEN": "s3cret"}) as up:
            for path in ("/api/v1/status", "/metrics", "/es/", "/openapi.json", "/api/v1/live"):
                self.assertEqual(up.request("GET", path)[0], 401, path)
            self.assertEqual(up.request("GET", "/api/v1/status", headers={"Authorization": "Bearer s3cret"})[0], 200)
            # The dashboard itself opens: it asks its reader for the token.
            self.assertEqual(up.request("GET", "/posts")[0], 200)
            # Commands go through the control socket, which is its owner's.
            self.assertEqual(harness.scalar(self.data, "select 41 + 1"), "42")


class Addresses(Api):
    def test_only_pages_of_the_dashboard_give_it(self):
        for path in ("/", "/posts", "/task/x%2Fy", "/tag/a", "/topic/a_%26_b", "/sql", "/health", "/favicon.ico"):
            self.assertEqual(self.up.request("GET", path)[0], 200, path)
        for path in ("/healthzz", "//api/v1/status", "/API/V1/STATUS", "/postss", "/x.png", "/assets/x.js"):
            status, headers, _ = self.up.request("GET", path)
            self.assertEqual((status, headers["content-type"]), (404, "application/problem+json"), path)
        status, headers, _ = self.up.request("GET", "/postss", headers={"Accept": "text/html,*/*"})
        self.assertEqual((status, headers["content-type"].split(";")[0]), (404, "text/html"))

    def test_the_dashboard_travels_compressed_and_once(self):
        html = self.up.request("GET", "/")[2].decode()
        sent = 0
        for path in ["/", *re.findall(r'(?:src|href)="(/assets/[^"]+|/favicon[^"]+)"', html)]:
            _, plain_headers, plain = self.up.request("GET", path)
            status, headers, packed = self.up.request("GET", path, headers={"Accept-Encoding": "gzip"})
            self.assertEqual(status, 200, path)
            sent += len(packed)
            if not path.endswith(".woff2"):
                self.assertEqual((headers["content-encoding"], headers["vary"]), ("gzip", "Accept-Encoding"), path)
                self.assertEqual(gzip.decompress(packed), plain, path)
                self.assertNotEqual(headers["etag"], plain_headers["etag"], path)
                self.assertLess(len(packed), len(plain), path)
            head = self.up.request("HEAD", path, headers={"Accept-Encoding": "gzip"})
            self.assertEqual((head[0], head[2], head[1]["content-length"]), (200, b"", str(len(packed))), path)
            same = self.up.request("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": headers["etag"]})
            self.assertEqual((same[0], same[2]), (304, b""), path)
            self.assertNotIn("content-length", same[1])
        self.assertLess(sent, 250_000)

    def test_a_page_of_another_site_changes_nothing(self):
        own = f"127.0.0.1:{self.up.port}"
        body = {"tag": "t", "rule": "x"}
        for origin in ("http://evil.example", "null", f"http://evil.example:{self.up.port}", "http://127.0.0.1:1"):
            self.assertEqual(self.up.request("POST", "/api/v1/tasks", body, {"Origin": origin})[0], 403, origin)
        self.assertEqual(self.up.request("GET", "/api/v1/tasks", headers={"Origin": "http://evil.example"})[0], 200)
        self.assertEqual(self.up.request("POST", "/api/v1/tasks", body, {"Origin": f"http://{own}"})[0], 201)


class Heavy(Api):
    def test_nothing_waits_behind_statements_of_users(self):
        heavy = {"query": "SELECT count(*) FROM posts a, posts b, posts c, posts d WHERE a.neg + b.neg + c.neg + d.neg > 9", "timeout_ms": 3000}
        answers = []
        clients = [threading.Thread(target=lambda: answers.append(self.up.request("POST", "/api/v1/sql", heavy))) for _ in range(14)]
        begin = time.monotonic()
        for client in clients:
            client.start()
        slowest = 0
        while time.monotonic() - begin < 2:
            for path in ("/readyz", "/api/v1/posts?limit=5", "/api/v1/status", "/healthz"):
                asked = time.monotonic()
                self.assertEqual(self.up.request("GET", path)[0], 200, path)
                slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.05)
        for client in clients:
            client.join()
        print(f"slowest answer beside heavy statements: {slowest:.3f} s")
        self.assertLess(slowest, 1.5 * harness.SLACK)
        # Each ended with its own time limit, waiting included, and those that found no place at once.
        self.assertLess(time.monotonic() - begin, 5 * harness.SLACK)
        self.assertEqual({status for status, _, _ in answers}, {503})
        self.assertEqual(len(answers), 14)
        # Who got no turn at all is told when to come again; how many get a short one depends on the machine.
        self.assertGreaterEqual(sum("retry-after" in headers for _, headers, _ in answers), 1)


if __name__ == "__main__":
    harness.main()
