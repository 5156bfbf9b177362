#!/usr/bin/env python3
"""Checks that a program needs none of some shared libraries, directly or not.

Usage: check_links.py PROGRAM FORBIDDEN_PREFIX...
"""

import re
import subprocess
import sys

NEEDED = re.compile(r"^\s*(\S+)(?: => (not found|\S+))?")


def closure(program):
    """Names of all shared libraries that the program loads at its start."""
    listing = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=60, check=False)
    if listing.returncode != 0:
        raise RuntimeError(f"ldd {program}: {listing.stdout.strip()}")
    names = []
    for line in listing.stdout.splitlines():
        match = NEEDED.match(line)
        if match and match.group(2) == "not found":
            raise RuntimeError(f"{program} needs {match.group(1)}, which is not installed")
        if match:
            names.append(match.group(1).rsplit("/", 1)[-1])
    return names


def main():
    program, forbidden = sys.argv[1], tuple(sys.argv[2:])
    try:
        names = closure(program)
    except RuntimeError as error:
        print(error)
        return 2
    found = [name for name in names if name.startswith(forbidden)]
    for name in found:
        print(f"{program} depends on {name}, which must stay out of this process")
    print(f"{program}: {len(names)} shared libraries")
    return 1 if found or not names else 0


if __name__ == "__main__":
    sys.exit(main())
