#!/usr/bin/env python3
"""Commands that only analyse text, as a user types them: topics in one's own words, stance to a target, scores of a labelled file."""
import json

import harness
from harness import Case

TOPICS = """
[[topic]]
name = "trains"
sentence = "trains, railways, stations and delays on the tracks"
examples = ["the train to the city is late again"]

[[topic]]
name = "cooking"
sentence = "cooking, recipes, baking and dinner"
"""


class Analysis(Case):
    def file(self, name, content):
        path = self.work / name
        path.write_text(content)
        return path

    def test_a_post_is_about_the_topic_that_the_user_described(self):
        topics = self.file("own.toml", TOPICS)
        posts = self.file("posts.txt", "my train was cancelled at the station\na recipe for dinner: bake the potatoes\n\n")
        done = harness.run("topics-of", "--topics", topics, posts)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        found = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual([[topic["name"] for topic in post["topics"]] for post in found], [["trains"], ["cooking"], []])

    def test_a_mistake_in_the_users_topics_is_named_with_its_line(self):
        for says, content in {
            "own.toml:3:12": '[[topic]]\nname = "x"\nsentence = \n',
            "has no [[topic]]": "",
            "has no sentence": '[[topic]]\nname = "x"\n',
            "stands there twice": TOPICS + '[[topic]]\nname = "trains"\nsentence = "trains"\n',
            "no word is known": '[[topic]]\nname = "x"\nsentence = "\ue000"\n',
        }.items():
            done = harness.run("topics-of", "--topics", self.file("own.toml", content), "a post")
            self.assertEqual(done.returncode, 2, says)
            self.assertEqual(done.stdout, b"", says)
            self.assertIn(says, done.stderr.decode())

    def test_stance_is_said_toward_a_target_and_asks_for_a_transformer(self):
        done = harness.run("score", "--only", "hashtags", "--toward", "atheism", "There is no god and I am glad", "")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for line in done.stdout.decode().splitlines():
            stance = json.loads(line)["stance"]
            self.assertAlmostEqual(sum(stance[label] for label in ("favour", "none", "against")), 1, places=5)
        none = harness.run("score", "--model", self.work, "--toward", "atheism", "a post")
        self.assertEqual(none.returncode, 1)
        self.assertIn("config.json", none.stderr.decode())

    def test_scores_are_written_in_the_order_of_the_file(self):
        labelled = self.file("val.tsv", "label\ttext\npositive\tI love this\nnegative\tI hate this\n")
        scores = self.work / "scores.tsv"
        done = harness.run("eval", "--task", "sentiment", "--scores", scores, labelled)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        header, *rows = [line.split("\t") for line in scores.read_text().splitlines()]
        self.assertEqual(header, ["label", "negative", "neutral", "positive"])
        self.assertEqual([row[0] for row in rows], ["positive", "negative"])
        self.assertGreater(float(rows[0][3]), float(rows[0][1]))
        self.assertGreater(float(rows[1][1]), float(rows[1][3]))
        nowhere = harness.run("eval", "--task", "sentiment", "--scores", self.work / "no" / "file", labelled)
        self.assertEqual(nowhere.returncode, 1)
        self.assertIn("cannot be written", nowhere.stderr.decode())


if __name__ == "__main__":
    harness.main()
