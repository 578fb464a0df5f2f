"""The ninja targets that the tests of one suite need: targets.py FOLDER SUITE

For builds of which one suite is run, so that nothing else is compiled.
"""

import json
import os
import sys


def main():
    folder, suite = os.path.realpath(sys.argv[1]), sys.argv[2]

    def read(name):
        with open(os.path.join(folder, "meson-info", f"intro-{name}.json")) as file:
            return json.load(file)

    files = {target["id"]: target["filename"] for target in read("targets")}
    needed = set()
    for test in read("tests"):
        if suite in (name.split(":")[-1] for name in test["suite"]):
            for target in test["depends"]:
                needed.update(files[target])
    print("\n".join(sorted(os.path.relpath(file, folder) for file in needed)))


main()
