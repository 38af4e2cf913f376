"""Small durable writes: what a request writes that sets a tag of a run, each answered after its
commit is on the disk.

SQLite: many clients, whose writes are grouped, against one transaction for each request (the same
statements by SQLite's C interface, synchronous=FULL, on the same disk). PostgreSQL with its own
durability: 16 clients against pgbench with 16 clients, which sends the statements that Rondo's
server was seen to send (without the question for the transaction's number, which pgbench does not
need). Both alone (bench/store.cc, through store::Database) and through HTTP.

The disk is shared: each round measures all of them, and the figures are medians of the rounds."""

import itertools
import collections
import re
import statistics
import subprocess
import sys

from common import BUILD, ROOT, SECONDS, Bench, Table, say

sys.path.insert(0, str(ROOT / "tests/support"))

from rondo_server import POSTGRES, Postgres  # noqa: E402

ROUNDS = 3
CLIENTS = 16
SQLITE_CLIENTS = (16, 64, 256)
GROUPED_LIMIT = 15  # times one transaction for each request
PG_RATE, PG_RATIO = 10_000, 0.7  # writes a second, or of what pgbench does
API = "/api/2.0/mlflow/"
NUMBERS = itertools.count()


def alone(where, clients, how):
    """Writes a second of bench_store."""
    done = subprocess.run([BUILD / "bench_store", where, str(clients), str(SECONDS), how],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    written, seconds = done.stdout.split()[:2]
    return int(written) / float(seconds)


def make_runs(server, count):
    client = server.client()
    experiment = client.call("POST", API + "experiments/create", {"name": f"store {next(NUMBERS)}"})
    return [client.call("POST", API + "runs/create", experiment)["run"]["info"]["run_id"]
            for _ in range(count)]


def tags(bench, server, clients, **how):
    """A load that sets a tag on 16 runs in turn, or pinned each client on its own."""
    bodies = ['{"run_id": "%s", "key": "progress", "value": "step @N@"}' % run
              for run in make_runs(server, CLIENTS)]
    load = bench.wrk(API + "runs/set-tag", bodies, connections=clients, **how)

    def measured():
        cpu = server.cpu()
        written = load(server)
        return written / SECONDS, (server.cpu() - cpu) * 1e6 / written

    return measured


class Figures:
    """Rates by name, one for each round."""

    def __init__(self):
        self.rates, self.costs = {}, {}

    def add(self, name, rate, cost=None):
        self.rates.setdefault(name, []).append(rate)
        if cost:
            self.costs.setdefault(name, []).append(cost)
        say(f"{name}: {rate:,.0f}/s" + (f", {cost:.1f} us CPU" if cost else ""))

    def rate(self, name):
        return statistics.median(self.rates[name])

    def fill(self, table, what):
        for name in self.rates:
            cost = f", {statistics.median(self.costs[name]):.0f} us CPU" if name in self.costs else ""
            table.add(what, name + cost, 1e6 / self.rate(name), "us", rate=self.rate(name))


def measure_sqlite(bench, table):
    figures, single = Figures(), "one transaction for each request"
    servers = [(clients, bench.rondo()) for clients in SQLITE_CLIENTS]
    loads = [(clients, tags(bench, server, clients)) for clients, server in servers]
    for _ in range(ROUNDS):
        figures.add(single, alone(bench.new_folder() / "x.db", CLIENTS, "single"))
        for clients in SQLITE_CLIENTS:
            where = f"sqlite:{bench.new_folder()}/x.db"
            figures.add(f"rondo's store, {clients} clients", alone(where, clients, "grouped"))
        for clients, load in loads:
            figures.add(f"rondo by HTTP, {clients} clients", *load())
    figures.fill(table, "SQLite, synchronous=FULL")
    best = max(figures.rate(f"rondo's store, {c} clients") for c in SQLITE_CLIENTS)
    ratio = best / figures.rate(single)
    say(f"grouped writes: {ratio:.1f} x, the limit is {GROUPED_LIMIT} x")
    return [] if ratio >= GROUPED_LIMIT else [f"grouped writes are only {ratio:.1f} x"]


def statements_of(postgres, name, server):
    """What the server sends to set a tag, seen in PostgreSQL's own log."""
    run = make_runs(server, 1)[0]
    postgres.sql(name, "ALTER SYSTEM SET log_statement = 'all'")
    postgres.sql(name, "SELECT pg_reload_conf()")
    sent = {"run_id": run, "key": "progress", "value": "seen"}
    for _ in range(100):  # until the sessions have heard of the setting
        server.client().call("POST", API + "runs/set-tag", sent)
        text = (postgres.folder / "data/bench.log").read_text()
        by_session = collections.defaultdict(list)
        for session, sql in re.findall(r"^(\d+) LOG:  execute s\d+: (.*)", text, re.MULTILINE):
            by_session[session].append(sql)
        # Other sessions do what runs in the background, and this one may have begun with that.
        seen = next((own for own in map(last_transaction, by_session.values())
                     if len(own) == 4 and own[-1] == "COMMIT" and "INTO run_tags" in own[-2]), None)
        if seen:
            break
    postgres.sql(name, "ALTER SYSTEM RESET log_statement")
    postgres.sql(name, "SELECT pg_reload_conf()")
    return seen


def last_transaction(statements):
    """From its BEGIN, without the question for the transaction's number."""
    begins = [i for i, sql in enumerate(statements) if sql.startswith("BEGIN")]
    return [sql for sql in statements[begins[-1] if begins else 0:]
            if "pg_current_xact_id" not in sql]


def pgbench_script(folder, statements, runs):
    """The same statements; parameters become pgbench's variables."""
    find, write = statements[1:-1]
    assert statements[0].startswith("BEGIN") and statements[-1] == "COMMIT", statements
    assert find.startswith("SELECT r.id") and write.startswith("INSERT INTO run_tags"), statements
    find = find.replace("$1", "(:ids::text[])[:client_id + 1]").replace("$2", "1")
    write = write.replace("$1", ":rid").replace("$2", "'progress'").replace("$3", "'step ' || :n")
    path = folder / "tag.sql"
    path.write_text(f"\\set n random(1, 1000000000)\n{statements[0]};\n{find} \\gset r\n{write};\n"
                    "COMMIT;\n")
    return path, "{" + ",".join(runs) + "}"


def pgbench(postgres, name, script, runs):
    out = subprocess.run(
        [POSTGRES / "pgbench", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "rondo", "-n",
         "-M", "prepared", f"-c{CLIENTS}", "-j2", f"-T{SECONDS}", "--max-tries=20", "-D",
         f"ids={runs}", "-f", script, name], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return float(re.search(r"tps = ([\d.]+)", out.stdout)[1])


def measure_postgres(bench, table):
    postgres = Postgres(("logging_collector=on", "log_directory=.", "log_filename=bench.log",
                         "log_line_prefix=%p "))
    try:
        figures, peer = Figures(), f"pgbench, {CLIENTS} clients"
        server = bench.rondo("--database", postgres.new_database("served"))
        statements = statements_of(postgres, "served", server)
        load = tags(bench, server, CLIENTS, pinned=True)  # as pgbench's clients
        runs = postgres.sql("served", "SELECT run_id FROM runs ORDER BY id DESC LIMIT 16").split()
        script, ids = pgbench_script(bench.new_folder(), statements, runs)
        for i in range(ROUNDS):
            figures.add(peer, pgbench(postgres, "served", script, ids))
            figures.add(f"rondo's store, {CLIENTS} clients",
                        alone(postgres.new_database(f"alone_{i}"), CLIENTS, "grouped"))
            figures.add(f"rondo by HTTP, {CLIENTS} clients", *load())
        figures.fill(table, "PostgreSQL 15, fsync on")
        reached = figures.rate(f"rondo's store, {CLIENTS} clients")
        ratio = reached / figures.rate(peer)
        say(f"PostgreSQL: {reached:,.0f}/s, {ratio:.2f} of pgbench")
        if reached >= PG_RATE or ratio >= PG_RATIO:
            return []
        return [f"PostgreSQL: {reached:,.0f} writes a second, {ratio:.2f} of pgbench"]
    finally:
        for each in list(bench.servers):
            bench.stop(each)
        postgres.stop()


def main():
    table = Table("Small durable writes (bench/store.py)")
    with Bench() as bench:
        engines = {"sqlite": measure_sqlite, "postgresql": measure_postgres}
        missed = []
        for name in sys.argv[1:] or engines:  # all, or those that are named
            missed += engines[name](bench, table)
    table.print()
    if missed:
        raise SystemExit("; ".join(missed))


main()
