#!/usr/bin/env python3
"""Other people's clients of the X API work against the simulator as they come: tweepy and twarc2. Their requests go to
https://api.twitter.com; an adapter of `requests` sends them to loopback, and everything else nowhere."""
import datetime
import logging
import threading
import unittest

import harness
import requests
import requests.adapters
import tweepy
from simulator import Simulator
from twarc.client2 import Twarc2

logging.disable(logging.CRITICAL)


class Redirect(requests.adapters.HTTPAdapter):
    """Takes requests for X to the simulator; those for others are refused."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def send(self, request, **options):
        for base in ("https://api.twitter.com/", "https://api.x.com/"):
            if request.url.startswith(base):
                request.url = self.url + "/" + request.url[len(base):]
                return super().send(request, **options)
        raise AssertionError(f"{request.url} is outside")


def redirect(session, url):
    session.mount("https://", Redirect(url))
    session.mount("http://", Redirect(url))


class Collector(tweepy.StreamingClient):
    """Keeps what it is given until there is enough."""

    def __init__(self, url, enough, **options):
        super().__init__("a token", max_retries=3, **options)
        redirect(self.session, url)
        self.enough, self.responses, self.errors, self.closed, self.alive = enough, [], [], 0, 0

    def on_response(self, response):
        self.responses.append(response)
        if len(self.responses) >= self.enough:
            self.disconnect()

    def on_keep_alive(self):
        self.alive += 1

    def on_errors(self, errors):
        self.errors.append(errors)

    def on_closed(self, response):
        self.closed += 1

    def on_exception(self, exception):
        raise exception


class Case(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator("--rate", 60, "--history", "30m", "--search-lag", "1s", "--keep-alive", "300ms", "--seed", 3)
        self.addCleanup(self.simulator.stop)

    def minutes_ago(self, minutes):
        # Whole seconds: twarc takes a page of counts for the last one when it begins exactly then.
        return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(minutes=minutes)


class Tweepy(Case):
    def collector(self, enough=20, **options):
        return Collector(self.simulator.url, enough, **options)

    def client(self, **options):
        client = tweepy.Client("a token", **options)
        redirect(client.session, self.simulator.url)
        return client

    def test_rules(self):
        stream = self.collector()
        self.assertIsNone(stream.get_rules().data)
        made = stream.add_rules([tweepy.StreamRule("coffee lang:en", "coffee"), tweepy.StreamRule("cat")])
        self.assertEqual(made.meta["summary"]["created"], 2)
        self.assertEqual([(rule.value, rule.tag) for rule in stream.get_rules().data], [("coffee lang:en", "coffee"), ("cat", None)])
        again = stream.add_rules(tweepy.StreamRule("coffee lang:en", "coffee"))
        self.assertEqual(again.errors[0]["title"], "DuplicateRule")
        wrong = stream.add_rules(tweepy.StreamRule("coffee OR"), dry_run=True)
        self.assertEqual(wrong.meta["summary"]["invalid"], 1)
        gone = stream.delete_rules([rule.id for rule in made.data])
        self.assertEqual(gone.meta["summary"]["deleted"], 2)
        self.assertIsNone(stream.get_rules().data)

    def test_stream(self):
        stream = self.collector(40)
        stream.add_rules(tweepy.StreamRule("coffee OR cat OR football OR music OR climate", "all"))
        stream.filter(expansions=["author_id", "referenced_tweets.id"], user_fields=["username", "verified"],
                      tweet_fields=["created_at", "lang", "entities", "public_metrics", "referenced_tweets", "edit_controls"])
        self.assertEqual(len(stream.responses), 40)
        self.assertEqual(stream.errors, [])
        kinds = set()
        for tweet, includes, errors, rules in stream.responses:
            self.assertEqual([rule.tag for rule in rules], ["all"])
            self.assertIn(tweet.author_id, [user.id for user in includes["users"]])
            self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - tweet.created_at).total_seconds()), 60 * harness.SLACK)
            self.assertEqual(errors, [])
            kinds.update(reference.type for reference in tweet.referenced_tweets or [])
        self.assertIn("retweeted", kinds)

    def test_stream_without_rules_is_refused(self):
        stream = self.collector()
        stream.on_request_error = lambda status: (stream.errors.append(status), stream.disconnect())
        stream.filter()
        self.assertEqual(stream.errors, [409])

    def test_stream_goes_on_after_faults(self):
        stream = self.collector(60)
        stream.add_rules(tweepy.StreamRule("coffee OR cat OR football OR music OR climate OR lang:de train"))
        self.simulator.faults({"kind": "unknown"}, {"kind": "double"}, {"kind": "close", "after_bytes": 3000}, {"kind": "cut", "after_bytes": 4001},
                              {"kind": "stall", "after_bytes": 500, "length_ms": 700})  # fmt: skip
        # tweepy takes for granted that every message has data: a kind that it does not know is for its users to handle.
        on_data, unknown = stream.on_data, []
        stream.on_data = lambda raw: unknown.append(raw) if b'"surprise"' in raw else on_data(raw)
        stream.filter(tweet_fields=["created_at"])
        self.assertEqual(len(stream.responses), 60)
        self.assertEqual(len(unknown), 1)
        self.assertGreaterEqual(len(self.simulator.sent()["streams"]), 3)

    def test_keep_alive(self):
        stream = self.collector(1)
        stream.add_rules(tweepy.StreamRule("from:nobody_at_all"))
        stream.on_connection_error = stream.disconnect  # it would try for ever
        timer = threading.Timer(1.5, self.simulator.stop)
        timer.start()
        stream.filter()
        timer.join()
        self.assertGreaterEqual(stream.alive, 2)

    def test_sample(self):
        stream = Collector(self.simulator.url, 2)
        stream.sample(tweet_fields=["lang"])
        self.assertEqual(len(stream.responses), 2)

    def test_search_page_by_page(self):
        client = self.client()
        found = []
        for response in tweepy.Paginator(client.search_recent_tweets, "coffee -is:retweet", max_results=50, start_time=self.minutes_ago(20),
                                         end_time=self.minutes_ago(1), tweet_fields=["created_at", "lang"]):  # fmt: skip
            self.assertLessEqual(len(response.data or []), 50)
            found += [tweet.id for tweet in response.data or []]
        self.assertGreater(len(found), 100)
        self.assertEqual(found, sorted(set(found), reverse=True))
        all_of_it = client.search_all_tweets("coffee", max_results=100, start_time=self.minutes_ago(20), end_time=self.minutes_ago(1))
        self.assertEqual(len(all_of_it.data), 100)

    def test_counts_equal_search(self):
        client = self.client()
        bounds = {"start_time": self.minutes_ago(10), "end_time": self.minutes_ago(2)}
        counts = client.get_recent_tweets_count("kyiv", granularity="minute", **bounds)
        found = sum(len(page.data or []) for page in tweepy.Paginator(client.search_recent_tweets, "kyiv", max_results=100, **bounds))
        self.assertEqual(counts.meta["total_tweet_count"], found)
        self.assertEqual(sum(row["tweet_count"] for row in counts.data), found)
        self.assertGreater(found, 20)

    def test_compliance_jobs(self):
        client = self.client()
        self.assertIsNone(client.get_compliance_jobs("tweets").data)
        job = client.create_compliance_job("tweets", name="ours").data
        self.assertEqual((job["status"], job["type"], job["name"]), ("created", "tweets", "ours"))
        posts = client.search_recent_tweets("coffee", max_results=100).data
        # A job's data is not for the token: it is sent where the job says, as it says.
        sent = requests.put(job["upload_url"], data="\n".join(str(post.id) for post in posts), headers={"Content-Type": "text/plain"})
        self.assertEqual(sent.status_code, 200)
        self.assertEqual(client.get_compliance_job(job["id"]).data["status"], "in_progress")
        job = client.get_compliance_job(job["id"]).data
        self.assertEqual(job["status"], "complete")
        self.assertEqual([each["id"] for each in client.get_compliance_jobs("tweets", status="complete").data], [job["id"]])
        self.assertEqual(requests.get(job["download_url"]).text, "")  # what search finds is there
        with self.assertRaises(tweepy.NotFound):
            client.get_compliance_job(17)

    def test_errors_are_those_it_knows(self):
        client = self.client()
        with self.assertRaises(tweepy.BadRequest):
            client.search_recent_tweets("is:retweet")
        self.simulator.faults({"kind": "refuse", "path": "/2/tweets/search/recent", "reason": "rate-limit"},
                              {"kind": "refuse", "path": "/2/tweets/search/recent", "reason": "unavailable"})
        with self.assertRaises(tweepy.TooManyRequests):
            client.search_recent_tweets("cat")
        with self.assertRaises(tweepy.TwitterServerError):
            client.search_recent_tweets("cat")


class Twarc(Case):
    def setUp(self):
        super().setUp()
        self.twarc = Twarc2(bearer_token="a token")
        self.twarc.connect()
        redirect(self.twarc.client, self.simulator.url)

    def test_rules_and_stream(self):
        made = self.twarc.add_stream_rules([{"value": "coffee OR cat OR football OR music", "tag": "some"}])
        self.assertEqual(made["meta"]["summary"]["created"], 1)
        self.assertEqual(len(self.twarc.get_stream_rules()["data"]), 1)
        seen = []
        stop = threading.Event()
        # All fields and expansions that twarc knows are asked for.
        for message in self.twarc.stream(event=stop):
            seen.append(message)
            if len(seen) == 15:
                stop.set()
        for message in seen:
            self.assertEqual(message["matching_rules"][0]["tag"], "some")
            self.assertIn(message["data"]["author_id"], [user["id"] for user in message["includes"]["users"]])
        gone = self.twarc.delete_stream_rule_ids([made["data"][0]["id"]])
        self.assertEqual(gone["meta"]["summary"]["deleted"], 1)

    def test_search_and_counts(self):
        bounds = {"start_time": self.minutes_ago(6), "end_time": self.minutes_ago(2)}
        found = sum(len(page.get("data", [])) for page in self.twarc.search_recent("football", **bounds))
        counted = sum(page["meta"]["total_tweet_count"] for page in self.twarc.counts_recent("football", granularity="minute", **bounds))
        self.assertGreater(found, 20)
        self.assertEqual(found, counted)

    def test_sample(self):
        stop = threading.Event()
        for message in self.twarc.sample(event=stop):
            self.assertIn("text", message["data"])
            stop.set()


if __name__ == "__main__":
    harness.main()
