"""What sequential inference promises, on simulated streams that try to break it, and numbers that
its sources print."""

import math

import numpy as np
import pytest
from program import line_of, run

ALPHA = 0.05


def share_above(lines, threshold, place=-1):
    return np.mean([answer[place] >= threshold for answer in run(lines)])


def streams(rng, count, length, rates, split):
    """Units of both arms that fail at the same rates; `split` is the candidate's share."""
    out = []
    for _ in range(count):
        arms = rng.random(length) < split
        failed = rng.random(length) < rates
        out.append(line_of("unit_evidence", (arms.astype(int), failed.astype(int), split)))
    return out


# Largest share of 600 streams allowed: alpha and three standard deviations.
LIMIT = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 600)


def test_rollback_evidence_keeps_its_error_through_a_ramp():
    """The split goes from 5 % to 50 % while the base rate doubles: what breaks a z-test."""
    rng = np.random.default_rng(1)
    n = 3000
    split = np.where(np.arange(n) < n // 2, 0.05, 0.5)
    rates = np.where(np.arange(n) < n // 2, 0.1, 0.2)
    assert share_above(streams(rng, 600, n, rates, split), 1 / ALPHA) <= LIMIT
    # The naive test on the sums of both arms is wrong nearly always, so the streams do bite.
    naive = 0
    for _ in range(100):
        arms, failed = rng.random(n) < split, rng.random(n) < rates
        p, q = failed[arms].mean(), failed[~arms].mean()
        pooled = failed.mean()
        naive += (p - q) / math.sqrt(pooled * (1 - pooled) * (1 / arms.sum() + 1 / (~arms).sum())) > 1.645
    assert naive > 90


def test_rollback_evidence_finds_a_bad_candidate():
    rng = np.random.default_rng(2)
    lines = []
    for _ in range(100):
        arms = rng.random(8000) < 0.05
        failed = rng.random(8000) < np.where(arms, 0.2, 0.1)
        lines.append(line_of("unit_evidence", (arms.astype(int), failed.astype(int), np.full(8000, 0.05))))
    assert share_above(lines, 1 / ALPHA) > 0.9


def test_guardrail_tolerates_what_it_is_told():
    """Failures at 1.2 times the champion's rate: rejected at a margin of 1, and not at 1.2."""
    rng = np.random.default_rng(6)
    rhos = np.where(np.arange(3000) < 1500, 0.1, 0.5)
    arms = [(rng.random(3000) < 1.2 * rhos / (1 - rhos + 1.2 * rhos)).astype(int) for _ in range(600)]
    within = share_above([line_of("guardrail", (1.2, a, rhos)) for a in arms], 1 / ALPHA)
    beyond = share_above([line_of("guardrail", (1.0, a, rhos)) for a in arms], 1 / ALPHA)
    assert within <= LIMIT and beyond > 0.5


def test_weighted_bets_keep_their_error_and_find_harm():
    """Equal means but unlike shapes, while split and level move together."""
    rng = np.random.default_rng(7)
    n = 3000
    rhos, level = np.where(np.arange(n) < n // 2, 0.05, 0.5), 1 + (np.arange(n) >= n // 2)
    lines, harmed = [], []
    for _ in range(600):
        arms = rng.random(n) < rhos
        y = np.where(arms, (rng.random(n) < 0.2 * level).astype(float), 0.4 * level * rng.random(n))
        lines.append(line_of("weighted_bets", (arms.astype(int), y, rhos)))
        worse = np.where(arms, np.minimum(1, y + 0.15), y)
        harmed.append(line_of("weighted_bets", (arms.astype(int), worse, rhos)))
    assert share_above(lines, 1 / ALPHA) <= LIMIT
    assert share_above(harmed[:100], 1 / ALPHA) > 0.9


def test_hedged_sequence_covers():
    rng = np.random.default_rng(3)
    lines = [line_of("hedged", (ALPHA, 200, rng.beta(1, 4, size=300))) for _ in range(300)]
    answers = np.array(run(lines))
    missed = np.mean((answers[:, 0] > 0.2) | (answers[:, 1] < 0.2))
    assert missed <= ALPHA and np.mean(answers[:, 1] - answers[:, 0]) < 0.16


@pytest.mark.parametrize("kind", ["sr", "cusum"])
def test_detector_seldom_alarms_and_finds_a_change(kind):
    rng = np.random.default_rng(4)
    quiet = [line_of("first_alarm", (kind, 0.1, 0.01, (rng.random(4000) < 0.1).astype(float)))
             for _ in range(300)]
    # At least 1 / alpha = 100 rows in the mean; cut at 4000 it is only more.
    assert np.mean(run(quiet)) > 100
    changed = [line_of("first_alarm", (kind, 0.1, 0.01, (rng.random(4000) < np.where(
        np.arange(4000) < 50, 0.1, 0.4)).astype(float))) for _ in range(100)]
    assert np.median(run(changed)) < 110


@pytest.mark.parametrize("spending", ["obrien", "pocock", "power"])
@pytest.mark.parametrize("sides", ["one", "two"])
def test_group_sequential_spends_alpha(spending, sides):
    rng = np.random.default_rng(5)
    lines = []
    for looks in (1, 2, 5, 14, 28):
        t = np.sort(rng.random(looks))
        t[-1] = 1
        lines.append(line_of("group_sequential", (spending, sides, ALPHA, t)))
    for answer in run(lines):
        assert abs(answer[-1] - ALPHA) < 1e-6, answer


def test_group_sequential_last_bounds():
    """O'Brien and Fleming's last bound at 14 and 28 even looks, one-sided 0.025."""
    lines = [line_of("group_sequential", ("obrien", "one", 0.025, np.arange(1, k + 1) / k))
             for k in (14, 28)]
    assert np.allclose([a[-2] for a in run(lines)], [2.103, 2.139], atol=6e-4)


def test_numbers_of_gbstats():
    """Relative effects of means (N* = 1000) and of proportions (5000), as its own tests have them."""
    def moments(total, squares, n):
        return total / n, (squares - total * total / n) / (n - 1) / n

    def sequence(a, b, n_opt):
        (x, vx), (y, vy) = a, b
        error = math.sqrt(vy / x**2 + vx * y**2 / x**4)
        (bounds,) = run([line_of("asymptotic_sequence", (y / x - 1, error, 6461, 0.05, n_opt))])
        return bounds

    low, high = sequence(moments(1396.87, 52377.9767, 3000), moments(2422.7, 134698.29, 3461), 1000.0)
    assert (round(low, 5), round(high, 5)) == (-0.55844, 1.56516)
    p, q = 1396 / 3000, 2422 / 3461
    low, high = sequence((p, p * (1 - p) / 3000), (q, q * (1 - q) / 3461), 5000.0)
    assert (round(low, 5), round(high, 5)) == (0.40098, 0.60675)


def test_numbers_of_confseq():
    first = np.arange(1, 1001, dtype=float)
    lines = [line_of("quantile_ab", (0.5, 100.0, first, first + s)) for s in (70, 85, 100)]
    lines.append(line_of("quantile_ab", (0.9, 100.0, first, first + 55)))
    got = [a[0] for a in run(lines)]
    assert np.allclose(got, [0.814704, 0.0838055, 0.0054947, 0.0340463], rtol=1e-5)
    (bounds,) = run([line_of("bernoulli_sequence", (700, 1000, 0.05, 100.0))])
    assert np.allclose(bounds, [0.651629, 0.745949], atol=1e-6)
