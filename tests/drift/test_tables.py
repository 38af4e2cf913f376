"""Files as tables, beside pyarrow and pandas; and files that are broken or lie."""

import gzip
import random
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from program import number, profile, refusal, report

ROWS = 3000


def everything(rng):
    n = ROWS
    mask = rng.random(n) < 0.2
    stamps = pa.array(rng.integers(0, 2**40, n), pa.int64())
    return {
        "f64": pa.array(rng.normal(size=n)),
        "f64_gaps": pa.array(rng.normal(size=n), mask=mask),
        "f32": pa.array(rng.normal(size=n).astype(np.float32)),
        "f16": pa.array(rng.normal(size=n).astype(np.float16)),
        "i8": pa.array(rng.integers(-100, 100, n), pa.int8()),
        "i32_gaps": pa.array(rng.integers(-10**6, 10**6, n), pa.int32(), mask=mask),
        "i64": pa.array(rng.integers(-2**50, 2**50, n)),
        "u64": pa.array(rng.integers(0, 2**63, n).astype(np.uint64) * 2),
        "few": pa.array(rng.integers(0, 5, n)),
        "flag": pa.array(rng.random(n) < 0.3),
        "flag_gaps": pa.array(rng.random(n) < 0.3, mask=mask),
        "word": pa.array(rng.choice(["a", "b", "ü", ""], n)),
        "word_gaps": pa.array(rng.choice(["a", "b"], n), mask=mask),
        "long": pa.array([f"row {i}" for i in range(n)]),
        "decimal": pa.array([None if i % 7 == 0 else i for i in range(n)]).cast(pa.decimal128(30, 4)),
        "day": pa.array(rng.integers(0, 20000, n), pa.int32()).cast(pa.date32()),
        "ms": stamps.cast(pa.timestamp("ms")),
        "us": stamps.cast(pa.timestamp("us", tz="UTC")),
        "ns": stamps.cast(pa.timestamp("ns")),
        "nothing": pa.array([None] * n, pa.float64()),
        "empty_word": pa.array([None] * n, pa.string()),
        "infinite": pa.array(np.where(mask, np.inf, 1.0)),
    }


def expected(array):
    """Count, mean, smallest, largest, and how many different ones, as pandas has them."""
    if pa.types.is_temporal(array.type):
        unit = "us" if not pa.types.is_date(array.type) else None
        array = array.cast(pa.timestamp("us")) if unit is None else array.cast(
            pa.timestamp("us", getattr(array.type, "tz", None)), safe=False)
        array = array.cast(pa.int64())
    if pa.types.is_string(array.type):
        values = array.drop_null().to_pylist()
        return {"missing": array.null_count, "distinct": len(set(values))}
    values = np.array([float(v) for v in array.drop_null().to_pylist()])
    finite = values[np.isfinite(values)]
    out = {"missing": array.null_count, "distinct": len(set(finite)), "infinite": len(values) - len(finite)}
    if len(finite):
        out |= {"mean": finite.mean(), "min": finite.min(), "max": finite.max(), "median": np.median(finite)}
    return out


def check(path, columns):
    seen = profile(path)
    assert seen["rows"] == ROWS
    for name, array in columns.items():
        summary = seen["columns"][name]["summary"]
        for key, value in expected(array).items():
            assert number(summary.get(key, "nan")) == pytest.approx(value, rel=1e-12, abs=1e-12), (name, key)


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_parquet(tmp_path, codec, version, dictionary):
    columns = everything(np.random.default_rng(3))
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(columns), path, compression=codec, data_page_version=version, use_dictionary=dictionary,
                   row_group_size=1100, data_page_size=2000, write_batch_size=100)
    check(path, columns)


def test_legacy_timestamps_and_nested_columns(tmp_path):
    columns = {"t": pa.array(np.arange(ROWS, dtype="int64") * 10**15).cast(pa.timestamp("ns"))}
    more = columns | {"list": pa.array([[1, 2]] * ROWS), "map": pa.array([{"x": {"y": 1}}] * ROWS)}
    pq.write_table(pa.table(more | {"last": pa.array(range(ROWS))}), tmp_path / "t.parquet",
                   use_deprecated_int96_timestamps=True)
    check(tmp_path / "t.parquet", columns | {"last": pa.array(range(ROWS))})
    assert profile(tmp_path / "t.parquet")["columns"]["list"]["type"] == "unread"


def test_unusual_encodings_are_named(tmp_path):
    for encoding in ("DELTA_BINARY_PACKED",):
        pq.write_table(pa.table({"x": pa.array(range(100))}), tmp_path / "t.parquet", use_dictionary=False,
                       column_encoding={"x": encoding})
        assert "'x': it is delta or split encoded" in refusal("profile", tmp_path / "t.parquet")
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "b.parquet", compression="brotli")
    assert "Brotli" in refusal("profile", tmp_path / "b.parquet")


CSV = 'a,b,c,d,e,when\r\n1,1.5,x,true,,2026-01-02\r\n2,-3e2,"y, ""z""\nnext",False,,2026-01-02T10:20:30.5+01:00\r\n\r\n3,NaN,,TRUE,NA,\r\n'


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_csv(tmp_path, packed):
    path = tmp_path / f"t.csv{packed}"
    data = CSV.encode()
    if packed == ".gz":  # in two members
        data = gzip.compress(data[:30]) + gzip.compress(data[30:])
    if packed == ".zst":
        data = pa.compress(data, "zstd", asbytes=True)
    path.write_bytes(data)
    seen = profile(path)["columns"]
    assert {n: c["type"] for n, c in seen.items()} == {"a": "integer", "b": "number", "c": "text", "d": "boolean",
                                                       "e": "number", "when": "timestamp"}
    assert seen["b"]["summary"]["missing"] == 1 and seen["e"]["summary"]["missing"] == 3
    assert {t["value"] for t in seen["c"]["top"]} == {"x", 'y, "z"\nnext'}
    assert seen["when"]["summary"]["max"] == pd.Timestamp("2026-01-02T09:20:30.5").value / 1000


def test_a_large_csv_is_what_pandas_reads(tmp_path):
    rng = np.random.default_rng(5)
    n = 200_000  # more than one piece a thread
    table = pd.DataFrame({"x": rng.normal(size=n), "late": ["1"] * (n - 1) + ["not a number"],
                          "later": [1] * (n - 1) + [2.5], "w": rng.choice(["a", 'b "c"', "d,e", "f\ng"], n)})
    table.to_csv(tmp_path / "t.csv", index=False)
    seen = profile(tmp_path / "t.csv")
    assert seen["rows"] == n
    c = seen["columns"]
    assert [c[k]["type"] for k in table] == ["number", "text", "number", "text"]
    assert c["x"]["summary"]["mean"] == pytest.approx(table.x.mean(), rel=1e-12)
    assert c["x"]["summary"]["distinct"] == n and c["later"]["summary"]["max"] == 2.5
    assert {t["value"]: t["count"] for t in c["w"]["top"]} == dict(table.w.value_counts())
    assert c["late"]["summary"]["distinct"] == 2


@pytest.mark.parametrize("last, kind", [([5, 0.5, 1.5], "number"), ([5, 6, 7], "integer"), ([5, 0.5, "x"], "text"),
                                        (["True", 3, 0.25], "text"), ([0.5, 5, 2.5], "number")])
def test_a_column_that_is_empty_for_long_is_what_its_cells_are(tmp_path, last, kind):
    """Nothing is expected of it, so no cell may be taken for what the one before it was."""
    lines = ["a,b"] + [f"{i}," for i in range(400_000)] + [f"{i},{v}" for i, v in enumerate(last)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    seen = profile(tmp_path / "t.csv")["columns"]["b"]
    assert (seen["type"], seen["summary"]["missing"]) == (kind, 400_000)
    assert seen["summary"]["distinct"] == len(last)
    if kind != "text":
        assert (seen["summary"]["min"], seen["summary"]["max"]) == (min(last), max(last))


@pytest.mark.parametrize("text,says", [
    ("", "it is empty"),
    ("a,b\n1\n", "line 2 has 1 cells, the header 2"),
    ("a,a\n1,2\n", "its column 'a' stands twice"),
    ('a,b\n1,"open\n', "line 2: a quote is never closed"),
    ('a,b\n1,"x"y\n', "line 2: text after a closing quote"),
    ("a\0b\n1\n", "neither Parquet nor text"),
    (",".join(f"c{i}" for i in range(5000)) + "\n", "more than 4,096 columns"),
])
def test_broken_csv(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    assert says in refusal("profile", tmp_path / "t.csv")


def test_broken_packing(tmp_path):
    whole = gzip.compress(CSV.encode() * 200)
    for name, data in [("cut.csv.gz", whole[:-20]), ("bad.csv.gz", whole[:40] + b"\xff" * 9 + whole[49:]),
                       ("cut.csv.zst", pa.compress(CSV.encode() * 200, "zstd", asbytes=True)[:-9])]:
        (tmp_path / name).write_bytes(data)
        assert "bytes are damaged or cut" in refusal("profile", tmp_path / name)


def test_broken_parquet(tmp_path):
    pq.write_table(pa.table(everything(np.random.default_rng(3))), tmp_path / "t.parquet")
    whole = (tmp_path / "t.parquet").read_bytes()
    bad = tmp_path / "bad.parquet"
    for data, says in [(b"PAR1", "too short"), (whole[:-1], "its end is missing"), (whole[: len(whole) // 2], "PAR1"),
                       (b"nothing of the kind", "does not begin with PAR1"),
                       (whole[:-8] + struct.pack("<I", 2**31) + b"PAR1", "longer than the file"),
                       (whole[:-8] + struct.pack("<I", 20) + b"PAR1", "footer is damaged"),
                       (whole[:4] + whole[4000:], "bad.parquet"), (whole[:-4] + b"PARE", "encrypted")]:
        bad.write_bytes(data)
        assert says in refusal("profile", bad), data[:20]


def test_no_flipped_byte_crashes(tmp_path):
    """Whatever a byte becomes, there is a table or one line that says why not."""
    from program import rondo
    rng = random.Random(7)
    columns = {k: v.slice(0, 200) for k, v in everything(np.random.default_rng(3)).items()}
    for codec in ("none", "snappy"):
        pq.write_table(pa.table(columns), tmp_path / "t.parquet", compression=codec)
        whole = (tmp_path / "t.parquet").read_bytes()
        footer = struct.unpack("<I", whole[-8:-4])[0]
        for i in range(60):
            data = bytearray(whole)
            for _ in range(rng.choice([1, 1, 3])):
                # As often in the footer, which says where everything lies.
                at = rng.randrange(len(data)) if i % 2 else len(data) - 8 - rng.randrange(footer)
                data[at] = rng.randrange(256)
            (tmp_path / "bad.parquet").write_bytes(data)
            done = rondo("profile", tmp_path / "bad.parquet", "--json")
            assert done.returncode in (0, 1), (codec, i, done.returncode, done.stderr)
            assert done.returncode == 0 or done.stderr.splitlines()[-1].startswith(b"rondo: ")


def test_parquet_and_csv_say_the_same(tmp_path):
    rng = np.random.default_rng(9)
    for name, shift in (("a", 0), ("b", 0.5)):
        table = pd.DataFrame({"x": rng.normal(size=500) + shift, "i": rng.integers(0, 50, 500),
                              "w": rng.choice(["p", "q"], 500), "f": rng.random(500) < 0.5})
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        table.to_parquet(tmp_path / f"{name}.parquet")
    by_csv, by_parquet = (report(tmp_path / f"a.{e}", tmp_path / f"b.{e}") for e in ("csv", "parquet"))
    assert by_csv["windows"] == by_parquet["windows"]


def test_numbers_of_a_csv_file_are_the_nearest_doubles(tmp_path):
    """A column a number, read by Python beside: to the last bit, however it is written."""
    rng = random.Random(20)
    forms = ["{:.17g}", "{:.16f}", "{:.3e}", "{:.20e}", "{}", "{:.0f}", "{:+.8f}", "{:.25f}"]
    texts = [rng.choice(forms).format((rng.random() - 0.5) * 10 ** rng.randint(-25, 25)) for _ in range(4000)]
    texts += ["9007199254740993", "-0", "0.1", "1e22", "1e23", "123456789012345678901234567890", "4.9e-324", "1.7e308", ".5", "5."]
    for quote in ("", '"'):
        for begin in range(0, len(texts), 2000):
            part = texts[begin:begin + 2000]
            (tmp_path / "a.csv").write_text(",".join(f"c{i}" for i in range(len(part))) + "\r\n"
                                            + ",".join(quote + t + quote for t in part) + "\r\n")
            got = profile(tmp_path / "a.csv")["columns"]
            for i, text in enumerate(part):
                assert number(got[f"c{i}"]["summary"]["min"]) == float(text), text


def test_cells_of_every_shape_beside_pandas(tmp_path):
    """Random tables with quotes, line ends and separators in cells, over many pieces of the file."""
    for seed, (separator, end) in enumerate([(",", "\n"), (";", "\r\n"), ("\t", "\n")]):
        rng = np.random.default_rng(seed)
        n = 60_000
        words = np.array(["plain", "", "NA", 'say "so"', "two\nlines", "a,b;c\td", "\r\n", "'", 'end"', "ü"])
        frame = pd.DataFrame({"x": rng.normal(size=n), "w": rng.choice(words, n), "i": rng.integers(-9, 10**9, n),
                              "long": rng.choice([w * 30 for w in words], n), "g": rng.choice([np.nan, 0.5, 3], n)})
        frame.to_csv(tmp_path / "a.csv", index=False, sep=separator, lineterminator=end)
        want = pd.read_csv(tmp_path / "a.csv", sep=separator)
        got = profile(tmp_path / "a.csv")
        assert got["rows"] == n == len(want)
        for name in frame:
            assert got["columns"][name]["summary"].get("missing", 0) == want[name].isna().sum(), name
            assert got["columns"][name]["summary"]["distinct"] == want[name].nunique(), name
        for name in ("x", "i", "g"):
            summary = got["columns"][name]["summary"]
            assert [summary["min"], summary["max"]] == [want[name].min(), want[name].max()]
            assert summary["mean"] == pytest.approx(want[name].mean(), rel=1e-12)
        for name in ("w", "long"):
            counts = want[name].value_counts()
            assert {t["value"]: t["count"] for t in got["columns"][name]["top"]} == counts.to_dict()


def test_the_line_of_an_error_far_into_a_file(tmp_path):
    """Many pieces are read before it; lines within cells count."""
    for threads in ("1", "2", "5"):
        row = '1.5,"two\nlines",3\n'
        (tmp_path / "a.csv").write_text("x,w,i\n" + row * 400_000 + "1,2\n" + row * 1000)
        assert "line 800002 has 2 cells, the header 3" in refusal("drift", tmp_path / "a.csv", tmp_path / "a.csv",
                                                                  "--threads", threads)
        (tmp_path / "a.csv").write_text("x,w,i\n" + row * 400_000 + '1,"2" 3,4\n')
        assert "line 800002: text after a closing quote" in refusal("drift", tmp_path / "a.csv", tmp_path / "a.csv",
                                                                    "--threads", threads)
