#!/usr/bin/env python3
"""Elasticsearch's official Python client against the real program."""
import elasticsearch
import elasticsearch.helpers

import harness

import posts
from replayed import Replayed


class Client(Replayed):
    def setUp(self):
        super().setUp()
        self.client = elasticsearch.Elasticsearch(f"http://127.0.0.1:{self.up.port}/es")
        self.addCleanup(self.client.close)

    def test_the_client_takes_us_for_elasticsearch(self):
        info = self.client.info()
        self.assertEqual(info["tagline"], "You Know, for Search")
        self.assertTrue(self.client.ping())
        self.assertTrue(self.client.indices.exists(index="sentiment_labels"))
        self.assertFalse(self.client.indices.exists(index="nothing"))
        self.assertEqual(self.client.cluster.health()["status"], "green")
        mapping = self.client.indices.get_mapping(index="sentiment_labels")["sentiment_labels"]["mappings"]["properties"]
        self.assertEqual(set(mapping), {"word", "polarity", "subjectivity", "sentiment_analysis"})
        indices = {row["index"]: row for row in self.client.cat.indices(format="json")}
        self.assertEqual(indices["posts"]["docs.count"], str(posts.COUNT))
        self.assertIn("heartbeat", self.client.ilm.get_lifecycle())

    def test_sql(self):
        answer = self.client.sql.query(query="SELECT count(*) FROM sentiment_labels")
        self.assertEqual(answer["columns"], [{"name": "count(*)", "type": "long"}])
        self.assertEqual(answer["rows"], [[posts.COUNT]])
        text = self.client.sql.query(query="SELECT count(*) FROM sentiment_labels", format="txt")
        self.assertEqual(str(text), "   count(*)    \n---------------\n400            \n")
        labels = self.client.sql.query(
            query="SELECT sentiment_analysis,COUNT(*) AS qtd FROM sentiment_labels GROUP BY sentiment_analysis ORDER BY COUNT(*) DESC")
        self.assertEqual([column["name"] for column in labels["columns"]], ["sentiment_analysis", "qtd"])
        self.assertEqual(sum(row[1] for row in labels["rows"]), posts.COUNT)
        self.assertEqual([row[1] for row in labels["rows"]], sorted((row[1] for row in labels["rows"]), reverse=True))
        page = self.client.sql.query(query="SELECT id FROM posts ORDER BY id", fetch_size=150)
        ids = [row[0] for row in page["rows"]]
        while "cursor" in page:
            last = page["cursor"]
            page = self.client.sql.query(cursor=last)
            ids += [row[0] for row in page["rows"]]
        self.assertEqual(ids, [str(10_000 + n) for n in range(posts.COUNT)])
        self.assertTrue(self.client.sql.clear_cursor(cursor=last)["succeeded"])
        with self.assertRaises(elasticsearch.BadRequestError):
            self.client.sql.query(query="DROP TABLE posts")

    def test_helpers_scan_gives_each_post_once(self):
        for options in ({}, {"preserve_order": True, "query": {"sort": [{"polarity": "desc"}]}}):
            ids = [hit["_id"] for hit in elasticsearch.helpers.scan(self.client, index="posts", size=70, **options)]
            self.assertEqual(sorted(ids), [str(10_000 + n) for n in range(posts.COUNT)])
        found = elasticsearch.helpers.scan(self.client, index="posts", query={"query": {"match": {"content": "terrible"}}}, size=30)
        self.assertEqual(len(list(found)), 100)

    def test_search_after(self):
        ids, after = [], {}
        while True:
            hits = self.client.search(index="posts", sort=[{"time": "asc"}, {"id": "asc"}], size=150, **after)["hits"]["hits"]
            if not hits:
                break
            ids += [hit["_id"] for hit in hits]
            after = {"search_after": hits[-1]["sort"]}
        self.assertEqual(ids, [str(10_000 + n) for n in range(posts.COUNT)])

    def test_search(self):
        found = self.client.search(index="posts", query={"match_phrase": {"content": "worst and most terrible"}}, sort=[{"time": "desc"}], size=3)
        self.assertEqual(found["hits"]["total"], {"value": 100, "relation": "eq"})
        self.assertEqual(found["hits"]["hits"][0]["_id"], "10397")
        self.assertEqual(self.client.count(index="posts", query={"term": {"hashtags": "delay"}})["count"], 100)
        self.assertEqual(self.client.get(index="posts", id="10003")["_source"]["id"], "10003")
        buckets = self.client.search(index="posts", size=0, query={"range": {"time": {"gte": "2026-03-01", "lt": "2026-03-02"}}}, aggs={
            "minutes": {"date_histogram": {"field": "time", "fixed_interval": "1m"}, "aggs": {"mood": {"avg": {"field": "polarity"}}}},
            "labels": {"terms": {"field": "label"}}, "authors": {"cardinality": {"field": "author"}}})["aggregations"]
        self.assertEqual([bucket["doc_count"] for bucket in buckets["minutes"]["buckets"]], [60] * 6 + [40])
        self.assertEqual(sum(bucket["doc_count"] for bucket in buckets["labels"]["buckets"]), posts.COUNT)
        self.assertEqual(buckets["authors"]["value"], 37)
        with self.assertRaises(elasticsearch.NotFoundError):
            self.client.search(index="nothing")
        with self.assertRaises(elasticsearch.BadRequestError):
            self.client.search(index="posts", query={"sounds_like": {"content": "x"}})
        with self.assertRaises(elasticsearch.ApiError):
            self.client.index(index="posts", document={"id": "1"})


if __name__ == "__main__":
    harness.main()
