#!/usr/bin/python3
"""Adds up what `meson test` ran: count.py SUITE testlog.json

Prints one line `passed failed skipped`, after a line for everything that failed or was skipped
with its reason; what a failed test said of it follows, indented. With CI=true a test skipped for want of a package, which tests/run should have
installed, counts as failed. A test program that speaks TAP counts once for each of its tests, and once more
as failed when it ended badly without saying which test it was.
"""
import json
import os
import re
import sys

TEST = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*((?:[^#\\]|\\.)*?)\s*(?:#\s*(skip|todo)\b\S*\s*(.*))?$", re.I)
CI = os.environ.get("CI") == "true"
ERROR = re.compile(r"^  error: (?:\|-?|(.+))$")
SAID = re.compile(r"^(Bail out!|\*\* |==\d+==ERROR|WARNING: ThreadSanitizer|SUMMARY:).*|.*:ERROR:.*")
LINES, COLUMNS = 8, 200
BAD = ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS")


def indented(lines):
    return "".join(f"\n    {line[:COLUMNS]}" for line in lines[:LINES])


def error_of(lines):
    """What TAP's YAML block says of the test whose result is just before these lines."""
    said = None
    for line in lines:
        if said is None:
            found = ERROR.match(line)
            if found and found[1]:
                return indented([found[1]])
            if found:
                said = []
            elif not line.startswith("  "):
                break
        elif line.startswith("    ") or not line.strip():
            said.append(line[4:])
        else:
            break
    return indented([line for line in said or [] if line.strip()])


def last_words(run):
    """What a program said before it ended badly."""
    lines = (run.get("stdout", "") + "\n" + run.get("stderr", "")).splitlines()
    return indented([line for line in lines if SAID.match(line)][-LINES:])


def count(suite, log):
    passed, failed, skipped = 0, [], []
    for line in open(log, encoding="utf-8"):
        run = json.loads(line)
        program = run["name"].split(" / ")[-1]
        lines = run.get("stdout", "").splitlines()
        tests = [(at, m) for at, m in enumerate(map(TEST.match, lines), 1) if m]
        bad = run["result"] in BAD
        bad_before = len(failed)
        for at, test in tests:
            name = f"{suite}: {program}: {test[2]}"
            if test[3] and test[3].lower() == "skip":
                reason = test[4] or "no reason given"
                installable = CI and reason.startswith("package")
                (failed if installable else skipped).append(f"{name}: {reason}")
            elif test[1]:
                failed.append(name + (error_of(lines[at:]) or last_words(run)))
            else:
                passed += 1
        if bad and len(failed) == bad_before:
            failed.append(f"{suite}: {program}: {run['result'].lower()}, exit {run['returncode']}" + last_words(run))
        elif not tests and run["result"] == "SKIP":
            skipped.append(f"{suite}: {program}: no test ran")
        elif not tests and not bad:
            passed += 1
    return passed, failed, skipped


def main():
    passed, failed, skipped = count(*sys.argv[1:3])
    for name in skipped:
        print(f"skipped: {name}")
    for name in failed:
        print(f"FAILED: {name}")
    print(passed, len(failed), len(skipped))


main()
