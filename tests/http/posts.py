"""A few hundred posts whose counts are known, as a CSV to replay."""
import csv
import datetime
import io

COUNT = 400
TEXTS = [
    "What a wonderful, happy day with my best friends #sunshine",
    "This is the worst and most terrible train service #delay",
    "The meeting has been moved to room four",
    "I love the music but I hate the awful queue @organiser",
]
START = datetime.datetime(2026, 3, 1, 12, 0, tzinfo=datetime.timezone.utc)


def csv_text():
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "created_at", "text", "author_id"])
    for n in range(COUNT):
        at = START + datetime.timedelta(seconds=n)
        writer.writerow([10_000 + n, at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), f"{TEXTS[n % len(TEXTS)]} {n}", f"a{n % 37}"])
    return out.getvalue()
