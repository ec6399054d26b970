#!/usr/bin/env python3
"""Starting, stopping, and being told nonsense on the command line."""
import os
import signal
import stat
import time

import corpus
import harness
from harness import Case


class Lifecycle(Case):
    def test_a_second_up_on_the_same_folder_is_refused(self):
        with harness.Up(self.data, "--source", "demo") as first:
            first.get("/readyz")
            begin = time.monotonic()
            second = harness.Up(self.data, "--source", "demo")
            self.assertEqual(second.finish(20), 1, second.text())
            self.assertLess(time.monotonic() - begin, 10 * harness.SLACK)
            self.assertIn(str(self.data), second.text())
            self.assertRegex(second.text(), "in use|already|another")
            # The first is not disturbed: also not its control socket.
            first.get("/readyz")
            self.assertEqual(harness.run("topics", "list", "--data", self.data).returncode, 0)
            self.assertEqual(first.terminate()[0], 0)

    def test_sigterm_and_sigint_stop_soon_and_cleanly(self):
        file = corpus.write_csv(self.work / "posts.csv", rows=60_000)
        for number, (kind, args) in enumerate([(signal.SIGTERM, ("--source", "demo")), (signal.SIGINT, ("--source", "demo")),
                                               (signal.SIGTERM, ("--replay", file, "--speed", "max"))]):
            with harness.Up(self.work / f"data{number}", *args) as up:
                up.get("/healthz")
                begin = time.monotonic()
                up.process.send_signal(kind)
                self.assertEqual(up.finish(30), 0, up.text())
                # Within a second or two on a quiet machine; the rest is for busy ones.
                self.assertLess(time.monotonic() - begin, 6 * harness.SLACK)
                self.assertFalse((up.data / "control.sock").exists())
                self.assertNotRegex(up.text(), "terminate called|Sanitizer|assert")

    def test_a_replay_goes_on_where_it_was_stopped(self):
        file = corpus.write_csv(self.work / "posts.csv", rows=30_000)
        for _ in range(3):
            with harness.Up(self.data, "--replay", file, "--speed", "max") as up:
                up.get("/healthz")
                self.assertEqual(up.terminate()[0], 0, up.text())
        self.replayed(file)
        self.assert_counts(posts=30_000, dead=0)

    def test_the_control_socket_is_for_the_owner_only(self):
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/healthz")
            mode = stat.S_IMODE(os.stat(self.data / "control.sock").st_mode)
            self.assertEqual(mode & 0o077, 0, oct(mode))
            self.assertEqual(up.terminate()[0], 0)

    def test_a_stale_control_socket_is_no_obstacle(self):
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/healthz")
            up.kill()
        self.assertTrue((self.data / "control.sock").exists())
        self.assertEqual(harness.run("topics", "list", "--data", self.data).returncode, 0)
        with harness.Up(self.data, "--source", "demo") as up:
            up.get("/readyz")
            self.assertEqual(up.terminate()[0], 0)

    def test_a_taken_port_is_said(self):
        with harness.Up(self.data, "--source", "demo") as first:
            second = harness.Up(self.work / "other", "--source", "demo", "--listen", f"127.0.0.1:{first.port}")
            self.assertEqual(second.finish(20), 1, second.text())
            self.assertIn(str(first.port), second.text())

    def test_an_address_for_others_needs_a_token(self):
        up = harness.Up(self.data, "--source", "demo", "--listen", "0.0.0.0:0")
        self.assertEqual(up.finish(20), 2, up.text())
        self.assertIn("token", up.text())

    def test_an_unwritable_folder_is_said(self):
        done = harness.run("up", "--source", "demo", "--listen", "127.0.0.1:0", "--data", "/proc/heartbeat-data")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(b"/proc/heartbeat-data", done.stderr)


class Usage(Case):
    WRONG = [
        [], ["nonsense"], ["up", "--source", "demo", "--nonsense"], ["up", "--speed"], ["query"], ["query", "--format", "xml", "select 1"],
        ["rules", "add", "cat"], ["rules", "rm"], ["topics", "tail"], ["up", "--source", "nowhere"],
        ["up", "--replay", "x.csv", "--speed", "quick"], ["--log", "loud", "up", "--source", "demo"],
    ]

    def test_wrong_usage_exits_with_two(self):
        self.write("x.csv", "content,created_at\n")
        for args in self.WRONG:
            with self.subTest(args=args):
                done = harness.run(*args, "--data", self.data, cwd=self.work, timeout=30)
                self.assertEqual(done.returncode, 2, done.stderr.decode())
                self.assertTrue(done.stderr.strip())

    def test_wrong_configuration_says_where(self):
        for text, says in [("[serve]\nlistn = 'x'\n", b"serve.listen"), ("[[source]]\nkind = 'reply'\n", b"replay"),
                           ("data_dir = 'x'\n[log\n", b"2"), ("[[task]]\ntag = 'a'\nrule = '(cat'\n", b"a"),
                           ("[windows]\nsizes = ['soon']\n", b"soon"), ("[serve]\ntoken = \"${HB_NOT_THERE}\"\n", b"HB_NOT_THERE")]:
            with self.subTest(text=text):
                file = self.write("heartbeat.toml", text)
                done = harness.run("up", "--source", "demo", "--config", file, "--data", self.data, "--listen", "127.0.0.1:0", timeout=30)
                self.assertEqual(done.returncode, 2, done.stderr.decode())
                self.assertIn(says, done.stderr)

    def test_help_and_version_exit_with_zero(self):
        for args in (["--help"], ["--version"], ["up", "--help"], ["rules", "add", "--help"]):
            done = harness.run(*args)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout)

    def test_a_command_without_data_folder_says_what_to_do(self):
        done = harness.run("query", "--data", self.work / "none", "select 1")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"none", done.stderr)


if __name__ == "__main__":
    harness.main()
