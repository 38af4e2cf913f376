"""Prints the tables and indexes of a database that MLflow has made (`mlflow db upgrade
sqlite:///FILE`) as src/domain/move/mlflow_schema.sql keeps them: one form for every statement, in
order of names, with the names of constraints, which MLflow's later migrations ask for.

usage: tools/mlflow_schema.py FILE > src/domain/move/mlflow_schema.sql
"""

import re
import sqlite3
import sys


def parts_of(sql: str) -> list:
    """What stands between the outer parentheses of CREATE TABLE, split at its commas."""
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    parts, depth, begin, quote = [], 0, 0, ""
    for i, c in enumerate(inside):
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(inside[begin:i])
            begin = i + 1
    parts.append(inside[begin:])
    return [re.sub(r"\s+", " ", part).strip() for part in parts]


def is_constraint(part: str) -> bool:
    return part.startswith(("CONSTRAINT ", "PRIMARY KEY", "UNIQUE ", "FOREIGN KEY", "CHECK "))


def wrapped(item: str, width: int = 96) -> str:
    """The item in lines of at most `width` columns, broken at blanks outside of quotes."""
    lines, line = [], "    "
    for word in re.findall(r"(?:'[^']*'|\S)+", item):
        if len(line) + len(word) + 1 > width and line.strip():
            lines.append(line.rstrip())
            line = "        "
        line += word + " "
    return "\n".join([*lines, line.rstrip()])


def main():
    db = sqlite3.connect(sys.argv[1])
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL "
                      "ORDER BY tbl_name, CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, "
                      "name").fetchall()
    (revision,) = db.execute("SELECT version_num FROM alembic_version").fetchone()
    print(f"-- The tables of MLflow's own database at revision {revision}: facts, printed by\n"
          "-- tools/mlflow_schema.py. tests/move compares them with what MLflow makes.")
    for kind, name, table, sql in rows:
        if kind == "table":
            parts = parts_of(sql)
            parts = [p for p in parts if not is_constraint(p)] + [p for p in parts if is_constraint(p)]
            print(f"\nCREATE TABLE {name} (\n" + ",\n".join(wrapped(p) for p in parts) + "\n);")
        else:
            text = re.sub(r"\s+", " ", sql)
            print(wrapped(text).strip() + ";")
    print(f"\nINSERT INTO alembic_version (version_num) VALUES ('{revision}');")
    for row in db.execute("SELECT name, description FROM workspaces"):
        print("INSERT INTO workspaces (name, description) VALUES ('%s',\n    '%s');" % row)


if __name__ == "__main__":
    main()
