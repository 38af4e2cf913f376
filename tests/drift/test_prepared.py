"""A prepared reference gives what the file gives that it was made of; a damaged one gives one clear line."""

import json
import os
import stat
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data_sets import METHODS
from program import refusal, rondo

N = 400


def table(rng, n=N, shift=0.0):
    gaps = lambda x, share=0.1: np.where(rng.random(n) < share, np.nan, x)
    words = np.array(["Berlin", "Paris", "Rome", 'a "quoted" one', "Zürich, CH", ""])
    return pd.DataFrame({
        "normal": rng.normal(size=n) + shift,
        "gaps": gaps(rng.normal(size=n) + shift),
        "infinite": np.where(rng.random(n) < 0.05, rng.choice([np.inf, -np.inf], n), rng.normal(size=n)),
        "zeros": rng.choice([0.0, -0.0, 1.5, -2.0], n),
        "whole": rng.integers(-30, 60, n),
        "few": rng.integers(0, 4, n),
        "two": rng.integers(0, 2, n) + 0.5,
        "large": rng.integers(2**53, 2**60, n),
        "flag": rng.random(n) < 0.3 + shift / 4,
        "flag_gaps": pd.array(np.where(rng.random(n) < 0.1, None, rng.random(n) < 0.5), dtype="object"),
        "city": rng.choice(words, n, p=np.array([5, 3, 2, 1, 1, 1]) / 13),
        "free": [f"{rng.integers(10**9)}" + "x" for _ in range(n)],
        "when": pd.date_range("2026-01-01", periods=n).astype(str),
        "constant": 1.5,
        "empty": [None] * n,
    })


def write(frame, path, nested=True):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        made = pa.Table.from_pandas(frame, preserve_index=False)
        if nested:
            made = made.append_column("nested", pa.array([[1, 2]] * len(frame)))
        pq.write_table(made, path)
    return path


def prepare(path):
    out = path.with_suffix(path.suffix + ".prepared")
    done = rondo("drift", "prepare", path, "-o", out, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["bytes"] == out.stat().st_size and facts["rows"] > 0
    return out


def same(raw, prepared, *rest):
    """Both give the same answer, but for the reference's name; returns it."""
    one, other = (rondo("drift", r, *rest) for r in (raw, prepared))
    assert one.returncode in (0, 10), one.stderr
    assert one.returncode == other.returncode, other.stderr
    assert one.stdout.replace(str(raw).encode(), b"R") == other.stdout.replace(str(prepared).encode(), b"R")
    return one.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("prepared"), np.random.default_rng(1)
    before, now = table(rng), table(rng, N - 60, 0.6)
    before = pd.concat([before, before[:7]])  # some rows repeat
    out = {}
    for end in (".csv", ".parquet"):
        raw = write(before, folder / f"reference{end}")
        out[end] = raw, prepare(raw), write(now, folder / f"current{end}"), now
    return out


@pytest.mark.parametrize("end", [".csv", ".parquet"])
def test_every_method_says_the_same(files, end, tmp_path):
    raw, prepared, current, _ = files[end]
    for method in [None, *METHODS]:
        flags = ["--method", method] if method else []
        out = json.loads(same(raw, prepared, current, "--json", *flags))
    assert end == ".parquet" or out["reference_duplicates"] == 7
    same(raw, prepared, current)
    pages = []
    for reference in (raw, prepared):
        rondo("drift", reference, current, "--html", tmp_path / "page.html")
        pages.append((tmp_path / "page.html").read_text().replace(str(reference), "R"))
    assert pages[0] == pages[1]


def test_what_is_written_is_as_open_as_other_files(files, tmp_path):
    raw, _, current, _ = files[".csv"]
    old = os.umask(0o027)
    try:
        rondo("drift", raw, current, "--html", tmp_path / "page.html")
        rondo("profile", raw, "--html", tmp_path / "profile.html")
        rondo("drift", "prepare", raw, "-o", tmp_path / "reference.prepared")
    finally:
        os.umask(old)
    for name in ("page.html", "profile.html", "reference.prepared"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o640, name


@pytest.mark.parametrize("reference", [".csv", ".parquet"])
@pytest.mark.parametrize("current", [".csv", ".parquet"])
def test_parts_of_the_columns_windows_and_other_kinds_of_file(files, reference, current, tmp_path):
    raw, prepared, _, now = files[reference]
    path = files[current][2]
    same(raw, prepared, path, "--json", "--by", "city")
    same(raw, prepared, path, "--json", "--by", "city", "--method", "TVD")
    same(raw, prepared, path, "--json", "--column", "gaps", "--column", "city")
    # Without some columns the rows that repeat are others: counted from the order of the rows.
    part = write(now[["few", "city", "infinite", "zeros"]], tmp_path / f"part{current}", nested=False)
    out = json.loads(same(raw, prepared, part, "--json"))
    assert out["reference_duplicates"] > 7
    # A type that changed.
    other = write(now.assign(few=now.city, city=now.normal, when=1), tmp_path / f"other{current}")
    same(raw, prepared, other, "--json")


def test_many_rows_and_all_threads(tmp_path):
    rng = np.random.default_rng(2)
    raw = write(table(rng, 30_000), tmp_path / "a.parquet")
    current = write(table(rng, 20_000, 0.2), tmp_path / "b.parquet")
    prepared = prepare(raw)
    for threads in ("1", "3"):
        same(raw, prepared, current, "--json", "--threads", threads)


def test_progress_is_for_terminals(tmp_path):
    rng = np.random.default_rng(3)
    raw = write(pd.DataFrame({f"c{i}": rng.normal(size=200_000) for i in range(10)}), tmp_path / "a.csv")
    for command in (["drift", raw, raw], ["profile", raw], ["drift", "prepare", raw, "-o", tmp_path / "p"]):
        assert rondo(*command).stderr == b""


def test_damage_is_one_clear_line(files, tmp_path):
    raw, prepared, current, _ = files[".csv"]
    good = prepared.read_bytes()
    path = tmp_path / "bad"
    said = set()
    rng = np.random.default_rng(4)
    for end in [*range(9, 60), *rng.integers(60, len(good), 60), len(good) - 1]:
        path.write_bytes(good[:end])
        said.add(refusal("drift", path, current))
    assert all("prepare the reference again" in line and str(path) in line for line in said), said
    # Every byte is covered: what is read alone by methods that shuffle rows is found by these.
    places = [*range(8, 16), *rng.integers(16, len(good), 150), *range(len(good) - 40, len(good))]
    unseen = 0
    for place in places:
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        done = rondo("drift", path, current)
        if done.returncode == 1:
            assert str(path) in done.stderr.decode() and done.stderr.count(b"\n") == 1
            continue
        unseen += 1
        assert same(prepared, path, current) and "is damaged" in refusal("drift", path, current, "--method", "TVD")
    assert 0 < unseen < len(places) / 2
    path.write_bytes(good[:8] + struct.pack("<I", 2) + good[12:])
    assert "has format 2" in refusal("drift", path, current) and "update rondo" in refusal("drift", path, current)


def test_what_is_no_table_is_named(files, tmp_path):
    raw, prepared, current, _ = files[".csv"]
    for command in (["drift", raw, prepared], ["profile", prepared], ["drift", "prepare", prepared, "-o", "x"]):
        assert "is a prepared reference" in refusal(*command)
    assert "cannot open" in refusal("drift", "prepare", tmp_path / "none", "-o", tmp_path / "x")
    (tmp_path / "header.csv").write_text("x,w\n")
    assert "has no rows" in refusal("drift", "prepare", tmp_path / "header.csv", "-o", tmp_path / "x")
    assert "x" not in [p.name for p in tmp_path.iterdir()]
    refusal("drift", "prepare", raw, "-o", tmp_path / "no/folder")
    assert rondo("drift", "prepare", raw).returncode == 2 and rondo("drift", raw).returncode == 2
