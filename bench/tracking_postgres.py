"""The writes of bench/mlflow_server.py, and runs/get, with PostgreSQL 15 as the database: Rondo against
`mlflow server`, each with a database of its own in one cluster with its own durability (fsync on), on
one disk. The cost is the server's CPU a request; what PostgreSQL spends on it is told beside it."""

import sys

from common import ROOT, TICK, Bench, Table, environment, processes, say

sys.path.insert(0, str(ROOT / "tests/support"))

from mlflow_server import MLFLOW, NO_JOBS, measure_writes  # noqa: E402
from rondo_server import Postgres  # noqa: E402


class Beside(Table):
    """A table with a second line for each measure: what the database's processes spent."""

    def __init__(self, title, postgres):
        super().__init__(title)
        self.postgres = postgres

    def database_cpu(self):
        """Seconds, of all processes of the cluster."""
        table, mine = processes(), set(self.postgres.processes())
        return sum(table[pid][2] for pid in mine if pid in table) / TICK

    def measure(self, what, server, load, runs=3):
        spent = []

        def watched(server):
            before = self.database_cpu()
            count = load(server)
            spent.append((self.database_cpu() - before) * 1e6 / count)
            return count

        cost = super().measure(what, server, watched, runs)
        self.add(what + ": PostgreSQL", server.name, sorted(spent)[len(spent) // 2])
        return cost


def mlflow(bench, database, workers):
    name = "mlflow server, " + ("1 worker" if workers == 1 else f"{workers} workers")
    return bench.start(name, lambda port: [
        *MLFLOW, "server", "--port", port, "--workers", workers, "--backend-store-uri",
        database.replace("postgresql:", "postgresql+psycopg2:")],
        "/health", env=environment(**NO_JOBS))


def main():
    postgres = Postgres(())
    try:
        table = Beside("Tracking server on PostgreSQL against mlflow server 3.17.2 "
                       "(bench/tracking_postgres.py)", postgres)
        with Bench() as bench:
            for make in (lambda: bench.rondo("--database", postgres.new_database("rondo")),
                         lambda: mlflow(bench, postgres.new_database("mlflow1"), 1),
                         lambda: mlflow(bench, postgres.new_database("mlflow4"), 4)):
                server = make()
                say(server.name)
                measure_writes(bench, table, server)
                bench.stop(server)
        table.print()
    finally:
        postgres.stop()


main()
