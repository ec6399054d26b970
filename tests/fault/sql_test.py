#!/usr/bin/env python3
"""SQL of users reaches no file and no network, changes nothing, and ends in time."""
import pathlib
import time

import corpus
import harness
from harness import Case

REFUSED = [
    "select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'", "select * from read_text('/etc/hostname')",
    "select * from read_blob('/proc/self/environ')", "select * from glob('/*')", "select * from 'https://example.com/x.parquet'",
    "copy posts to '/tmp/heartbeat-stolen.csv'", "copy (select 1) to '/tmp/heartbeat-stolen.csv'", "export database '/tmp/heartbeat-stolen'",
    "attach '/tmp/heartbeat-other.db'", "attach ':memory:' as other", "install httpfs", "load httpfs", "set enable_external_access = true",
    "set memory_limit = '100GB'", "reset enable_external_access", "pragma database_list; select 1", "insert into posts select * from posts",
    "update posts set content = ''", "delete from posts", "drop table posts", "create table mine (a int)", "create view v as select 1",
    "truncate posts", "alter table posts add column x int", "begin", "checkpoint", "vacuum", "call pragma_version()",
    "select 1; drop table posts", "select 1; select 2", "prepare p as select 1", "use memory", "", ";", "select", "selec 1",
    "select * from nowhere", "select getenv('HOME')", "with x as (delete from posts returning *) select * from x",
    "explain analyze copy posts to '/tmp/heartbeat-stolen.csv'", "select * from duckdb_secrets()", "create secret s (type s3)",
]


class Sql(Case):
    def setUp(self):
        super().setUp()
        self.replayed(corpus.write_csv(self.work / "posts.csv", rows=2000))

    def test_hostile_statements_are_refused_and_harmless(self):
        with harness.Up(self.data, "--source", "demo", config="[ingest]\nkeep_unmatched = false\n") as up:
            for sql in REFUSED:
                with self.subTest(sql=sql):
                    status, headers, body = up.request("POST", "/api/v1/sql", {"query": sql})
                    if sql == "select * from duckdb_secrets()" and status == 200:
                        continue  # an empty list is harmless
                    self.assertEqual(status, 400, body[:300])
                    self.assertIn("problem+json", headers["content-type"])
                    self.assertNotIn(b"root:", body)
            self.assertEqual(harness.run("query", "--data", self.data, "delete from posts").returncode, 2)
            self.assertEqual(up.terminate()[0], 0)
        for stolen in ("/tmp/heartbeat-stolen.csv", "/tmp/heartbeat-stolen", "/tmp/heartbeat-other.db"):
            self.assertFalse(pathlib.Path(stolen).exists())
        self.assertEqual(int(harness.scalar(self.data, "select count(*) from posts where source = 'replay'")), 2000)
        # The same without a running program.
        for sql in ("select * from read_csv('/etc/passwd')", "delete from posts", "copy posts to '/tmp/heartbeat-stolen.csv'"):
            done = harness.run("query", "--data", self.data, sql)
            self.assertEqual(done.returncode, 2, done.stderr)

    def test_time_and_row_limits(self):
        with harness.Up(self.data, "--source", "demo") as up:
            endless = "select sum(a.range * b.range) from range(1000000) a, range(1000000) b"
            begin = time.monotonic()
            status, _, body = up.request("POST", "/api/v1/sql", {"query": endless, "timeout_ms": 500})
            self.assertIn(status, (400, 408, 503, 504), body)
            self.assertLess(time.monotonic() - begin, 10 * harness.SLACK)
            status, _, body = up.request("POST", "/api/v1/sql", {"query": "select * from range(100000000)", "limit": 10})
            self.assertEqual(status, 200, body[:300])
            self.assertLess(len(body), 10_000)
            self.assertIn(b'"truncated":true', body.replace(b" ", b""))
            for wrong in ({}, {"query": 7}, [], "select 1", {"query": "select 1", "limit": -1}, {"query": "select 1", "timeout_ms": "soon"},
                          {"query": "select 1", "limit": 10 ** 12}):
                status, _, body = up.request("POST", "/api/v1/sql", wrong if not isinstance(wrong, str) else wrong.encode())
                self.assertIn(status, (200, 400, 415), (wrong, body))
                if wrong in ({}, [], {"query": 7}):
                    self.assertEqual(status, 400, wrong)
            # Much memory is an error of the statement, not the end of the program.
            status, _, _ = up.request("POST", "/api/v1/sql", {"query": "select list(range) from range(300000000)", "timeout_ms": 8000}, timeout=60)
            self.assertNotEqual(status, 200)
            # The store may have to open its file again after such a statement: that takes a moment, and loses nothing.
            patience = time.monotonic() + 20 * harness.SLACK
            while up.request("GET", "/readyz")[0] != 200 and time.monotonic() < patience:
                time.sleep(0.1)
            up.get("/readyz")
            self.assertLess(up.status()["peak_memory_bytes"], (3 << 30) * harness.SLACK)
            self.assertEqual(up.terminate()[0], 0)


if __name__ == "__main__":
    harness.main()
