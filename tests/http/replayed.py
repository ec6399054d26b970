"""A program that has replayed a small file and goes on serving."""
import harness
from harness import Case

import posts


class Replayed(Case):
    def setUp(self):
        super().setUp()
        self.file = self.write("posts.csv", posts.csv_text())
        self.up = harness.Up(self.data, "--replay", self.file, "--speed", "max")
        self.addCleanup(self.up.__exit__)
        self.up.wait_done()
