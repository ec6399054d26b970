"""`heartbeat backfill` against the stand-in for X: the past comes once, whatever happens on the way."""
import csv as csv_module
import datetime
import io
import json
import os
import random
import re
import signal
import subprocess
import time
import urllib.request

import harness

TOKEN = {"BEARER_TOKEN": "any"}
FILES = ("tweet.csv", "sentiment.csv")


class Simulator:
    """A running `heartbeat simulate`."""

    def __init__(self, *args):
        self.process = subprocess.Popen([harness.BINARY, "simulate", "--listen", "127.0.0.1:0", *map(str, args)],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = re.search(r"http://127\.0\.0\.1:\d+", self.process.stdout.readline()).group(0)

    def add_faults(self, body):
        with urllib.request.urlopen(urllib.request.Request(self.url + "/simulate/faults", body.encode(), method="POST"), timeout=30):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Backfill(harness.Case):
    def setUp(self):
        super().setUp()
        self.config = self.write("tasks.toml", '[privacy]\nx_texts_a_day = -1\n[[task]]\ntag = "drinks"\nrule = "coffee OR espresso OR latte"\n'
                                 '[[task]]\ntag = "talk"\nrule = "coffee OR rocket OR storm lang:en"\n')
        now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
        self.end = now - datetime.timedelta(hours=3)  # well before the two hours of history that the demo tells, some of it late
        self.start = self.end - datetime.timedelta(days=2)

    def command(self, url, data, *args, config=None):
        moment = "%Y-%m-%dT%H:%M:%SZ"
        return ["backfill", "--config", config or self.config, "--data", data, "--base-url", url, "--start", self.start.strftime(moment),
                "--end", self.end.strftime(moment), *args]

    def test_two_days_killed_five_times_equal_those_undisturbed(self):
        random_ = random.Random(7)
        with Simulator("--rate", 0.2, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            done = harness.run(*self.command(simulator.url, self.work / "whole", "--results", self.work / "whole-results"), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            said = re.search(r"384 of 384 windows, ([\d,]+) posts of ([\d,]+)", done.stderr.decode())
            self.assertIsNotNone(said, done.stderr)
            self.assertEqual(said.group(1), said.group(2), "each window has as many posts as were counted")
            posts = harness.count(self.work / "whole", "posts")
            self.assertGreater(posts, 1000)
            self.assertGreater(int(said.group(1).replace(",", "")), posts, "both rules find some, which count once")

            staging = self.work / "staging"
            command = self.command(simulator.url, self.data, "--staging", staging, "--results", self.work / "killed-results")
            for kill in range(5):
                with subprocess.Popen([harness.BINARY, *map(str, command)], stderr=subprocess.DEVNULL,
                                      env={**os.environ, **TOKEN}) as process:
                    wanted = 384 * (kill + random_.random()) / 6
                    while process.poll() is None and sum(1 for _ in staging.glob("ledger/*/*.json")) < wanted:
                        time.sleep(0.001)
                    self.assertIsNone(process.poll(), "it was killed while it worked")
                    process.kill()
            done = harness.run(*command, env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
        for name in FILES:
            whole = (self.work / "whole-results" / name).read_bytes()
            self.assertEqual(whole, (self.work / "killed-results" / name).read_bytes(), name)
            self.assertGreater(whole.count(b"\n"), 100)
        windows = "select task, window_start, window_size, posts, authors, neg, neu, pos, positive4 from windows order by all"
        self.assertEqual(harness.query(self.work / "whole", windows), harness.query(self.data, windows))

        # What is staged can be analysed again, without the network.
        again = harness.run(*self.command("http://127.0.0.1:1", self.work / "again", "--staging", staging, "--no-fetch",
                                          "--results", self.work / "again-results"))
        self.assertEqual(again.returncode, 0, again.stderr)
        for name in FILES:
            self.assertEqual((self.work / "killed-results" / name).read_bytes(), (self.work / "again-results" / name).read_bytes())

    def test_it_works_beside_a_running_program(self):
        self.start = self.end - datetime.timedelta(hours=1)
        moment = self.end.strftime("'%Y-%m-%d %H:%M:%S'")
        windows = f"select task, window_start, window_size, posts, authors, neg, neu, pos, positive4 from windows where window_start < {moment} order by all"

        def begin(command, data):
            """A process that has fetched a part of its windows, and no more for now."""
            process = subprocess.Popen([harness.BINARY, *map(str, command)], stderr=subprocess.PIPE, env={**os.environ, **TOKEN})
            self.addCleanup(process.stderr.close)
            self.addCleanup(process.kill)
            while process.poll() is None and sum(1 for _ in (data / "staging").glob("*/ledger/*/*.json")) < 40:
                time.sleep(0.001)
            process.send_signal(signal.SIGSTOP)
            self.assertIsNone(process.poll(), "it was stopped while it worked")
            return process

        def equal(data, results):
            for name in FILES:
                self.assertEqual((self.work / "whole-results" / name).read_bytes(), (results / name).read_bytes(), name)
            counted = harness.query(data, "select count(*), count(distinct id) from posts where source = 'x_search'")[0]
            self.assertEqual(counted, [str(harness.count(self.work / "whole", "posts"))] * 2)
            self.assertEqual(harness.query(self.work / "whole", windows), harness.query(data, windows))

        def command(data, results):
            return self.command(simulator.url, data, "--window", "1m", "--parallel", 2, "--results", results)

        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            done = harness.run(*command(self.work / "whole", self.work / "whole-results"), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            # Killed beside it, and begun again.
            results = self.work / "beside-results"
            with harness.Up(self.data, "--source", "demo", config=self.config.read_text()) as up:
                up.get("/readyz")
                killed = begin(command(self.data, results), self.data)
                other = harness.run(*command(self.data, results), env=TOKEN)
                self.assertNotEqual(other.returncode, 0)
                self.assertIn(b"held by another process", other.stderr)
                killed.kill()
                killed.wait()
                done = harness.run(*command(self.data, results), env=TOKEN)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(b"120 of 120 windows", done.stderr)
                other = harness.run(*self.command(simulator.url, self.data, "--rule", "espresso", "--tag", "drinks"), env=TOKEN)
                self.assertNotEqual(other.returncode, 0, "its posts would match no task")
                self.assertIn(b"already with another rule", other.stderr)
                self.assertGreater(up.status()["posts_total"], 0)
                self.assertEqual(up.terminate()[0], 0)
            self.assertGreater(harness.count(self.data, "posts"), harness.count(self.work / "whole", "posts"), "what came live is there too")
            equal(self.data, results)
            # The program beside it stops; afterwards it goes on without.
            data, results = self.work / "alone", self.work / "alone-results"
            with harness.Up(data, "--source", "demo", config=self.config.read_text()) as up:
                up.get("/readyz")
                left = begin(command(data, results), data)
                self.assertEqual(up.terminate()[0], 0)
            left.send_signal(signal.SIGCONT)
            said = left.stderr.read()
            self.assertEqual(left.wait(60 * harness.SLACK), 1)
            self.assertIn(b"has stopped; what was fetched is staged, and the same command goes on", said)
            done = harness.run(*command(data, results), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            equal(data, results)

    def gaps(self):
        return harness.query(self.data, "select source, count(*), min(refilled) from gaps where refilled < 1 group by 1 order by 1")

    def completeness(self):
        return float(harness.scalar(self.data, "select min(completeness) from windows where window_size = '15m' and posts > 0"))

    def test_what_is_missing_is_a_gap_until_it_is_there(self):
        self.start = self.end - datetime.timedelta(hours=1)
        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            # 403 is no error that passes: the window that meets it has failed.
            simulator.add_faults('{"faults":[{"kind":"refuse","reason":"forbidden","path":"/2/tweets/search/recent"}]}')
            command = self.command(simulator.url, self.data, "--parallel", 1, "--limit", 500)
            done = harness.run(*command, env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"7 of 8 windows", done.stderr)
            self.assertEqual([(source, int(count)) for source, count, _ in self.gaps()], [("x_search:backfill:drinks", 1)])
            self.assertEqual(self.completeness(), 0)
            done = harness.run(*command, env=TOKEN)
            self.assertIn(b"8 of 8 windows", done.stderr)
            self.assertEqual((self.gaps(), self.completeness()), ([], 1))
            # What a limit leaves out is missing by its share, until a plan with a higher one has it.
            self.data = self.work / "limited"
            done = harness.run(*self.command(simulator.url, self.data, "--limit", 10), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            gaps = self.gaps()
            self.assertEqual([(source, int(count)) for source, count, _ in gaps], [("x_search:backfill:drinks", 4), ("x_search:backfill:talk", 4)])
            least = min(float(refilled) for _, _, refilled in gaps)
            self.assertTrue(0 < least < 0.9, least)
            self.assertAlmostEqual(self.completeness(), least, 3)
            done = harness.run(*self.command(simulator.url, self.data, "--limit", 500), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual((self.gaps(), self.completeness()), ([], 1))

    def test_texts_of_x_leave_as_many_a_day_as_is_set(self):
        self.start = self.end - datetime.timedelta(hours=1)
        config = self.write("capped.toml", "[privacy]\nx_texts_a_day = 40\n")

        def csv(sql, **env):
            done = harness.run("query", "--data", self.data, "--config", config, "--format", "csv", sql, env=env)
            self.assertEqual(done.returncode, 0, done.stderr)
            return list(csv_module.reader(io.StringIO(done.stdout.decode())))[1:], done.stderr

        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            command = self.command(simulator.url, self.data, "--results", self.work / "results", "--rule", "coffee", config=config)
            done = harness.run(*command, env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
        posts = harness.count(self.data, "posts")
        self.assertGreater(posts, 100)
        with open(self.work / "results" / "tweet.csv", newline="", encoding="utf-8") as file:
            tweets = list(csv_module.DictReader(file))
        texts = [tweet["content"] for tweet in tweets if tweet["content"]]
        self.assertEqual((len(tweets), len(set(texts))), (posts, 40))
        self.assertTrue(all(tweet["id"] and tweet["sentiment"] for tweet in tweets), "all but the text is free")
        self.assertIn(b"texts of X are left out: 40 posts a day", done.stderr)
        # Those that were given today may be given again; others not, whatever the column is called.
        for sql in ("select id, content from posts", "select id, word as w from posts where word <> ''", "select id, unnest([content]) from posts"):
            rows, said = csv(sql)
            given = sum(1 for _, text in rows if text)
            self.assertTrue(40 <= given < len(rows), sql)
            self.assertIn(b"left out", said, sql)
        rows, said = csv("select id, label from posts")
        self.assertTrue(all(label for _, label in rows))
        self.assertEqual(said, b"")
        rows, _ = csv("select list(content) from posts")
        self.assertEqual(len({text for text in json.loads(rows[0][0]) if text}), 40)
        rows, said = csv("select id, content from posts", HEARTBEAT_PRIVACY_X_TEXTS_A_DAY="-1")
        self.assertTrue(all(text for _, text in rows))

        with harness.Up(self.data, "--source", "demo", config=config.read_text()) as up:
            search = {"query": {"term": {"source": "x_search"}}, "size": 1000}
            _, headers, body = up.request("POST", "/es/posts/_search", search)
            hits = [hit["_source"] for hit in json.loads(body)["hits"]["hits"]]
            self.assertEqual(len(hits), posts)
            self.assertEqual(len({hit["content"] for hit in hits if hit["content"]}), 40)
            self.assertTrue(all(bool(hit["word"]) <= bool(hit["content"]) for hit in hits))
            self.assertIn("left out", headers["warning"])
            _, headers, body = up.request("POST", "/es/_sql", {"query": "SELECT content FROM posts WHERE source = 'x_search'", "fetch_size": 1000})
            self.assertEqual(len({row[0] for row in json.loads(body)["rows"] if row[0]}), 40)
            _, headers, body = up.request("GET", "/api/v1/posts/export?format=jsonl&source=x_search&from=" + self.start.strftime("%Y-%m-%dT%H:%M:%SZ"))
            rows = [json.loads(line) for line in body.splitlines()]
            self.assertEqual((len(rows), len({row["content"] for row in rows if row["content"]})), (posts, 40))
            self.assertIn("left out", headers["warning"])
            # What is only looked at is no export.
            found = up.get("/api/v1/posts?limit=100&source=x_search&from=" + self.start.strftime("%Y-%m-%dT%H:%M:%SZ"))["posts"]
            self.assertTrue(all(post["content"] for post in found))

    def alone(self, pages, data=None):
        """Posts of the store whose text stands under their id alone in the pages, oldest first: [id, author, text]. A long post is cut in a page, and quotes and line
        breaks are written otherwise there: the pages are asked, not what is stored."""
        ids = {}
        for page in map(json.loads, pages):
            for post in page.get("data", []) + page.get("includes", {}).get("tweets", []):
                ids.setdefault(post.get("text"), set()).add(post["id"])
        rows = harness.query(data or self.data, "select id, author, content from posts where source = 'x_search' and kind = 'post' order by time, id")
        return [row for row in rows if ids.get(row[2]) == {row[0]}]

    def test_what_is_deleted_leaves_what_is_staged(self):
        self.start = self.end - datetime.timedelta(hours=1)
        elsewhere = self.work / "elsewhere"
        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            for staging in ([], ["--staging", elsewhere]):
                done = harness.run(*self.command(simulator.url, self.data, "--limit", 500, *staging), env=TOKEN)
                self.assertEqual(done.returncode, 0, done.stderr)
        files = {path for root in (self.data, elsewhere) for path in root.rglob("*") if path.is_file()}

        def holding(text):
            return [path for path in files if path.exists() and text.encode() in path.read_bytes()]

        def staged(name):
            """As JSON writes it: in a page of a staging, never in a table."""
            return [path for path in holding(json.dumps(name, ensure_ascii=False)) if path.suffix == ".jsonl"]

        def written(author):
            """Posts of theirs: whom others answer stays with the posts of those."""
            return [path for path in holding(f'"author_id":"{author}"') if path.suffix == ".jsonl"]

        def pages():
            return [path.read_text(encoding="utf-8") for path in elsewhere.rglob("posts/**/*.jsonl")]

        posts = int(harness.scalar(self.data, "select count(*) from posts"))
        rows = self.alone(pages())
        post = rows[0]
        of_author = next(row for row in reversed(rows) if row[1] != post[1])
        self.assertGreaterEqual(len(staged(post[2])), 2, "in the data folder and elsewhere")
        gone = harness.run("forget", "--post", post[0], "--data", self.data)
        self.assertEqual(gone.returncode, 0, gone.stderr)
        self.assertEqual(staged(post[2]), [])
        self.assertTrue(staged(post[0]), "its id remains, and keeps its place")
        # While `up` runs, too.
        self.assertTrue(written(of_author[1]))
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            gone = harness.run("forget", "--author", of_author[1], "--data", self.data)
            self.assertEqual(gone.returncode, 0, gone.stderr)
            self.assertEqual((written(of_author[1]), staged(of_author[2])), ([], []))
            self.assertEqual(up.terminate()[0], 0)
        # What a network deletes is found when the program starts: here by a notice in a file.
        third = self.alone(pages())[-1]
        self.assertTrue(staged(third[2]))
        notice = self.write("notice.jsonl", json.dumps({"data": {"delete": {"tweet": {"id": third[0], "author_id": "1"}, "event_at": "2026-01-01T00:00:00.000Z"}}}) + "\n")
        self.replayed(notice)
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            end = time.monotonic() + 30 * harness.SLACK
            while staged(third[2]) and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(up.terminate()[0], 0)
        self.assertEqual(staged(third[2]), [])
        # Analysed again, the rest is there.
        again = harness.run(*self.command("http://127.0.0.1:1", self.work / "again", "--limit", 500, "--staging", elsewhere, "--no-fetch"))
        self.assertEqual(again.returncode, 0, again.stderr)
        left = int(harness.scalar(self.data, "select count(*) from posts where source = 'x_search'"))
        self.assertLessEqual(harness.count(self.work / "again", "posts"), left, "a repost of a deleted post has its text, and leaves the staging with it")
        self.assertGreater(harness.count(self.work / "again", "posts"), left * 0.9)
        self.assertLess(left, posts - 2)

    def test_what_cannot_be_had_is_said(self):
        self.start = self.end - datetime.timedelta(hours=1)
        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits") as simulator:
            done = harness.run(*self.command(simulator.url, self.data, "--limit", 10, "--no-analyze"), env=TOKEN)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"windows have more than were fetched (--limit 10)", done.stderr)
            for says, args in {
                b"another backfill": ["--limit", 11, "--staging", next((self.data / "staging").iterdir())],
                b"column 4": ["--rule", "x ("],
                b"a window has at least a minute": ["--window", "1s"],
            }.items():
                wrong = harness.run(*self.command(simulator.url, self.data, *args), env=TOKEN)
                self.assertNotEqual(wrong.returncode, 0, args)
                self.assertIn(says, wrong.stderr, args)
        self.start = self.end
        wrong = harness.run(*self.command("http://127.0.0.1:1", self.data), env=TOKEN)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(b"the end is not after the start", wrong.stderr)
        self.start = self.end - datetime.timedelta(hours=1)
        wrong = harness.run(*self.command("http://127.0.0.1:1", self.data), env={"BEARER_TOKEN": ""}, cwd=self.work)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn(b"BEARER_TOKEN", wrong.stderr)


if __name__ == "__main__":
    harness.main()
