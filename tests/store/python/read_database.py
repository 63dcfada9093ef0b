"""Reads every table and view with the stock client: `read_database.py FILE` prints JSON."""

import json
import sys

import duckdb


def read(path: str) -> dict[str, int]:
    """Count the rows of every view and of every table."""
    with duckdb.connect(path, read_only=True) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
        ).fetchall()
        return {name: len(connection.execute(f'FROM "{name}"').fetchall()) for (name,) in names}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
