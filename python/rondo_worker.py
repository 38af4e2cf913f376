"""Runs one Python model for a Rondo server. Standard library only; NumPy, pandas and MLflow come
from the model's own environment.

Started by the server as: python -I rondo_worker.py SOCKET ARENA MODEL_FOLDER
  SOCKET  descriptor of a SOCK_SEQPACKET socket: one small message a request, one a reply
  ARENA   descriptor of shared memory that holds the request and then the reply

Messages (little-endian): kind u32, reserved u32, bytes used in the arena u64, arena size u64.
Requests: columns as arrays, see `read_frame`. Replies: see `write_answer`.
"""

import json
import mmap
import os
import socket
import struct
import sys

MESSAGE = struct.Struct("<IIQQ")
READY, PREDICT, ANSWER, REFUSED, FAILED = 1, 2, 3, 4, 5
FLOAT32, FLOAT64, INT64, TEXT = 0, 1, 2, 3
REALS, FLOATS, INTEGERS, JSON_TEXTS = 0, 1, 2, 3


class Arena:
    """The shared memory; grows when an answer needs more room."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self.memory = mmap.mmap(descriptor, self.size)

    def follow(self, size):
        if size != self.size:
            self.memory.close()
            self.memory = mmap.mmap(self.descriptor, size)
            self.size = size

    def write(self, parts):
        total = sum(len(part) for part in parts)
        if total > self.size:
            os.ftruncate(self.descriptor, total)
            self.follow(total)
        position = 0
        for part in parts:
            self.memory[position : position + len(part)] = part
            position += len(part)
        return total


def read_frame(arena, numpy, pandas):
    """rows u32, columns u32; a column: type u8, name u32 + bytes, then its values: 8 (4 for
    float32) bytes each, or for text u32 + bytes each. Copied, so the arena is free afterwards."""
    memory = arena.memory
    rows, columns = struct.unpack_from("<II", memory, 0)
    position = 8
    frame = {}
    plain = {FLOAT32: "<f4", FLOAT64: "<f8", INT64: "<i8"}
    for _ in range(columns):
        kind, length = struct.unpack_from("<BI", memory, position)
        position += 5
        name = memory[position : position + length].decode()
        position += length
        if kind == TEXT:
            values = []
            for _ in range(rows):
                (length,) = struct.unpack_from("<I", memory, position)
                position += 4
                values.append(memory[position : position + length].decode())
                position += length
            frame[name] = values
        else:
            array = numpy.frombuffer(memory, plain[kind], rows, position).copy()
            position += array.nbytes
            frame[name] = array
    return pandas.DataFrame(frame)


def as_schema_types(frame, schema):
    """The types that the model's signature declares: integers and booleans come as int64."""
    if schema is None or not schema.has_input_names():
        return frame
    numpy_types = {"integer": "int32", "long": "int64", "boolean": "bool"}
    for column in schema.inputs:
        wanted = numpy_types.get(getattr(column.type, "name", ""))
        if wanted and column.name in frame and frame[column.name].dtype != wanted:
            frame[column.name] = frame[column.name].astype(wanted)
    return frame


def encode_answer(answer, rows, numpy):
    """kind u32, rows u32, width u32, then values (f64 or i64), or for texts u32 + bytes each."""
    if hasattr(answer, "to_numpy") and not hasattr(answer, "columns"):
        answer = answer.to_numpy()
    if hasattr(answer, "columns"):
        records = json.loads(answer.to_json(orient="records", date_format="iso"))
        return encode_texts([json.dumps(record) for record in records])
    array = numpy.asarray(answer)
    if array.dtype.kind in "fiub" and array.ndim in (1, 2) and array.shape[0] == rows:
        width = 1 if array.ndim == 1 else array.shape[1]
        if array.dtype.kind == "f":
            kind = FLOATS if array.dtype.itemsize == 4 else REALS
            values = numpy.ascontiguousarray(array, dtype="<f8")
        else:
            kind = INTEGERS
            values = numpy.ascontiguousarray(array, dtype="<i8")
        return [struct.pack("<III", kind, rows, width), values.tobytes()]
    items = array.tolist() if array.ndim >= 1 else answer
    if not isinstance(items, list) or len(items) != rows:
        raise ValueError(f"the model gave {type(answer).__name__} for {rows} rows")
    return encode_texts([json.dumps(item, default=str) for item in items])


def encode_texts(texts):
    parts = [struct.pack("<III", JSON_TEXTS, len(texts), 1)]
    for text in texts:
        data = text.encode()
        parts.append(struct.pack("<I", len(data)))
        parts.append(data)
    return parts


def main():
    connection = socket.socket(fileno=int(sys.argv[1]))
    arena = Arena(int(sys.argv[2]))

    def reply(kind, parts):
        used = arena.write(parts)
        connection.send(MESSAGE.pack(kind, 0, used, arena.size))

    def explain(error):
        return [f"{type(error).__name__}: {error}".encode()[:4000]]

    try:
        import mlflow.pyfunc
        import numpy
        import pandas

        model = mlflow.pyfunc.load_model(sys.argv[3])
        schema = model.metadata.get_input_schema()
    except BaseException as error:  # whatever stops the model from loading is its answer
        reply(FAILED, explain(error))
        return 1
    reply(READY, [])

    while True:
        data = connection.recv(MESSAGE.size)
        if len(data) < MESSAGE.size:
            return 0
        _, _, _, size = MESSAGE.unpack(data)
        arena.follow(size)
        try:
            frame = read_frame(arena, numpy, pandas)
            rows = len(frame)
            answer = model.predict(as_schema_types(frame, schema))
            parts = encode_answer(answer, rows, numpy)
        except Exception as error:
            reply(REFUSED, explain(error))
            continue
        reply(ANSWER, parts)


if __name__ == "__main__":
    sys.exit(main())
