#!/usr/bin/env python3
"""Commands work while `up` runs (through its control socket) and when it does not, with the same answers."""
import csv
import json
import subprocess
import threading

import corpus
import harness
from harness import Case


class Commands(Case):
    def setUp(self):
        super().setUp()
        self.file = corpus.write_csv(self.work / "posts.csv", rows=3000, broken=0.01)

    def check_all(self):
        """Every command once; what they print, so that two ways can be compared."""
        said = {}
        for name, args in {
            "query": ["query", "--format", "csv", "select id, content, label from posts order by id limit 50"],
            "windows": ["query", "--format", "json", "select task, window_start, posts from windows order by all limit 20"],
            "topics": ["topics", "list"],
            "offsets": ["topics", "offsets"],
            "tail": ["topics", "tail", "ingest", "--offset", "0", "--limit", "5"],
            "rules": ["rules", "list"],
            "check": ["rules", "check", "cat (dog OR \"hot dog\") lang:en"],
            "dead": ["deadletters", "list", "--limit", "5"],
        }.items():
            done = harness.run(*args, "--data", self.data)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr.decode()}")
            self.assertTrue(done.stdout.strip(), name)
            said[name] = done.stdout.decode()
        return said

    def test_running_or_not_the_answers_are_the_same(self):
        self.replayed(self.file)
        added = harness.run("rules", "add", "storm OR bridge", "--tag", "weather", "--data", self.data)
        self.assertEqual(added.returncode, 0, added.stderr)
        # The task must have reached the store before the two are compared.
        self.replayed(self.file)
        alone = self.check_all()
        with harness.Up(self.data, "--replay", self.file, "--speed", "max") as up:
            up.wait_done()
            beside = self.check_all()
            self.assertEqual(up.terminate()[0], 0)
        for name in alone:
            if name != "offsets":  # starting notes more offsets
                self.assertEqual(alone[name], beside[name], name)
        self.assertEqual(len(alone["tail"].splitlines()), 10)  # five of each of two partitions
        for text in alone["tail"].splitlines():
            self.assertIn("content", json.dumps(json.loads(text)))

    def test_mistakes_are_named_and_change_nothing(self):
        folder = self.work / "folder"
        folder.mkdir()
        (folder / "note.txt").write_text("not ours")
        config = self.work / "wrong.toml"
        config.write_text('[[source]]\nkind = "nosuch"\n')
        for says, args in {
            "--replay: is empty": ["up", "--replay", "", "--data", self.data],
            "--data: is empty": ["up", "--source", "demo", "--data", ""],
            "is no address": ["up", "--source", "demo", "--listen", "8080", "--data", self.data],
            "give one of them": ["up", "--replay", self.file, "--source", "demo", "--data", self.data],
            "wrong.toml:1: there is no source 'nosuch'; there is replay, demo": ["config", "--config", config],
            "holds no data of heartbeat": ["query", "--data", folder, "select 1"],
            "is a folder": ["score", folder],
            "is a folder, not a file": ["eval", folder],
            "column 4": ["rules", "add", "x (", "--tag", "t", "--data", self.data],
        }.items():
            done = harness.run(*args)
            self.assertNotEqual(done.returncode, 0, args)
            self.assertIn(says, done.stderr.decode(), args)
        self.assertEqual([path.name for path in folder.iterdir()], ["note.txt"])
        with open("/dev/full", "wb") as full:
            done = subprocess.run([harness.BINARY, "score", "I love it"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"could not be written", done.stderr)
        # A reader that goes away ends it, although its input has no end.
        endless = subprocess.Popen("yes 'love it' | '%s' score - | head -1" % harness.BINARY, shell=True, stdout=subprocess.PIPE)
        self.assertIn(b"sentiment", endless.communicate(timeout=60)[0])

    def test_two_commands_at_once_wait_for_each_other(self):
        self.replayed(self.file)
        ask = [harness.BINARY, "query", "--data", self.data, "select count(*) from posts"]
        both = [subprocess.Popen(ask, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        for command in both:
            _, said = command.communicate(timeout=60)
            self.assertEqual(command.returncode, 0, said)

    def test_rules_change_while_running(self):
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            before = harness.run("rules", "list", "--data", self.data).stdout
            self.assertEqual(harness.run("rules", "add", "coffee", "--tag", "cups", "--data", self.data).returncode, 0)
            self.assertIn(b"cups", harness.run("rules", "list", "--data", self.data).stdout)
            self.assertIn("cups", [task["tag"] for task in up.get("/api/v1/tasks")["tasks"]])
            self.assertEqual(harness.run("rules", "add", "tea", "--tag", "cups", "--data", self.data).returncode, 0)
            self.assertEqual({task["tag"]: task["rule"] for task in up.get("/api/v1/tasks")["tasks"]}["cups"], "tea")
            wrong = harness.run("rules", "add", "coffee OR", "--tag", "bad", "--data", self.data)
            self.assertEqual(wrong.returncode, 2, wrong.stderr)
            self.assertEqual(harness.run("rules", "rm", "cups", "--data", self.data).returncode, 0)
            self.assertEqual(harness.run("rules", "list", "--data", self.data).stdout, before)
            self.assertNotEqual(harness.run("rules", "rm", "cups", "--data", self.data).returncode, 0)
            self.assertEqual(up.terminate()[0], 0)

    def test_rules_are_made_those_of_a_file(self):
        tasks = self.work / "tasks.toml"
        tasks.write_text('[[task]]\ntag = "tea"\nrule = "tea OR milk"\n[[task]]\ntag = "cups"\nrule = "cup"\n')
        sync = ["rules", "sync", tasks, "--data", self.data]
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            self.assertEqual(harness.run("rules", "add", "tea", "--tag", "tea", "--data", self.data).returncode, 0)
            before = harness.run("rules", "list", "--data", self.data).stdout
            plan = harness.run(*sync, "--dry-run").stdout.decode()
            self.assertIn("~ tea: tea OR milk (was: tea)", plan)
            self.assertIn("+ cups: cup", plan)
            self.assertIn("- coffee: ", plan)
            self.assertEqual(harness.run("rules", "list", "--data", self.data).stdout, before)
            done = harness.run(*sync)
            self.assertEqual(done.stdout.decode().splitlines()[:-1], plan.splitlines()[:-1])
            self.assertEqual({task["tag"]: task["rule"] for task in up.get("/api/v1/tasks")["tasks"]}, {"tea": "tea OR milk", "cups": "cup"})
            self.assertEqual(harness.run(*sync).stdout, b"0 changed\n")
            tasks.write_text('[[task]]\ntag = "new"\nrule = "new"\n[[task]]\ntag = "cups"\nrule = "cup ("\n')
            wrong = harness.run(*sync)
            self.assertEqual(wrong.returncode, 2)
            self.assertIn(b"column 6", wrong.stderr)
            self.assertNotIn(b"new", harness.run("rules", "list", "--data", self.data).stdout)
            self.assertEqual(up.terminate()[0], 0)

    def test_rules_are_tried_on_a_file(self):
        posts = self.work / "few.csv"
        posts.write_text("content,time\nred tea,2024-05-01T00:00:00Z\ncoffee,2024-05-02T00:00:00Z\ntea and coffee,2024-05-03T00:00:00Z\n")
        done = harness.run("rules", "test", posts, "--rule", "tea", "--rule", "coffee", "--price", "0.01", "--examples", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stdout.decode()
        self.assertIn("3 posts, 2024-05-01", said)
        # Two of each, three of any, over two days: 1 and 1.5 a day, at a cent each.
        rows = [line.split() for line in said.splitlines()]
        self.assertIn(["rule", "1", "tea", "2", "66.67", "%", "1.0", "0.30"], rows)
        self.assertIn(["together", "each", "post", "once", "3", "100.00", "%", "1.5", "0.45"], rows)
        self.assertIn("rule 1: red tea", said)
        self.assertNotIn("rule 1: tea and coffee", said)
        self.assertEqual(harness.run("rules", "test", posts, "--rule", "tea OR").returncode, 2)
        self.assertNotEqual(harness.run("rules", "test", self.work / "nowhere.csv", "--rule", "tea").returncode, 0)

    def test_query_writes_every_format(self):
        self.replayed(self.file)
        sql = "select id, content from posts order by id limit 7"
        for extension in ("csv", "json", "parquet"):
            out = self.work / ("rows." + extension)
            done = harness.run("query", "--data", self.data, "--format", extension, "--out", out, sql)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertGreater(out.stat().st_size, 50)
        self.assertEqual((self.work / "rows.parquet").read_bytes()[:4], b"PAR1")
        with open(self.work / "rows.csv", newline="", encoding="utf-8") as rows:
            self.assertEqual(len(list(csv.reader(rows))), 8)

    def test_queries_while_replaying(self):
        big = corpus.write_csv(self.work / "big.csv", rows=30_000)
        faults, asked, totals = [], [], []
        with harness.Up(self.data, "--replay", big, "--speed", "max") as up:
            _ = up.port
            stop = threading.Event()

            def ask(sql, seen):
                while not stop.is_set():
                    status, _, body = up.request("POST", "/api/v1/sql", {"query": sql})
                    asked.append(status)
                    if status != 200:
                        faults.append((status, body[:300]))
                    elif seen is not None:
                        seen.append(json.loads(body)["rows"][0])

            consistent = "select (select count(*) from posts), (select coalesce(sum(posts), 0) from windows where task = '*' and window_ms = 60000)"
            threads = [threading.Thread(target=ask, args=args) for args in
                       [(consistent, totals), ("select task, count(*) from windows group by all", None),
                        ("select * from posts where content ilike '%coffee%' limit 10", None)]]
            for thread in threads:
                thread.start()
            try:
                up.wait_done()
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
            self.assertEqual(faults, [])
            self.assertGreater(len(asked), 5)
            counts = [int(total[0]) for total in totals]
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(up.terminate()[0], 0)
        self.assertEqual([int(n) for n in harness.query(self.data, consistent)[0]], [30_000, 30_000])


if __name__ == "__main__":
    harness.main()
