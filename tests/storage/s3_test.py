#!/usr/bin/env python3
"""storage.mode = "s3": a backfill that stages in a bucket equals one in a folder, also after it was killed. The server is moto's, the eyes are boto3's.

usage: s3_test.py HEARTBEAT [TEST...]
"""
import datetime
import json
import logging
import os
import re
import subprocess
import time

# Whoever is not known is refused, and each signature is checked: after the three calls that make a user.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"

import boto3  # noqa: E402
import moto.server  # noqa: E402

import harness  # noqa: E402
from backfill_test import TOKEN, Backfill, Simulator  # noqa: E402

REGION, BUCKET = "eu-central-1", "posts-of-x"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


class S3(Backfill):
    @classmethod
    def setUpClass(cls):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        cls.server = moto.server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        cls.server.start()
        host, port = cls.server.get_host_and_port()
        cls.url = f"http://{host}:{port}"
        iam = boto3.client("iam", endpoint_url=cls.url, region_name=REGION, aws_access_key_id="none", aws_secret_access_key="none")
        iam.create_user(UserName="heartbeat")
        key = iam.create_access_key(UserName="heartbeat")["AccessKey"]
        iam.put_user_policy(UserName="heartbeat", PolicyName="all", PolicyDocument=EVERYTHING)
        cls.keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        cls.s3 = boto3.client("s3", endpoint_url=cls.url, region_name=REGION, aws_access_key_id=key["AccessKeyId"],
                              aws_secret_access_key=key["SecretAccessKey"])
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def storage(self, name, **other):
        values = {"mode": "s3", "endpoint": self.url, "region": REGION, "bucket": BUCKET, "prefix": f"{name}/of/", **other}
        return self.write(name + ".toml", self.config.read_text() + "[storage]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items()))

    def objects(self, prefix):
        """Bytes of each object by what follows the identity of the backfill."""
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for one in page.get("Contents", []):
                name = re.sub("^[0-9a-f]{16}/", "", one["Key"].removeprefix(prefix))
                found[name] = self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        return found

    def backfill(self, url, name, config, *args):
        return harness.run(*self.command(url, self.work / name, *args, "--results", self.work / (name + "-results"), config=config),
                           env={**TOKEN, **self.keys})

    def test_a_bucket_equals_a_folder_also_after_kills(self):
        # More than a thousand windows: a listing of them has two pages.
        self.start = self.end - datetime.timedelta(hours=9)
        with Simulator("--rate", 0.2, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            plan = ["--window", "1m", "--no-count"]
            done = self.backfill(simulator.url, "local", self.config, *plan)
            self.assertEqual(done.returncode, 0, done.stderr)
            config = self.storage("bucket")
            command = [harness.BINARY, *map(str, self.command(simulator.url, self.work / "bucket", *plan, config=config))]
            for share in (0.2, 0.6):
                with subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, **TOKEN, **self.keys}) as process:
                    while process.poll() is None and self.count("bucket/of/") < 1080 * share:
                        time.sleep(0.05)
                    self.assertIsNone(process.poll(), "it was killed while it worked")
                    process.kill()
            done = self.backfill(simulator.url, "bucket", config, *plan)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"1,080 of 1,080 windows", done.stderr)
            self.assertIn(b"s3://posts-of-x/bucket/of/", done.stderr)
        folder = next((self.work / "local" / "staging").iterdir())
        staged = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.assertEqual(self.objects("bucket/of/"), staged)
        self.assertGreater(len(staged), 1500)
        self.assertFalse((self.work / "bucket" / "staging").exists())
        for file in ("tweet.csv", "sentiment.csv"):
            self.assertEqual((self.work / "local-results" / file).read_bytes(), (self.work / "bucket-results" / file).read_bytes())
        # What is in the bucket can be analysed elsewhere, without the network of X.
        again = harness.run(*self.command("http://127.0.0.1:1", self.work / "again", *plan, "--no-fetch", config=config), env=self.keys)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(harness.count(self.work / "again", "posts"), harness.count(self.work / "local", "posts"))

    def count(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return sum("/ledger/" in one["Key"] for page in pages for one in page.get("Contents", []))

    def test_who_is_forgotten_leaves_the_bucket(self):
        self.start = self.end - datetime.timedelta(hours=1)
        config = self.storage("forget")
        with Simulator("--rate", 1, "--seed", 5, "--search-lag", "0s", "--no-rate-limits", "--plain") as simulator:
            self.assertEqual(self.backfill(simulator.url, "forget", config, "--limit", 500).returncode, 0)
        data = self.work / "forget"
        _, author, text = self.alone([body for name, body in self.objects("forget/of/").items() if name.startswith("posts/")], data)[0]

        def holding(what):
            return [name for name, body in self.objects("forget/of/").items() if what.encode() in body]

        # Whom others answer stays with their posts.
        self.assertTrue(holding(f'"author_id":"{author}"'))
        gone = harness.run("forget", "--author", author, "--data", data, "--config", config, env=self.keys)
        self.assertEqual(gone.returncode, 0, gone.stderr)
        self.assertEqual(holding(f'"author_id":"{author}"'), [])
        self.assertEqual(holding(json.dumps(text)[1:-1]), [])
        # Without the keys nobody can say that it is gone there.
        without = harness.run("forget", "--author", "1234", "--data", data, "--config", config, env={key: "" for key in self.keys})
        self.assertEqual(without.returncode, 1)
        self.assertIn(b"a staging still holds it", without.stderr)

    def test_what_is_wrong_is_said(self):
        self.start = self.end - datetime.timedelta(hours=1)
        for config, env, says in (
                (self.storage("secret"), {"AWS_SECRET_ACCESS_KEY": "wrong"}, b"SignatureDoesNotMatch"),
                (self.storage("key"), {"AWS_ACCESS_KEY_ID": "wrong"}, b"InvalidAccessKeyId"),
                (self.storage("none"), {"AWS_ACCESS_KEY_ID": ""}, b"AWS_ACCESS_KEY_ID"),
                (self.storage("missing", bucket="no-such-bucket"), {}, b"NoSuchBucket"),
                (self.storage("empty", bucket=""), {}, b"storage.bucket")):
            wrong = harness.run(*self.command("http://127.0.0.1:1", self.work / "wrong", "--no-analyze", config=config),
                                env={**TOKEN, **self.keys, **env})
            self.assertNotEqual(wrong.returncode, 0)
            self.assertIn(says, wrong.stderr)
            self.assertNotIn(self.keys["AWS_SECRET_ACCESS_KEY"].encode(), wrong.stderr)


# Only what is defined here: the inherited tests are those of a folder.
for inherited in [name for name in dir(Backfill) if name.startswith("test_")]:
    setattr(S3, inherited, None)
del Backfill

if __name__ == "__main__":
    harness.main()
