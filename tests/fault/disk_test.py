#!/usr/bin/env python3
"""A full disk stops intake with a message; when there is room it goes on, and nothing is lost.

The disk is a small tmpfs. Mounting one needs root, or a user namespace (`unshare`), in which the test then starts
itself again; where the system allows neither, the test says so and is left out.
"""
import ctypes
import os
import re
import shutil
import sys
import time

import corpus
import harness
from harness import Case

MIB = 1 << 20


def mount_tmpfs(folder, size):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.mount(b"heartbeat-test", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) == 0


def unmount(folder):
    ctypes.CDLL(None).umount2(str(folder).encode(), 2)  # MNT_DETACH: also while a file is open


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.disk = self.work / "disk"
        self.disk.mkdir()
        if not mount_tmpfs(self.disk, 192 * MIB):
            if os.geteuid() != 0 and shutil.which("unshare") and "HB_IN_NAMESPACE" not in os.environ:
                os.execvpe("unshare", ["unshare", "-rm", sys.executable, *sys.argv], {**os.environ, "HB_IN_NAMESPACE": "1"})
            self.skipTest("left out: a small tmpfs cannot be mounted here (not root, no user namespaces)")
        self.addCleanup(unmount, self.disk)

    def fill(self, leave):
        """Takes all room but `leave` bytes."""
        free = os.statvfs(self.disk)
        take = free.f_bavail * free.f_frsize - leave
        if take <= 0:
            return
        with open(self.disk / "ballast", "ab") as ballast:
            block = bytes(MIB)
            while take > 0:
                ballast.write(block[:min(MIB, take)])
                take -= MIB

    def test_intake_stops_and_goes_on(self):
        rows = 60_000
        file = corpus.write_csv(self.work / "posts.csv.gz", rows=rows)
        plain = self.work / "plain"
        self.assertEqual(harness.replay(plain, file).process.returncode, 0)
        data = self.disk / "data"
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", logs=self.work) as up:
            _ = up.port
            self.fill(leave=3 * MIB)
            up.wait_for(r"(?i)waits: .*(no space|full|space left|room)", 90)
            # Said to those who ask, too, and they are answered.
            message = self.message(up)
            self.assertRegex(message, r"(?i)no space|full|space left|room")
            first = up.status()["sources"][0]["posts"]
            time.sleep(2)
            self.fill(leave=0)
            time.sleep(2)
            self.assertIsNone(up.process.poll(), up.text())
            self.assertLess(up.status()["sources"][0]["posts"], rows)
            (self.disk / "ballast").unlink()
            self.assertEqual(up.finish(120), 0, up.text())
            self.assertGreaterEqual(rows, first)
        for sql in ("select * exclude (arrival) from posts order by id, key",
                    "select * exclude (revision, updated) from windows order by task, window_start, window_ms"):
            self.assertEqual(harness.query(data, sql), harness.query(plain, sql))

    def test_killed_on_a_full_disk_it_goes_on(self):
        rows = 30_000
        file = corpus.write_csv(self.work / "posts.csv.gz", rows=rows)
        data = self.disk / "data"
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", logs=self.work) as up:
            _ = up.port
            self.fill(leave=2 * MIB)
            try:
                up.wait_for(r"(?i)waits: ", 60)
            except AssertionError:
                self.assertEqual(up.process.poll(), 0, up.text())
            up.kill()
        (self.disk / "ballast").unlink()
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", logs=self.work) as up:
            self.assertEqual(up.finish(120), 0, up.text())
        self.assertEqual(harness.count(data, "posts"), rows)

    def message(self, up):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for message in up.status()["messages"]:
                if re.search("waits", message["text"]):
                    return message["text"]
            time.sleep(0.2)
        self.fail("no message in /api/v1/status: " + str(up.status()["messages"]))


if __name__ == "__main__":
    harness.main()
