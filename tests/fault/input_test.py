#!/usr/bin/env python3
"""Input that is broken in every way: nothing else is lost, and each row is a post or a dead letter."""
import gzip
import json
import subprocess

import corpus
import harness
from harness import Case

HEAD = b"id,author,content,created_at\n"


def row(number, text=b"hello", time=b"2020-01-01T00:00:00Z"):
    return b"%d,a,%s,%s\n" % (number, text, time)


def line(number, text="hello"):
    return json.dumps({"data": {"id": str(number), "text": text, "author_id": "5", "created_at": "2020-01-01T00:00:00.000Z"}}).encode() + b"\n"


class Rows(Case):
    def test_broken_json_lines_become_dead_letters(self):
        bad = [b"{\n", b"not json at all\n", b'{"data": {"id": "9"}}\n', b"[1,2,\n", b'{"data": 7}\n', b"null\n"]
        good = [line(n) for n in range(1, 11)]
        file = self.write("posts.jsonl", b"".join(good[:5] + bad + good[5:]))
        self.replayed(file)
        self.assert_counts(posts=10, dead=len(bad))
        listed = harness.run("deadletters", "list", "--data", self.data, "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        letters = [json.loads(text) for text in listed.stdout.splitlines()]
        self.assertEqual(len(letters), len(bad))
        for letter in letters:
            self.assertTrue(letter["reason"], letter)
            self.assertRegex(letter["location"], r"posts\.jsonl.*\d", letter)
        self.assertIn("not json at all", " ".join(letter["raw"] for letter in letters))

    def test_broken_csv_rows_become_dead_letters(self):
        file = self.write("posts.csv", HEAD + row(1) + row(2, time=b"the day before") + b"3,a,b,c,d,e,f\n" + row(4) +
                          b"5,a\n" + row(6, text=b'"a quote that is closed"'))
        self.replayed(file)
        posts, dead = harness.count(self.data, "posts"), harness.count(self.data, "dead_letters")
        self.assertEqual(posts + dead, 6)
        self.assertEqual(harness.query(self.data, "select id from posts order by id"), [["1"], ["4"], ["6"]])

    def test_invalid_utf8_is_repaired_and_kept(self):
        texts = [b"caf\xe9", b"\xff\xfe\xfd", b"cut \xf0\x9f\x98", b"over \xc0\xaf", b"surrogate \xed\xa0\x80", b"fine \xf0\x9f\x98\x80"]
        file = self.write("posts.csv", HEAD + b"".join(row(n + 1, text) for n, text in enumerate(texts)))
        self.replayed(file)
        self.assert_counts(posts=len(texts), dead=0)
        contents = [r[0] for r in harness.query(self.data, "select content from posts order by id")]
        self.assertEqual(contents[-1], "fine 😀")
        for text in contents[:-1]:
            self.assertIn("\ufffd", text)

    def test_a_line_of_four_megabytes(self):
        word = "word " * (4 * 1024 * 1024 // 5)
        file = self.write("posts.jsonl", line(1) + line(2, word) + line(3, word + word) + line(4))
        self.replayed(file)
        self.assertEqual(harness.count(self.data, "posts") + harness.count(self.data, "dead_letters"), 4)
        ids = {r[0] for r in harness.query(self.data, "select id from posts")}
        self.assertLessEqual({"1", "4"}, ids)
        self.assertNotIn("3", ids)

    def test_control_characters_and_zeros(self):
        file = self.write("posts.jsonl", line(1, "zero \0 and bell \a") + line(2, "‮mirrored‬ z̷̢̛a̷l̴g̸o"))
        self.replayed(file)
        self.assert_counts(posts=2, dead=0)

    def letters(self):
        listed = harness.run("deadletters", "list", "--data", self.data, "--json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        return [json.loads(text) for text in listed.stdout.splitlines()]

    def test_dead_letters_can_be_tried_again(self):
        self.replayed(self.write("posts.jsonl", line(1) + b"{}\nnot json\n"))
        self.assert_counts(posts=1, dead=2)
        tried = harness.run("deadletters", "replay", "--data", self.data)
        self.assertEqual(tried.returncode, 1, tried.stderr)
        self.assertIn(b"2 replayed: 0 can be used now, 2 failed again", tried.stdout)
        # They still cannot be used, so they stay, each once and with its reason.
        self.assert_counts(posts=1, dead=2)
        with harness.Up(self.data, "--source", "demo") as up:
            status, _, body = up.request("POST", "/api/v1/deadletters/replay", {"all": True})
            self.assertEqual(status, 202, body)
            self.assertEqual({k: json.loads(body)[k] for k in ("queued", "used", "failed")}, {"queued": 2, "used": 0, "failed": 2})
            up.get("/readyz")
            self.assertEqual(up.terminate()[0], 0)
        self.assertEqual([letter["attempts"] for letter in self.letters()], [2, 2])

    def test_a_mended_row_of_a_csv_becomes_the_post_it_would_have_been(self):
        head = b"text,when,created_at\n"
        file = self.write("posts.csv", head + b"one,2020-01-01,2020-01-01\ntwo,2020-01-02,soon\n\"th,ree\",later,soon\n")
        self.replayed(file)
        self.assert_counts(posts=1, dead=2)
        before = self.letters()
        ids = {letter["location"]: letter["id"] for letter in before}
        two, three = ids["posts.csv:3"], ids["posts.csv:4"]
        # The right column: the same row of the same file.
        tried = harness.run("deadletters", "replay", two, "--map", "time=when", "--data", self.data)
        self.assertEqual(tried.returncode, 0, tried.stderr)
        self.assertIn(b"1 replayed: 1 can be used now", tried.stdout)
        self.assert_counts(posts=2, dead=1)
        # The same once more says so, and does nothing.
        again = harness.run("deadletters", "replay", two, "--data", self.data)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn(f"{two} was replayed already, on 20".encode(), again.stdout)
        self.assertNotEqual(harness.run("deadletters", "replay", "0123456789abcdef", "--data", self.data).returncode, 0)
        self.assert_counts(posts=2, dead=1)
        # A wrong map: it stays, with the new reason and the old bytes.
        harness.run("deadletters", "replay", three, "--map", "time=when", "--data", self.data)
        left, = self.letters()
        self.assertEqual((left["id"], left["raw"], left["attempts"]), (three, '"th,ree",later,soon', 1))
        self.assertIn("field when", left["reason"])
        # Edited bytes, while `up` runs: through the control socket.
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            mended = harness.run("deadletters", "replay", three, "--raw", '"th,ree",2020-01-03,2020-01-03', "--data", self.data)
            self.assertEqual(mended.returncode, 0, mended.stderr)
            self.assertIn(b"1 can be used now, 0 failed again", mended.stdout)
            self.assertEqual(self.letters(), [])
            listed = harness.run("deadletters", "list", "--replayed", "--data", self.data)
            self.assertIn(three.encode(), listed.stdout)
            self.assertEqual(up.terminate()[0], 0)
        posts = harness.query(self.data, "select content, strftime(time, '%d'), split_part(id, '#', 2) from posts where source = 'replay' order by id")
        self.assertEqual(posts, [["one", "01", "1"], ["two", "02", "2"], ["th,ree", "03", "3"]])
        # The log keeps nothing of what is a post now, but the post.
        topic = harness.run("topics", "tail", "deadletters", "--data", self.data)
        self.assertEqual(topic.returncode, 0, topic.stderr)
        self.assertIn(b"posts.csv:4", topic.stdout)
        self.assertNotIn(b"th,ree", topic.stdout)


class Files(Case):
    def test_a_truncated_gzip_gives_what_came_before_the_cut(self):
        whole = corpus.write_csv(self.work / "posts.csv", rows=5000).read_bytes()
        packed = gzip.compress(whole, 6)
        up = self.replayed(self.write("cut.csv.gz", packed[:len(packed) * 2 // 3]))
        posts = harness.count(self.data, "posts")
        self.assertTrue(1000 < posts < 5000, posts)
        reasons = [r[0] for r in harness.query(self.data, "select reason from dead_letters")]
        self.assertTrue(reasons, up.text())

    def test_a_damaged_gzip_gives_what_came_before_the_damage(self):
        packed = bytearray(gzip.compress(corpus.write_csv(self.work / "posts.csv", rows=5000).read_bytes(), 6))
        packed[len(packed) // 2] ^= 0xff
        self.replayed(self.write("damaged.csv.gz", bytes(packed)))
        self.assertTrue(harness.query(self.data, "select reason from dead_letters"))

    def test_a_zip_bomb_is_left_off_in_bounded_memory(self):
        # 1 GiB of one letter in a megabyte.
        packer = gzip.GzipFile(self.work / "bomb.csv.gz", "wb", compresslevel=9)
        packer.write(HEAD + row(1) + b"2,a,")
        block = b"a" * (1 << 20)
        for _ in range(1024):
            packer.write(block)
        packer.close()
        with harness.Up(self.data, "--replay", self.work / "bomb.csv.gz", "--speed", "max") as up:
            up.wait_done(60)
            status = up.status()
            self.assertLess(status["peak_memory_bytes"], (700 << 20) * harness.SLACK)
            self.assertEqual(status["posts_total"], 1)
        reasons = [r[0] for r in harness.query(self.data, "select reason from dead_letters")]
        self.assertTrue(reasons)

    def test_an_empty_file_is_done_at_once(self):
        for name in ("empty.csv", "empty.jsonl"):
            self.replayed(self.write(name, b""))
        self.assert_counts(posts=0, dead=0)

    def test_a_header_alone_is_done_at_once(self):
        self.replayed(self.write("head.csv", HEAD))
        self.assert_counts(posts=0, dead=0)

    def refused(self, file, *args, says):
        up = harness.replay(self.data, file, *args)
        self.assertIn(up.process.returncode, (1, 2), up.text())
        self.assertRegex(up.text(), says)
        return up

    def test_a_missing_file_is_refused(self):
        self.refused(self.work / "nowhere.csv", says="nowhere.csv")

    def test_a_folder_is_refused(self):
        (self.work / "folder").mkdir()
        self.refused(self.work / "folder", says="folder")

    def test_a_map_to_no_column_is_refused(self):
        file = self.write("posts.csv", b"when,what\n2020-01-01,hello\n")
        self.refused(file, "--map", "content=whatt,time=when", says="whatt")
        self.refused(file, "--map", "rubbish", says="rubbish|map")

    def test_a_map_names_the_columns(self):
        file = self.write("posts.csv", b"when,what\n2020-01-01T00:00:00Z,hello\n")
        self.replayed(file, "--map", "content=what,time=when")
        self.assert_counts(posts=1, dead=0)

    def test_a_csv_without_text_column_is_refused(self):
        self.refused(self.write("posts.csv", b"a,b\n1,2\n"), says="column|content|header")

    def test_standard_input_is_replayed(self):
        text = corpus.write_csv(self.work / "posts.csv", rows=300)
        for packed in (text.read_bytes(), gzip.compress(text.read_bytes())):
            with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
                with harness.Up(self.data, "--replay", "-", "--speed", "max", "--exit-when-done", stdin=cat.stdout) as up:
                    cat.stdin.write(packed)
                    cat.stdin.close()
                    self.assertEqual(up.finish(), 0, up.text())
        self.assertGreaterEqual(harness.count(self.data, "posts"), 300)

    def test_the_same_file_again_adds_nothing(self):
        file = corpus.write_csv(self.work / "posts.csv.gz", rows=500, broken=0.02)
        self.replayed(file)
        first = harness.query(self.data, "select (select count(*) from posts), (select count(*) from dead_letters)")
        self.assertEqual(sum(map(int, first[0])), 500)
        self.replayed(file)
        self.assertEqual(harness.query(self.data, "select (select count(*) from posts), (select count(*) from dead_letters)"), first)


class RealFiles(Case):
    def test_rows_are_posts_and_dead_letters(self):
        file = harness.SHARED / "replay" / "ira_2016-08.csv.gz"
        if not file.exists():
            self.skipTest("left out: ../shared/data/replay is not there")
        self.replayed(file)
        self.assertEqual(int(harness.scalar(self.data, "select (select count(*) from posts) + (select count(*) from dead_letters)")), 68585)


if __name__ == "__main__":
    harness.main()
