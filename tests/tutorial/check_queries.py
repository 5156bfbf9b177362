#!/usr/bin/env python3
"""Runs every SQL block of documents against a database that was just measured.

Usage: check_queries.py FOLDER_OF_THE_PROGRAMS DOCUMENT_OF_THE_SCHEMA DOCUMENT...

Each block is one statement, and goes through `edgebench query` and through SQLite itself. The first document
also has to name every view, table, and column of a view.
"""

import pathlib
import re
import sqlite3
import sys

from documents import blocks_of
from session import Session

SECONDS = 120
MODEL = "squeezenet1_1 --image-size 64 --threads 1"
# What the queries ask about: precisions, a failure, telemetry, tags, operators, peaks, a run with a newer answer.
MEASURED = (
    (f"bench {MODEL} --precision fp32,int8-static --k 5 --telemetry-hz 50 --tag before", 0),
    (f"bench {MODEL} --precision fp32,int8-static --k 5 --processes 2 --tag after,lab", 0),
    (f"bench {MODEL} --target cuda:77", 6),
    (f"roofline {MODEL} --k 3", 0),
)
# Of SQLite's own.
NOT_OURS = re.compile(r"sqlite_")


def measure(session):
    """The database, and what went wrong."""
    found = []
    for call, exits in MEASURED:
        code, lines = session.run(f"edgebench {call}", SECONDS)
        if code != exits:
            found.append(f"edgebench {call}: exit status {code}: {lines()[:5]}")
    return session.home / ".local/share/edgebench/results.db", found


def check_query(session, database, place, block):
    session.file("query.sql", block.text)
    code, lines = session.run("edgebench query - < query.sql", SECONDS)
    if code != 0:
        return [f"{place}: edgebench query: {lines()[:3]}"]
    try:
        rows = database.execute(block.text).fetchall()
    except sqlite3.Error as error:
        return [f"{place}: {error}"]
    print(f"{place}: {len(rows)} rows")
    return []


def unnamed(database, document):
    """Tables, views, and their columns that a document does not name in code."""
    text = document.read_text(encoding="utf-8").partition("\n## JSON\n")[0]
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", text))))
    found = []
    for kind, name in database.execute(
            "SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name"):
        if NOT_OURS.match(name):
            continue
        if name not in words:
            found.append(f"{document} does not name the {kind} {name}")
        if kind == "view":
            found += [f"{document} does not name {name}.{column[1]}"
                      for column in database.execute(f"PRAGMA table_info({name})")
                      if column[1] not in words]
    return found


def main():
    programs, documents = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    with Session(programs) as session:
        path, found = measure(session)
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        for document in documents:
            for block in blocks_of(document):
                if block.language == "sql":
                    found += check_query(session, database, f"{document}:{block.line}", block)
        found += unnamed(database, pathlib.Path(documents[0]))
        database.close()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
