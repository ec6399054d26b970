#!/usr/bin/env python3
"""deploy/compose: the file fits the Compose specification, and the commands of its stages work together over a real broker and registry."""
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from cluster import BINARY
import servers

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy/compose"
STAGES = ("ingest", "analyze", "window", "serve")
TOKEN = "only-for-tests"


def services():
    import yaml
    from compose_spec import PyCompose

    file = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    PyCompose.from_json(json.dumps(file)).validate()
    return file["services"]


class Compose(unittest.TestCase):
    def test_it_is_a_compose_file_whose_references_are_there(self):
        found = services()
        self.assertEqual(set(found), {"kafka", "registry", *STAGES})
        for stage in STAGES:
            self.assertTrue(set(found[stage]["depends_on"]) <= set(found), stage)
            self.assertTrue((FOLDER / found[stage]["build"]["context"] / found[stage]["build"]["dockerfile"]).is_file(), stage)

    def test_the_commands_of_its_stages_work_together(self):
        found, started = services(), []
        with tempfile.TemporaryDirectory(prefix="hb_compose_") as work, servers.Kafka() as kafka, servers.Registry() as registry:
            config = pathlib.Path(work) / "heartbeat.toml"
            text = (FOLDER / "heartbeat.toml").read_text()
            for theirs, ours in (("kafka:9092", kafka.bootstrap), ("http://registry:8080/apis/ccompat/v7", registry.url)):
                self.assertEqual(text.count(f'"{theirs}"'), 1)
                text = text.replace(theirs, ours)
            config.write_text(text)
            port = servers.free_ports(1)[0]
            places = {"/etc/heartbeat.toml": str(config), "/data": work + "/data", "0.0.0.0:8080": f"127.0.0.1:{port}"}
            try:
                for stage in STAGES:
                    command = [places.get(word, word) for word in found[stage]["command"]]
                    self.assertEqual(command[0], stage)
                    with open(f"{work}/{stage}.log", "wb") as log:
                        started.append(subprocess.Popen([BINARY, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=work,
                                                        env={"HEARTBEAT_SERVE_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}))
                windows = self.wait_for_posts(port, started, pathlib.Path(work))
            finally:
                for process in started:
                    process.kill()
                    process.wait()
        self.assertGreater(windows, 0)

    def wait_for_posts(self, port, started, work, seconds=120):
        """How many posts the dashboard's server has, once it has some of the task."""
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/posts?task=weather&limit=5", headers={"Authorization": f"Bearer {TOKEN}"})
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for process, stage in zip(started, STAGES):
                self.assertIsNone(process.poll(), f"{stage} ended:\n" + (work / f"{stage}.log").read_text()[-2000:])
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    posts = json.load(answer)["posts"]
                if posts:
                    return len(posts)
            except OSError:
                pass
            time.sleep(0.5)
        self.fail("no post came through:\n" + "\n".join(path.read_text()[-1000:] for path in work.glob("*.log")))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
