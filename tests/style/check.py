#!/usr/bin/env python3
"""check - the rules of style that no compiler knows

Include direction, sizes of files and functions, the head of each file, and
table rows without documentation. Prints one line for each finding; exit 1 when
there is any.
"""
import os
import re
import subprocess
import sys

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
MAIN_LINES_MAX = 50
COLUMNS_MAX = 100

findings = []


def find(path, line, text):
    findings.append(f"{path}:{line}: {text}")


def tracked(*patterns):
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns],
                             capture_output=True, text=True, check=True)
    return [path for path in listing.stdout.split() if not path.startswith("build/") and os.path.exists(path)]


def check_includes(path, lines):
    """services/X sees itself, common and proto; common sees proto; proto sees neither."""
    parts = path.split("/")
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include "(proto|common|services)/([^"]*)"', line)
        if not match:
            continue
        area, rest = match.groups()
        if parts[0] == "proto" and area != "proto":
            find(path, number, f"proto includes {area}")
        if parts[0] == "common" and area == "services":
            find(path, number, "common includes a service")
        if parts[0] == "services" and area == "services" and rest.split("/")[0] != parts[1]:
            find(path, number, f"{parts[1]} includes another service")


def check_size(path, lines):
    if len(lines) > FILE_LINES_MAX:
        find(path, len(lines), f"{len(lines)} lines, at most {FILE_LINES_MAX}")
    if path.startswith("services/") and path.endswith("/main.c") and len(lines) > MAIN_LINES_MAX:
        find(path, len(lines), f"main.c has {len(lines)} lines, at most {MAIN_LINES_MAX}")
    if path.endswith(".def"):
        return
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            find(path, number, f"{len(line)} columns, at most {COLUMNS_MAX}")


def check_head(path, lines):
    """A file opens with `name - what it is`."""
    head = "\n".join(lines[:3])
    name = re.sub(r"\.[a-z]+$", "", path.split("/")[-1])
    if not re.search(r"^ \*  \S*" + re.escape(name.split(".")[0]) + r"\S* - \S|^ \*  \S+ - \S", head, re.M):
        find(path, 1, "does not open with `name - what it is`")


def check_functions(paths):
    tags = subprocess.run(["ctags", "-o", "-", "--fields=+ne", "--kinds-C=f", "--kinds-C++=f",
                           *paths], capture_output=True, text=True, check=True)
    for row in tags.stdout.splitlines():
        line = re.search(r"\tline:(\d+)", row)
        end = re.search(r"\tend:(\d+)", row)
        if not line or not end:
            continue
        size = int(end[1]) - int(line[1]) + 1
        if size > FUNCTION_LINES_MAX:
            name, path = row.split("\t")[:2]
            find(path, line[1], f"{name} has {size} lines, at most {FUNCTION_LINES_MAX}")


def check_words(path, lines):
    for number, line in enumerate(lines, 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            find(path, number, "a TODO without an issue")


def main():
    paths = tracked("*.c", "*.h", "*.cc", "*.def")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        check_includes(path, lines)
        check_size(path, lines)
        check_words(path, lines)
        if not path.startswith("tests/"):
            check_head(path, lines)
    check_functions([path for path in paths if path.endswith((".c", ".cc"))])
    for finding in findings:
        print(finding)
    print(f"style: {len(paths)} files, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
