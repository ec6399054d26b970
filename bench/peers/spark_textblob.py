#!/usr/bin/env python3
"""TextBlob in Spark Structured Streaming: reads a topic of Avro posts to its end and writes what each says to another topic. Started by kafka.py.

usage: spark_textblob.py BOOTSTRAP FROM TO CHECKPOINTS JARS      JARS with commas between

Says `ready` when session and Python workers are there, begins at the next line of stdin, says `done` at the end of the topic, and ends with stdin.
Spark's Kafka sink writes each post at least once, without transactions.
"""
import os
import pathlib
import sys

from textblob import TextBlob

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "schemas"


def polarity_of(text):
    return TextBlob(text).sentiment.polarity


def main():
    from pyspark.sql import SparkSession, functions as f
    from pyspark.sql.avro.functions import from_avro, to_avro

    bootstrap, source, target, checkpoints, jars = sys.argv[1:]
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {"spark.jars": jars, "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                "spark.driver.memory": "1g", "spark.local.dir": checkpoints, "spark.sql.warehouse.dir": checkpoints, "spark.log.level": "ERROR"}  # fmt: skip
    builder = SparkSession.builder.master("local[*]").appName("textblob")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    polarity = f.udf(polarity_of, "double")
    # Workers are there and have read the lexicon: not counted.
    spark.range(64).repartition(8).select(polarity(f.lit("warm up"))).collect()

    posts = (spark.readStream.format("kafka").option("kafka.bootstrap.servers", bootstrap).option("subscribe", source).option("startingOffsets", "earliest")
             .option("kafka.isolation.level", "read_committed").load())  # fmt: skip
    read = posts.select("key", from_avro("value", (SCHEMAS / "tweet.avsc").read_text()).alias("post"))
    judged = read.select("key", "post.time", "post.task", polarity("post.content").alias("polarity"))
    zero, one = f.lit(0.0), f.lit(1.0)
    record = f.struct(f.col("time").cast("long").cast("int").alias("time"), "task", f.greatest("polarity", zero).cast("float").alias("pos"),
                      (one - f.abs("polarity")).cast("float").alias("neu"), f.greatest(-f.col("polarity"), zero).cast("float").alias("neg"))  # fmt: skip
    out = judged.select("key", to_avro(record, (SCHEMAS / "classic/sentiment.avsc").read_text()).alias("value"))

    print("ready", flush=True)
    sys.stdin.readline()
    (out.writeStream.format("kafka").option("kafka.bootstrap.servers", bootstrap).option("topic", target).option("checkpointLocation", checkpoints)
     .trigger(availableNow=True).start().awaitTermination())  # fmt: skip
    print("done", flush=True)
    sys.stdin.read()
    spark.stop()


if __name__ == "__main__":
    main()
