#!/usr/bin/env python3
"""privacy.authors = "hashed": nobody but the holder of the key can say who wrote what, and who asks to be forgotten still is."""
import json
import stat

import harness
from harness import Case
from redaction_test import KEPT, account, delete, post

HASHED = '[privacy]\nauthors = "hashed"\n'
# Names that no compression takes apart.
GONE, STAYS, LEAVES = (f"did:plc:{name}" for name in ("xk29vlq81zrtw5hd7cnbyg3m", "p0w8eiruty4laksjdhf6mznx", "q2a9wsxedc1rfvtgbyhn7ujm"))
X_AUTHOR, X_HANDLE = "7719283746501928374", "zq7vxhandle"


def x_post(number):
    return {"data": {"id": str(1346889436626259968 + number), "text": f"tea number {number}", "author_id": X_AUTHOR, "created_at": "2020-09-13T12:30:00.000Z",
                     "edit_history_tweet_ids": [str(1346889436626259968 + number)], "conversation_id": str(1346889436626259968 + number),
                     "entities": {"urls": [{"start": 0, "end": 3, "url": "https://t.co/a", "expanded_url": f"https://twitter.com/{X_HANDLE}/status/1346889436626259000"}]}},
            "includes": {"users": [{"id": X_AUTHOR, "username": X_HANDLE, "name": X_HANDLE}]}}


def reply(to):
    answer = post(STAYS, "answer", 3_000, "tea is right")
    parent = {"cid": "c", "uri": f"at://{to}/app.bsky.feed.post/g1"}
    answer["commit"]["record"]["reply"] = {"parent": parent, "root": parent}
    return answer


class Privacy(Case):
    def setUp(self):
        super().setUp()
        sky = KEPT + [post(GONE, "g1", 1_000, "tea of the gone"), reply(GONE), post(STAYS, "k1", 2_000, "tea of the stayer"),
                      post(STAYS, "k2", 2_500, "tea that was taken back"), delete(STAYS, "k2", 2_600),
                      post(LEAVES, "l1", 3_500, "tea of the leaver"), account(GONE, 40_000, status="deleted")]
        wrong = {**post(STAYS, "k3", 2_000), "time_us": "no time"}
        self.sky = self.write("sky.jsonl", "".join(json.dumps(event) + "\n" for event in sky + [wrong]) + '{"did":"%s" what is that\n' % STAYS)
        self.x = self.write("x.jsonl", "".join(json.dumps(x_post(number)) + "\n" for number in range(3)))
        self.names = [GONE, STAYS, LEAVES, X_AUTHOR, X_HANDLE]

    def files_with(self, text):
        return [path for path in self.data.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]

    def test_no_file_holds_an_author_and_forget_finds_it(self):
        for file in (self.sky, self.x):
            self.replayed(file)
        for name in self.names:
            self.assertTrue(self.files_with(name), f"else the search below would find nothing, whatever is there: {name}")
        posts = harness.scalar(self.data, "select count(*) from posts")
        refused = harness.replay(self.data, self.x, config=HASHED)
        self.assertEqual(refused.process.returncode, 2)
        self.assertIn("the log holds authors as they are", refused.text())

        self.data = self.work / "hashed"
        for file in (self.sky, self.x):
            up = self.replayed(file, config=HASHED)
            for name in self.names + [(self.data / "author.key").read_text().strip()]:
                self.assertNotIn(name, up.text())
        self.assertEqual(stat.S_IMODE((self.data / "author.key").stat().st_mode), 0o600)
        for name in self.names:
            self.assertEqual(self.files_with(name), [], name)
        # The same posts as with their names: one is deleted by its id, one by its author's account.
        self.assertEqual(harness.scalar(self.data, "select count(*) from posts"), posts)
        self.assertEqual(harness.query(self.data, "select count(*) from posts where content like 'tea of the gone' or content like '%taken back'"), [["0"]])
        authors = harness.query(self.data, "select distinct author from posts where content like 'tea%' order by 1")
        self.assertEqual(len(authors), 3, authors)
        for (author,) in authors:
            self.assertRegex(author, "^hb:[0-9a-f]{32}$")
        self.assertEqual(harness.query(self.data, "select count(*) from posts where handle is not null and handle <> ''"), [["0"]])
        self.assertNotEqual(harness.query(self.data, "select location, reason from dead_letters"), [], "what was wrong is still said")

        config = self.write("hashed.toml", HASHED)
        # By the id that the network knows, without `up` and with it; and by the one that an answer gave.
        gone = harness.run("forget", "--author", X_AUTHOR, "--data", self.data, "--config", config)
        self.assertIn(b"3 stored posts forgotten", gone.stdout, gone.stderr)
        with harness.Up(self.data, "--source", "demo", config=HASHED) as up:
            found = up.get("/api/v1/posts?author=" + harness.quote(LEAVES))["posts"]
            self.assertEqual([one["content"] for one in found], ["tea of the leaver"])
            self.assertTrue(found[0]["id"].startswith("at://hb:"), found[0]["id"])
            for args, matched in ((["--post", found[0]["id"]], b"1 stored"), (["--author", STAYS], b"2 stored")):
                gone = harness.run("forget", *args, "--data", self.data, "--config", config)
                self.assertIn(matched, gone.stdout, gone.stderr)
            self.assertEqual(up.terminate()[0], 0)
        # Neither came back, nor did forgetting write a name.
        self.replayed(self.write("again.jsonl", json.dumps(post(STAYS, "k9", 4_000, "tea once more")) + "\n"), config=HASHED)
        self.assertEqual(harness.query(self.data, "select content from posts where content like 'tea%'"), [])
        for name in self.names:
            self.assertEqual(self.files_with(name), [], name)

    def test_a_data_folder_has_one_key(self):
        self.replayed(self.x, config=HASHED)
        for config, env, says in (("", {}, "holds hashed authors"), (HASHED, {"HEARTBEAT_AUTHOR_KEY": "some other key, long enough"}, "another key"),
                                  (HASHED, {"HEARTBEAT_AUTHOR_KEY": "short"}, "at least 16")):
            up = harness.replay(self.data, self.sky, config=config or "\n", env=env)
            self.assertEqual(up.process.returncode, 2, up.text())
            self.assertIn(says, up.text())
        # The environment's is enough, and writes no file.
        key = {"HEARTBEAT_AUTHOR_KEY": (self.data / "author.key").read_text().strip()}
        (self.data / "author.key").unlink()
        self.replayed(self.sky, config=HASHED, env=key)
        self.assertFalse((self.data / "author.key").exists())


if __name__ == "__main__":
    harness.main()
