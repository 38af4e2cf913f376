"""Plays rows in event time against an endpoint: a few connections, labels when they are known, the
watermark once per event day. Survives a server that is killed and started again: it asks how far
everything is settled and plays again from there; rows that were logged are recognised.
"""

import json
import sys
import threading
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta, timezone

from rondo_client import Rondo, RondoError

CONNECTIONS = 2
LABELS_PER_CALL = 1000
DAY = timedelta(days=1)


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text):
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


class Progress:
    """One line on stderr: how far, how fast, how long still."""

    def __init__(self, total, what):
        self.total, self.what, self.done = total, what, 0
        self.start = self.shown = time.monotonic()

    def add(self, count, note=""):
        self.done += count
        now = time.monotonic()
        if now - self.shown < 0.5 and self.done < self.total:
            return
        self.shown = now
        rate = self.done / max(now - self.start, 1e-9)
        left = max(self.total - self.done, 0) / max(rate, 1e-9)
        end = "\r" if sys.stderr.isatty() else "\n"
        if end == "\n" and self.done < self.total and now - getattr(self, "line", 0) < 5:
            return
        self.line = now
        print(f"  {self.what}: {self.done:,} of {self.total:,}, {rate:,.0f} a second, "
              f"{left:,.0f} s left {note}   ", end=end, file=sys.stderr, flush=True)


class Replay:
    """rows: a list of dicts with event_time, known (datetimes), unit, label, and body (bytes of the
    request), sorted by event_time."""

    def __init__(self, endpoint, rows, tick_hour=12, on_day=None):
        self.endpoint, self.rows, self.on_day = endpoint, rows, on_day
        self.tick = timedelta(hours=tick_hour)
        self.control = Rondo()
        self.local = threading.local()
        self.pool = ThreadPoolExecutor(CONNECTIONS)
        self.path = f"/endpoints/{endpoint}/invocations"
        self.by_label = sorted(rows, key=lambda row: row["known"])

    def predict(self, row):
        if not hasattr(self.local, "client"):
            self.local.client = Rondo()
        client = self.local.client
        headers = {"content-type": "application/json", "x-rondo-unit-id": row["unit"],
                   "x-rondo-event-time": iso(row["event_time"])}
        answer = client.request("POST", self.path, row["body"], headers)
        ids = json.loads(answer)["prediction_ids"]
        row["id"] = ids[0] if ids else None

    def predict_all(self, rows):
        # Each connection gets every CONNECTIONS-th row: nearly the order of event time.
        parts = [rows[k::CONNECTIONS] for k in range(CONNECTIONS)]
        sent = [self.pool.submit(lambda part: [self.predict(row) for row in part], part)
                for part in parts]
        # All of them, also when one fails: what is still on its way would come after the watermark
        # of the same day played again, and be answered without an id for its label.
        wait(sent)
        for part in sent:
            part.result()

    def send_labels(self, since, until):
        """Labels that become known in [since, until), of rows that were predicted."""
        first, last = (bisect_left(self.by_label, moment, key=lambda row: row["known"])
                       for moment in (since, until))
        batch = [{"prediction_id": row["id"], "value": row["label"],
                  "event_time": iso(row["known"])}
                 for row in self.by_label[first:last] if row.get("id") is not None]
        for k in range(0, len(batch), LABELS_PER_CALL):
            self.control.call("POST", f"/api/rondo/v1/endpoints/{self.endpoint}/feedback",
                              {"labels": batch[k : k + LABELS_PER_CALL]})
        return len(batch)

    def begin(self):
        """How far everything is settled, in a session whose every answer still counts."""
        answer = self.control.settled(self.endpoint)
        self.session = answer["session"]
        return parse(answer["settled"]) if answer.get("settled") else None

    def run(self, first_day, last_day, until=lambda: False):
        """Plays from first_day to last_day (noon to noon), and on until `until()` says so or the
        rows end. Returns the last moment played."""
        start = first_day + self.tick - DAY
        end = self.rows[-1]["event_time"] + DAY
        total = sum(1 for row in self.rows if row["event_time"] < last_day + self.tick)
        progress = Progress(total, "played")
        moment, position = start, 0
        self.begin()
        while moment < end and (moment < last_day + self.tick or not until()):
            after = moment + DAY
            try:
                if self.on_day:
                    self.on_day(moment)
                today = []
                while position < len(self.rows) and self.rows[position]["event_time"] < after:
                    today.append(self.rows[position])
                    position += 1
                self.predict_all(today)
                self.send_labels(moment, after)
                self.control.watermark(self.endpoint, iso(after), self.session)
            except (OSError, RondoError) as error:
                if isinstance(error, RondoError) and error.status < 500 and error.status != 409:
                    raise
                # The server was away, or is a new one: what it answered last may not be logged. Go
                # back to what is settled and play again from there.
                before = self.session
                settled = self.begin() or start
                if isinstance(error, RondoError) and error.status == 409 and self.session == before:
                    raise
                while position > 0 and self.rows[position - 1]["event_time"] >= settled:
                    position -= 1
                moment = max(settled, start)
                progress.done = position
                continue
            progress.add(len(today), iso(after)[:10])
            moment = after
        print(file=sys.stderr)
        return moment
