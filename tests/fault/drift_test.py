#!/usr/bin/env python3
"""`drift` tells how the labels of two periods differ.

usage: drift_test.py HEARTBEAT [TEST...]
"""
import json

import harness

TEXTS = ["I love this, what a great day", "I hate it, terrible and sad"]


class Drift(harness.Case):
    def test_two_periods(self):
        rows = [json.dumps({"id": str(i), "text": TEXTS[0 if i <= 60 else 1], "created_at": f"2024-05-0{1 if i <= 60 else 2}T10:00:00Z", "lang": "en"})
                for i in range(1, 101)]
        self.replayed(self.write("posts.jsonl", "\n".join(rows) + "\n"))
        command = ["--data", self.data, "drift", "--a", "2024-05-01..2024-05-02", "--b", "2024-05-02.."]
        done = harness.run(*command, "--json", cwd=self.work)
        self.assertEqual(done.returncode, 0, done.stderr)
        drifts = {d["what"]: d for d in json.loads(done.stdout)["drift"]}
        self.assertEqual((drifts["sentiment"]["posts_a"], drifts["sentiment"]["posts_b"]), (60, 40))
        self.assertEqual(drifts["sentiment"]["jensen_shannon"], 1)
        self.assertEqual(drifts["language"]["jensen_shannon"], 0)
        self.assertIn("emotion", drifts)
        text = harness.run(*command, cwd=self.work).stdout.decode()
        self.assertIn("+100.00%", text)
        self.assertEqual(harness.run(*command, "--task", "it's none", cwd=self.work).returncode, 1)
        wrong = harness.run("--data", self.data, "drift", "--a", "yesterday", "--b", "..2024", cwd=self.work)
        self.assertEqual(wrong.returncode, 2)


if __name__ == "__main__":
    harness.main()
