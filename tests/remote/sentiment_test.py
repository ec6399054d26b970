#!/usr/bin/env python3
"""Sentiment by a service: what the program sends, what it makes of answers, and that none of what a service does loses a post.

usage: sentiment_test.py HEARTBEAT [TEST...]
"""
import json
import os
import time

import harness
import stand_in

for name in list(os.environ):
    if name.startswith("AWS_"):
        del os.environ[name]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": stand_in.KEY, "AWS_SECRET_ACCESS_KEY": stand_in.SECRET, "AWS_SESSION_TOKEN": stand_in.TOKEN}
POSTS = ["this is good", "this is bad news today", "both good and bad things", "a plain sentence about the house"]


def config(kind, url, more=""):
    return f'[analysis]\nsentiment = "{kind}"\n[remote]\nurl = "{url}"\nregion = "{stand_in.REGION}"\n{more}\n'


class TheStandIn(harness.Case):
    def client(self, url, **credentials):
        import boto3
        from botocore.config import Config

        return boto3.client("comprehend", endpoint_url=url, region_name=stand_in.REGION, config=Config(retries={"max_attempts": 1}),
                            **{"aws_access_key_id": stand_in.KEY, "aws_secret_access_key": stand_in.SECRET,
                               "aws_session_token": stand_in.TOKEN, **credentials})

    def test_speaks_to_boto3(self):
        with stand_in.Service(comprehend=True) as service:
            said = self.client(service.url).batch_detect_sentiment(TextList=["good", "refuse", "bad"], LanguageCode="en")
            self.assertEqual([(r["Index"], r["Sentiment"]) for r in said["ResultList"]], [(0, "POSITIVE"), (2, "NEGATIVE")])
            self.assertEqual(said["ErrorList"][0]["Index"], 1)
            with self.assertRaisesRegex(Exception, "InvalidSignatureException"):
                self.client(service.url, aws_secret_access_key="wrong").batch_detect_sentiment(TextList=["a"], LanguageCode="en")
            with self.assertRaisesRegex(Exception, "BatchSizeLimitExceeded"):
                self.client(service.url).batch_detect_sentiment(TextList=["a"] * 26, LanguageCode="en")


class Score(harness.Case):
    def score(self, kind, service, texts, more="", env=CREDENTIALS):
        path = self.write("heartbeat.toml", config(kind, service.url, more))
        self.data.mkdir(exist_ok=True)
        done = harness.run("--config", path, "--data", self.data, "score", "--only", "sentiment", "--sentiment", kind, "-",
                           stdin="\n".join(texts).encode() + b"\n", env=env, cwd=self.work)
        return done, [json.loads(line) for line in done.stdout.decode().splitlines()]

    def test_comprehend(self):
        with stand_in.Service(comprehend=True) as service:
            texts = POSTS + ["good é \"quoted\" \\ 😀 " + "x" * 6000]
            done, rows = self.score("comprehend", service, texts)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual([row["sentiment"]["label"] for row in rows[:2]], ["positive", "negative"])
            self.assertEqual([row["label4"] for row in rows[:3]], ["positive", "negative", "mixed"])
            self.assertEqual({row["sentiment"]["model"] for row in rows}, {"comprehend/2017-11-27"}, done.stderr)
            self.assertAlmostEqual(rows[2]["mixed"], 0.7, 5)
            self.assertEqual((self.data / "comprehend-units").read_text().split()[1], str(4 * 3 + 50))

    def test_http(self):
        with stand_in.Service(comprehend=False) as service:
            done, rows = self.score("http", service, POSTS[:2] + ["Das ist good"], env={"HEARTBEAT_REMOTE_TOKEN": "t0ken"})
            self.assertEqual([row["sentiment"]["label"] for row in rows], ["positive", "negative", "positive"])
            self.assertTrue(rows[0]["sentiment"]["model"].startswith("http/127.0.0.1:"))
            self.assertAlmostEqual(rows[0]["sentiment"]["pos"], 0.9, 5)
            self.assertEqual(service.requests[0][0]["Authorization"], "Bearer t0ken")
            self.assertEqual(list(json.loads(service.requests[0][1])), ["inputs", "parameters"])

    def test_throttling_is_waited_out(self):
        with stand_in.Service(comprehend=True) as service:
            service.faults = [(400, '{"__type":"ThrottlingException"}'), (429, "{}", [("Retry-After", "1")]), (500, "{}")]
            begin = time.monotonic()
            done, rows = self.score("comprehend", service, POSTS)
            self.assertEqual({row["sentiment"]["model"] for row in rows}, {"comprehend/2017-11-27"}, done.stderr)
            self.assertGreater(time.monotonic() - begin, 1)
            self.assertEqual(len(service.requests), 4)

    def test_what_is_refused_is_judged_by_ours(self):
        with stand_in.Service(comprehend=True) as service:
            done, rows = self.score("comprehend", service, ["good", "please refuse this text", "Это очень хороший день, друзья"])
            models = [row["sentiment"]["model"] for row in rows]
            self.assertEqual(models[0], "comprehend/2017-11-27")
            self.assertRegex(models[1], r"^sentiment-fast/\d+-for-comprehend:refused$")
            self.assertRegex(models[2], r"-for-comprehend:language$")
            self.assertIn(b"INTERNAL_SERVER_ERROR", done.stderr)

    def test_a_budget(self):
        with stand_in.Service(comprehend=True) as service:
            done, rows = self.score("comprehend", service, POSTS, "monthly_units = 12")
            self.assertEqual({row["sentiment"]["model"] for row in rows}, {"comprehend/2017-11-27"}, done.stderr)
            done, rows = self.score("comprehend", service, ["more good news"], "monthly_units = 12")
            self.assertRegex(rows[0]["sentiment"]["model"], r"-for-comprehend:budget$")
            self.assertIn(b"12 of this month's 12 units are spent", done.stderr)
            self.assertEqual(len(service.requests), 1)

    def test_no_secret_is_said(self):
        with stand_in.Service(comprehend=True) as service:
            done, _ = self.score("comprehend", service, POSTS, env={**CREDENTIALS, "AWS_SECRET_ACCESS_KEY": "an/other+secret"})
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"InvalidSignatureException", done.stderr)
            for secret in (b"an/other+secret", stand_in.TOKEN.encode()):
                self.assertNotIn(secret, done.stderr + done.stdout)
            done, _ = self.score("comprehend", service, POSTS, env={})
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"AWS_ACCESS_KEY_ID", done.stderr)

    def test_eval_says_how_good_it_is(self):
        with stand_in.Service(comprehend=False) as service:
            path = self.write("heartbeat.toml", config("http", service.url))
            labelled = self.write("labelled.tsv", "label\ttext\npositive\tgood one\nnegative\tbad one\nneutral\tone\npositive\tone two\n")
            done = harness.run("--config", path, "eval", "--json", "--task", "sentiment", "--sentiment", "http", labelled, cwd=self.work)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("http/127.0.0.1", done.stdout.decode())


class Pipeline(harness.Case):
    def posts(self, count):
        rows = [f'{{"id":"{i}","text":"{POSTS[i % len(POSTS)]} {i}","created_at":"2024-05-01T10:{i // 60 % 60:02}:{i % 60:02}Z","lang":"en"}}'
                for i in range(1, count + 1)]
        return self.write("posts.jsonl", "\n".join(rows) + "\n")

    def models(self):
        rows = harness.query(self.data, "select split_part(models, ' ', 1), count(*) from posts group by all order by 2 desc")
        return {name: int(number) for name, number in rows}

    def test_a_service_judges_the_stream(self):
        with stand_in.Service(comprehend=True) as service:
            file = self.posts(300)
            with harness.Up(self.data, "--replay", file, "--speed", "max", config=config("comprehend", service.url), env=CREDENTIALS) as up:
                up.wait_done()
                remote = up.status()["remote"]
                self.assertEqual((remote["answered"], remote["month_units"]), (300, 900))
                self.assertAlmostEqual(remote["month_cost"], 0.09)
                metrics = up.request("GET", "/metrics")[2].decode()
                self.assertIn('heartbeat_remote_units_total{model="comprehend/2017-11-27"} 900', metrics)
                up.terminate()
            self.assertEqual(self.models(), {"comprehend/2017-11-27": 300})

    def test_a_service_that_fails_stops_nothing(self):
        with stand_in.Service(comprehend=False) as service:
            service.always = (500, "broken")
            file = self.posts(500)
            with harness.Up(self.data, "--replay", file, "--speed", "max", config=config("http", service.url)) as up:
                up.wait_done()
                messages = [m["text"] for m in up.status()["messages"]]
                self.assertTrue(any("our own model judges" in m for m in messages), messages)
                code, seconds = up.terminate()
                self.assertEqual(code, 0)
                self.assertLess(seconds, 10 * harness.SLACK)
            models = self.models()
            self.assertEqual(sum(models.values()), 500)
            self.assertTrue(all(name.endswith("-for-http:failed") for name in models), models)

    def test_nobody_there(self):
        file = self.posts(200)
        up = self.replayed(file, config=config("http", "http://127.0.0.1:1/"))
        self.assertEqual(up.process.returncode, 0)
        self.assertEqual(sum(self.models().values()), 200)


if __name__ == "__main__":
    harness.main()
