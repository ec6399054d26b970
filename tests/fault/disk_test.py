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
# What a person must be told: that it is about room on the disk.
FULL = r"([Nn]o space|is full|space left|[0-9] free, |MiB free)"


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
        if not mount_tmpfs(self.disk, 768 * MIB):
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
        with open(self.disk / "ballast", "ab", buffering=0) as ballast:
            block = bytes(MIB)
            try:
                while take > 0:
                    ballast.write(block[:min(MIB, take)])
                    take -= MIB
            except OSError:
                pass  # the program took some in the meantime: as full as it gets

    def interrupted(self, keep_free, leave, rows):
        """Replays onto a disk that fills up and is freed again; compares with a run that nothing disturbed."""
        file = corpus.write_csv(self.work / "posts.csv.gz", rows=rows)
        plain = self.work / "plain"
        self.assertEqual(harness.replay(plain, file).process.returncode, 0)
        data = self.disk / "data"
        config = f"[log]\nmin_free_bytes = '{keep_free}'\n[[store]]\nkind = 'duckdb'\nmin_free_bytes = '{keep_free}'\n"
        # Little is left to fill when the program runs, so that it cannot be done before.
        self.fill(leave + 60 * MIB)
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", config=config, logs=self.work) as up:
            _ = up.port
            self.fill(leave)
            up.wait_for("waits: .*" + FULL, 60)
            # Said to those who ask, too, and they are answered.
            self.assertRegex(self.message(up), FULL)
            self.fill(leave)
            time.sleep(1)
            self.assertIsNone(up.process.poll(), up.text())
            self.assertLess(up.status()["sources"][0]["posts"], rows)
            (self.disk / "ballast").unlink()
            self.assertEqual(up.finish(90), 0, up.text())
        for sql in ("select * exclude (arrival) from posts order by id, key",
                    "select * exclude (revision, updated) from windows order by task, window_start, window_ms"):
            self.assertEqual(harness.query(data, sql), harness.query(plain, sql))
        return up

    def test_intake_stops_before_the_disk_is_full(self):
        self.interrupted(keep_free="64MiB", leave=40 * MIB, rows=200_000)

    def test_a_disk_that_is_full_to_the_last_byte(self):
        self.interrupted(keep_free="0", leave=3 * MIB, rows=200_000)

    def test_killed_on_a_full_disk_it_goes_on(self):
        rows = 80_000
        file = corpus.write_csv(self.work / "posts.csv.gz", rows=rows)
        data = self.disk / "data"
        config = "[log]\nmin_free_bytes = '0'\n[[store]]\nkind = 'duckdb'\nmin_free_bytes = '0'\n"
        options = {"config": config, "logs": self.work}
        self.fill(leave=62 * MIB)
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", **options) as up:
            _ = up.port
            self.fill(leave=2 * MIB)
            up.wait_for("waits: .*" + FULL, 60)
            up.kill()
        # It may not be able to open on a disk without room, but says so.
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", **options) as up:
            try:
                up.wait_for("waits: |" + FULL, 20)
            except AssertionError:
                self.assertNotEqual(up.process.poll(), 0, up.text())
                self.assertRegex(up.text(), FULL)
            up.kill()
        (self.disk / "ballast").unlink()
        with harness.Up(data, "--replay", file, "--speed", "max", "--exit-when-done", **options) as up:
            self.assertEqual(up.finish(90), 0, up.text())
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
