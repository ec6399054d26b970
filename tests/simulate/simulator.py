"""A running `heartbeat simulate`. Standard library only."""
import json
import subprocess
import urllib.error
import urllib.request

import harness


class Simulator:
    def __init__(self, *args):
        self.process = subprocess.Popen([harness.BINARY, "simulate", "--listen", "127.0.0.1:0", *map(str, args)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http://127.0.0.1:"):
            raise AssertionError(f"the simulator did not begin: {self.url!r}, {self.process.wait()}")

    def request(self, path, body=None, headers=None):
        """(status, text)"""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=120 * harness.SLACK) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def faults(self, *faults, **more):
        status, text = self.request("/simulate/faults", {"faults": list(faults), **more})
        if status != 200:
            raise AssertionError(text)

    def sent(self):
        return json.loads(self.request("/simulate/sent")[1])

    def posts(self, from_ms, to_ms):
        """What the rules match in [from, to): {"id","time_ms","sent","deleted"}."""
        text = self.request(f"/simulate/posts?from_ms={from_ms}&to_ms={to_ms}")[1]
        return [json.loads(line) for line in text.splitlines()]

    def stop(self):
        """Asks it to end; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.stdout.close()
        return self.process.wait(30 * harness.SLACK)
