#!/usr/bin/env python3
"""`rescore` puts newer results in the place of older ones: nothing is lost, doubled or brought back, killed or not.

usage: rescore_test.py HEARTBEAT [TEST...]
"""
import json
import signal
import subprocess
import time

import harness

TEXTS = ["I love this, what a great day", "I hate it, terrible and sad", "The train leaves at nine", "not bad at all, really good",
         "It isn't great", "so angry about the delay!!!"]
VADER = '[analysis]\nsentiment = "vader"\n'
COLUMNS = "id, content, lang, label, label4, neg, pos, mixed, polarity, emotion, models"
WINDOWS = ("select task, window_start, window_size, posts, authors, negative, neutral, positive, neg, neu, pos, polarity, joyful, sad, hashtags "
           "from windows order by all")


class Rescore(harness.Case):
    def posts(self, count):
        rows = []
        for i in range(1, count + 1):
            at = f"2024-05-01T{10 + i // 3600 % 3:02}:{i // 60 % 60:02}:{i % 60:02}Z"
            rows.append(json.dumps({"id": str(1000 + i), "text": f"{TEXTS[i % len(TEXTS)]} #tag{i % 7} {i}", "created_at": at, "lang": "en",
                                    "author_id": str(i % 50)}))
        return self.write("posts.jsonl", "\n".join(rows) + "\n")

    def conf(self, text):
        return self.write("vader.toml", text)

    def rescore(self, *args, config=VADER, data=None):
        done = harness.run("--config", self.conf(config), "--data", data or self.data, "rescore", *args, cwd=self.work)
        self.assertEqual(done.returncode, 0, done.stderr.decode() + done.stdout.decode())
        return done.stdout.decode()

    def stored(self, data=None):
        data = data or self.data
        return harness.query(data, f"select {COLUMNS} from posts order by all"), harness.query(data, WINDOWS)

    def as_if_from_the_start(self, file):
        """What a data folder holds that was judged by VADER from the beginning."""
        fresh = self.work / "fresh"
        self.assertEqual(harness.replay(fresh, file, config=VADER).process.returncode, 0)
        return self.stored(fresh)

    def test_equals_what_would_have_been(self):
        file = self.posts(3000)
        self.replayed(file)
        before = self.stored()
        report = json.loads(self.rescore("--dry-run", "--json"))
        self.assertEqual((report["judged"], report["written"]), (3000, False))
        self.assertGreater(report["changed"], 0)
        self.assertEqual(self.stored(), before)
        self.rescore()
        wanted = self.as_if_from_the_start(file)
        self.assertEqual(self.stored(), wanted)
        again = json.loads(self.rescore("--json"))
        self.assertEqual((again["judged"], again["changed"]), (3000, 0))
        self.assertEqual(self.stored(), wanted)
        # And back: what stands in the place of other results can be replaced as well.
        self.rescore(config="")
        self.assertEqual(self.stored(), before)

    def test_a_range(self):
        file = self.posts(600)
        self.replayed(file)
        self.rescore("--from", "2024-05-01T10:02:00Z", "--to", "2024-05-01T10:05:00Z")
        rows = harness.query(self.data, "select split_part(models, ' ', 1), count(*), min(time)::VARCHAR, max(time)::VARCHAR from posts "
                                        "group by all order by 2")
        self.assertEqual(rows[0], ["vader/3.3.2", "180", "2024-05-01 10:02:00", "2024-05-01 10:04:59"])
        self.assert_counts(600, 0)

    def test_killed_at_any_time(self):
        file = self.posts(4000)
        wanted = self.as_if_from_the_start(file)
        self.replayed(file)
        config = self.conf(VADER)
        began = time.monotonic()
        for part in (0.2, 0.5, 0.8, 1.2, 1.6, 2.2):
            command = [harness.BINARY, "--config", config, "--data", self.data, "rescore"]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.work)
            try:
                process.wait(part * harness.SLACK)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            if time.monotonic() - began > 60 * harness.SLACK:
                break
        # `up` may come between: it works in what was written so far.
        with harness.Up(self.data, "--replay", file, "--speed", "max", "--exit-when-done", config=VADER) as up:
            self.assertEqual(up.finish(), 0, up.text())
        self.rescore()
        self.assertEqual(self.stored(), wanted)

    def test_what_was_deleted_does_not_come_back(self):
        file = self.posts(200)
        self.replayed(file)
        self.rescore()
        done = harness.run("--data", self.data, "forget", "--post", "1001", "--post", "1002", cwd=self.work)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_counts(198, 0)
        self.assertEqual(harness.scalar(self.data, "select sum(posts) from windows where window_size = '1m' and task = '*'"), "198")
        self.rescore(config="")
        self.assert_counts(198, 0)
        self.assertEqual(harness.scalar(self.data, "select sum(posts) from windows where window_size = '1m' and task = '*'"), "198")

    def test_needs_the_folder_for_itself(self):
        file = self.posts(50)
        with harness.Up(self.data, "--replay", file, "--speed", "max") as up:
            up.wait_done()
            done = harness.run("--data", self.data, "rescore", cwd=self.work)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"stop `up` first", done.stderr)


if __name__ == "__main__":
    harness.main()
