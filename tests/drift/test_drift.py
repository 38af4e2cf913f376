"""rondo drift on data of every awkward kind: a named state or a clear error, never a silent number."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from program import features, refusal, report, rondo

N = 2000


@pytest.fixture
def write(tmp_path):
    def write(name, **columns):
        path = tmp_path / f"{name}.csv"
        pd.DataFrame(columns).to_csv(path, index=False)
        return path
    return write


def base(rng, n=N, **more):
    return {"x": rng.normal(size=n), "w": rng.choice(["a", "b"], n)} | more


def findings(out, kind):
    return {f["column"]: f for f in out["findings"] if f["kind"] == kind}


def test_exit_codes_and_sentences(write):
    rng = np.random.default_rng(1)
    a, same = write("a", **base(rng)), write("same", **base(rng))
    moved = write("moved", **(base(rng) | {"x": rng.normal(size=N) + 1}))
    for path, code, first in [(same, 0, "No drift in 2 of 2 features."), (moved, 10, "1 of 2 features drifted.")]:
        done = rondo("drift", a, path)
        assert (done.returncode, done.stdout.decode().split("\n")[0]) == (code, first)
    # Evidently's preset asks for half of the columns.
    assert rondo("drift", a, moved, "--evidently").returncode == 10
    third = write("third", **(base(rng, y=rng.normal(size=N)) | {"x": rng.normal(size=N) + 1}))
    a3 = write("a3", **base(rng, y=rng.normal(size=N)))
    assert rondo("drift", a3, third).returncode == 10
    assert rondo("drift", a3, third, "--evidently").returncode == 0
    assert rondo("drift", a).returncode == 2


def test_the_same_files_give_the_same_bytes(write):
    rng = np.random.default_rng(2)
    a, b = write("a", **base(rng, 300)), write("b", **base(rng, 200))
    outs = {rondo("drift", a, b, "--json", "--threads", t).stdout for t in (1, 2, 7, 1)}
    assert len(outs) == 1


def test_too_few_rows_is_an_answer(write):
    rng = np.random.default_rng(3)
    out = report(write("a", **base(rng, 60)), write("b", **base(rng, 60)))
    assert {f["verdict"] for f in features(out).values()} == {"not_enough_data"}
    assert out["sentence"] == "Too few rows to tell whether anything drifted." and not out["drift"]
    one = report(write("c", x=[1.0]), write("d", x=[2.0]))
    assert features(one)["x"]["verdict"] == "not_enough_data"
    # A change beyond chance is seen all the same.
    far = report(write("e", x=rng.normal(size=60)), write("f", x=rng.normal(size=60) + 3))
    assert features(far)["x"]["verdict"] == "drift"


def test_a_trifle_among_many_rows_is_no_drift(write):
    rng = np.random.default_rng(4)
    out = report(write("a", x=rng.normal(size=200_000)), write("b", x=rng.normal(size=200_000) + 0.03), "--method", "ks")
    f = features(out)["x"]
    assert f["verdict"] == "no_drift" and f["evidence"]["p_value"] < 1e-5 and f["evidently"]["drifted"]


def test_the_most_evidence_stands_first(write):
    rng = np.random.default_rng(5)
    columns = {f"c{i}": i / 4 for i in range(5)}
    out = report(write("a", **{n: rng.normal(size=N) for n in columns}),
                 write("b", **{n: rng.normal(size=N) + s for n, s in columns.items()}))
    assert [f["name"] for f in out["windows"][0]["features"]][:3] == ["c4", "c3", "c2"]


def test_quality(write):
    rng = np.random.default_rng(6)
    n = N
    gaps = lambda share: np.where(rng.random(n) < share, np.nan, rng.normal(size=n))
    a = write("a", missing=gaps(0.01), gone=rng.normal(size=n), empty=gaps(0.01), const=rng.normal(size=n),
              kind=rng.integers(0, 99, n), w=rng.choice(["a", "b"], n), far=rng.random(n), inf=rng.normal(size=n),
              whole=rng.integers(0, 100, n))
    b = write("b", missing=gaps(0.1), new=rng.normal(size=n), empty=[None] * n, const=[7] * n,
              kind=rng.choice(["x", "y"], n), w=rng.choice(["a", "b", "c"], n, p=[0.45, 0.45, 0.1]),
              far=rng.random(n) * 1.2, inf=np.where(rng.random(n) < 0.1, np.inf, rng.normal(size=n)),
              whole=rng.integers(0, 100, n) + 0.5)
    out = report(a, b)
    assert out["drift"] and "The schema is broken: 3 errors." in out["sentence"]
    got = {(f["kind"], f["column"], f["severity"]) for f in out["findings"]}
    assert got >= {("missing_share", "missing", "warning"), ("missing_column", "gone", "error"),
                   ("extra_column", "new", "warning"), ("empty_column", "empty", "error"),
                   ("constant", "const", "warning"), ("type_changed", "kind", "error"), ("unseen", "w", "warning"),
                   ("out_of_range", "far", "warning"), ("infinite", "inf", "warning"),
                   ("type_changed", "whole", "note")}, got
    f = features(out)
    assert f["w"]["unseen_share"] == pytest.approx(0.1, abs=0.03)
    assert f["far"]["out_of_range_share"] == pytest.approx(1 / 6, abs=0.03)
    assert f["inf"]["current"]["infinite"] > 0 and np.isfinite(f["inf"]["evidence"]["effect"])
    assert f["kind"]["verdict"] == "not_compared" and "integer" in f["kind"]["note"]
    assert f["empty"]["note"] == "the current side has no value" and "evidently" not in f["empty"]
    severities = [x["severity"] for x in out["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_rows_that_repeat(write):
    rng = np.random.default_rng(7)
    a = write("a", **base(rng, 500))
    x = rng.normal(size=500)
    b = write("b", x=np.concatenate([x[:400], x[:100]]), w=["a"] * 500)
    out = report(a, b)
    assert (out["reference_duplicates"], out["current_duplicates"]) == (0, 100)
    assert findings(out, "duplicate_rows")[""]["severity"] == "warning"


def test_windows(write):
    rng = np.random.default_rng(8)
    a = write("a", **base(rng))
    day = np.repeat(["mon", "tue", "wed"], N)
    x = rng.normal(size=3 * N) + np.where(day == "wed", 1, 0)
    b = write("b", x=x, w=rng.choice(["a", "b"], 3 * N), day=day)
    out = report(a, b, "--by", "day")
    assert [(w["name"], w["rows"], w["drifted"]) for w in out["windows"]] == [("mon", N, 0), ("tue", N, 0), ("wed", N, 1)]
    assert out["sentence"] == "Drift in 1 of 3 windows."
    # A window is what a file of its rows alone would be, but for the adjustment over all of them.
    wed = features(report(a, write("wed", x=x[day == "wed"], w=pd.read_csv(b).w[day == "wed"])))
    assert features(out, 2)["x"]["evidently"] == wed["x"]["evidently"]
    assert features(out, 2)["x"]["evidence"]["p_value"] == wed["x"]["evidence"]["p_value"]
    assert "has more than 1,000 different values" in refusal("drift", a, b, "--by", "x")
    assert "no column 'q'" in refusal("drift", a, b, "--by", "q")


def test_columns_and_methods_by_name(write):
    rng = np.random.default_rng(9)
    a, b = write("a", **base(rng)), write("b", **base(rng))
    assert list(features(report(a, b, "--column", "w"))) == ["w"]
    f = features(report(a, b, "--method", "ks", "--threshold", "0.9"))
    assert f["x"]["evidently"]["threshold"] == 0.9 and f["w"]["note"] == "ks does not compare categorical columns"
    assert "neither file has a column 'q'" in refusal("drift", a, b, "--column", "q")
    assert "there is no method 'KS'; there are ks psi" in refusal("drift", a, b, "--method", "KS")
    assert "name it with --method" in refusal("drift", a, b, "--threshold", "0.1")
    assert "--effect has to be a number" in refusal("drift", a, b, "--effect", "2")


def test_files_without_anything_to_compare(write, tmp_path):
    rng = np.random.default_rng(10)
    a = write("a", **base(rng))
    (tmp_path / "header.csv").write_text("x,w\n")
    assert "the current file has no rows" in refusal("drift", a, tmp_path / "header.csv")
    assert "the reference has no rows" in refusal("drift", tmp_path / "header.csv", a)
    assert "no column in common" in refusal("drift", a, write("other", y=[1, 2]))
    assert "cannot open" in refusal("drift", a, tmp_path / "none.csv")
    assert "is a directory" in refusal("drift", a, tmp_path).lower()
    empty = report(write("e", x=[None, None]), write("f", x=[None, None]))
    assert features(empty)["x"]["verdict"] == "not_compared" and empty["sentence"] == "Nothing could be compared."


def test_constant_columns(write):
    out = report(write("a", x=[5.0] * N, w=["a"] * N), write("b", x=[5.0] * N, w=["b"] * N))
    f = features(out)
    assert f["x"]["verdict"] == "no_drift" and f["x"]["evidence"]["p_value"] == 1
    assert f["w"]["verdict"] == "drift" and f["w"]["evidence"]["effect"] == pytest.approx(np.log(2) ** 0.5)


def test_free_text_and_times_are_said_to_be_not_compared(write):
    n = 200
    a = write("a", t=pd.date_range("2026-01-01", periods=n), id=[f"user {i}" for i in range(n)], x=range(n))
    f = features(report(a, a))
    assert f["t"]["note"] == "points in time always move on" and f["id"]["kind"] == "text"
    assert {f[k]["verdict"] for k in ("t", "id")} == {"not_compared"} and f["x"]["verdict"] != "not_compared"


HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'&amp;", "a\u202eb", "</title></style>"]


def test_the_page_escapes_every_name_and_value(tmp_path):
    rng = np.random.default_rng(11)
    columns = {name: rng.choice(HOSTILE, N) for name in HOSTILE} | {"day": rng.choice(HOSTILE, N)}
    folder = tmp_path / "<b>"
    folder.mkdir()
    a = folder / "a<i>.csv"
    pd.DataFrame(columns).to_csv(a, index=False)
    for arguments in (["drift", a, a], ["drift", a, a, "--by", "day"], ["profile", a]):
        page = tmp_path / "page.html"
        assert rondo(*arguments, "--html", page).returncode == 0
        text = page.read_text()
        tags = set(re.findall(r"<(/?[a-zA-Z]+)", text))
        assert not {"img", "b>", "i>"} & tags and text.count("<script") == 1 and text.count("</title") <= 1 + text.count("<title>")
        assert "onerror=alert(1)>" not in text and "&lt;script&gt;" in text
        assert not re.search(r'(src|href)="(?!#)', text) and "@import" not in text and "url(" not in text


def test_json_is_json_whatever_the_names(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'"a""\n\xff",x\n1,2\n2,3\n')
    done = rondo("drift", tmp_path / "a.csv", tmp_path / "a.csv", "--json")
    assert done.returncode == 0 and {f["name"] for f in json.loads(done.stdout)["windows"][0]["features"]} >= {"x"}
