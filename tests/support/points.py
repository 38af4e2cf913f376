"""Points of metrics as they lie in the database: an own reader of the format that
src/domain/series/packed.h describes."""

import struct


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self):
        value, shift = 0, 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def difference(self):
        number = self.number()
        return (number >> 1) ^ -(number & 1)

    def points(self):
        count, timestamp, step, places = self.number(), 0, 0, []
        for _ in range(count):
            timestamp += self.difference()
            step += self.difference()
            places.append((timestamp, step))
        values = struct.unpack_from(f"<{count}d", self.data, self.at)
        self.at += 8 * count
        return [(*place, value) for place, value in zip(places, values)]


def packed(value):
    """A blob of a row that went through JSON."""
    return bytes.fromhex(value.removeprefix("\\x"))


def points_of(tables):
    """{(run, key_id, timestamp, step, value)} of tables as lists of dicts."""
    found = set()
    for row in tables["metric_tail"]:
        if row["packed"] is None:
            found.add((row["run"], row["key_id"], row["timestamp_ms"], row["step"], row["value"]))
            continue
        data = Bytes(packed(row["packed"]))
        while data.at < len(data.data):
            key, length = data.number(), data.number()
            end = data.at + length
            found |= {(row["run"], key, *point) for point in data.points()}
            assert data.at == end, "points of another length than is told"
    for row in tables["metric_chunks"]:
        points = Bytes(packed(row["packed"])).points()
        assert len(points) == row["points"] and points == sorted(points)
        found |= {(row["run"], row["key_id"], *point) for point in points}
    return found
