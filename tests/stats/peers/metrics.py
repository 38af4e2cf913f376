"""Metrics beside scikit-learn, intervals beside statsmodels, the rest beside its definition."""

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from statsmodels.stats.proportion import proportion_confint

from .family import Family
from .two_sample import size


def draw_classes(rng):
    k, n = int(rng.integers(1, 7)), size(rng, 500)
    truth = rng.integers(0, k, size=n)
    answers = np.where(rng.random(n) < rng.random(), truth, rng.integers(0, k, size=n))
    return k, float(rng.choice([0.5, 1.0, 2.0])), truth, answers


def classification(k, beta, truth, answers, weights=None):
    if k == 1:  # scikit-learn calls the only class the positive one of two
        whole = len(truth) if weights is None else weights.sum()
        return [1, 1, 0, np.nan, *[1] * 9, 1, 1, 1, whole, whole]
    each = {"sample_weight": weights}
    named = {"beta": beta, "zero_division": 0, **each}
    kappa = metrics.cohen_kappa_score(truth, answers, **each)
    present = np.unique(np.concatenate([truth, answers]))
    if len(present) == 1:
        kappa = np.nan  # scikit-learn 1.9 answers differently from release to release
    out = [metrics.accuracy_score(truth, answers, **each),
           metrics.balanced_accuracy_score(truth, answers, **each),
           metrics.matthews_corrcoef(truth, answers, **each), kappa]
    for average in ("macro", "weighted", "micro"):
        out += metrics.precision_recall_fscore_support(truth, answers, average=average, **named)[:3]
    scores = metrics.precision_recall_fscore_support(truth, answers, labels=range(k), **named)
    out += list(np.transpose(scores).ravel())
    return out + list(metrics.confusion_matrix(truth, answers, labels=range(k), **each).ravel())


def draw_weights(rng, n, least=0.0):
    """Whole ones, whose sums meet the half exactly, or any; a few of no weight, or none at all."""
    weights = rng.integers(1, 4, size=n).astype(float) if rng.random() < 0.4 else \
        rng.exponential(size=n) * 10 ** rng.normal() + 1e-6
    if least == 0:
        weights[rng.random(n) < rng.choice([0, 0.3])] = 0
    if rng.random() < 0.03:
        weights[rng.integers(n)] = rng.choice([-1, np.nan, np.inf])
    return weights


def with_weights(draw, least=0.0):
    def drawn(rng):
        arguments = draw(rng)
        return *arguments, draw_weights(rng, len(arguments[-2]), least)
    return drawn


def weighted(peer):
    """scikit-learn takes negative weights in places, and a sum of 0; we never do."""
    def checked(*arguments):
        weights = arguments[-1]
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
            raise ValueError
        return peer(*arguments)
    return checked


def weighted_area(outcomes, scores, weights):
    if min(weights[outcomes == 1].sum(), weights[outcomes == 0].sum()) == 0:
        raise ValueError
    return [metrics.roc_auc_score(outcomes, scores, sample_weight=weights)]


def weighted_precision(outcomes, scores, weights):
    if weights[outcomes == 1].sum() == 0:
        raise ValueError
    return [metrics.average_precision_score(outcomes, scores, sample_weight=weights)]


def weighted_loss(f):
    def peer(outcomes, p, weights):
        if not ((p >= 0) & (p <= 1)).all():
            raise ValueError
        return [f(outcomes, p, sample_weight=weights)]
    return weighted(peer)


def draw_scores(rng):
    n = size(rng, 500)
    outcomes = rng.integers(0, 2, size=n) if rng.random() < 0.9 else np.full(n, rng.integers(2))
    scores = np.clip(0.5 + 0.2 * (outcomes - 0.5) + 0.25 * rng.normal(size=n), 0, 1)
    if rng.random() < 0.4:
        scores = np.round(scores, 1)
    if rng.random() < 0.03:
        scores[rng.integers(n)] = rng.choice([np.nan, np.inf, 2.0])
    return outcomes, scores


def need_both(f, least=1):
    def peer(outcomes, scores, *weights):
        if min(outcomes.sum(), (1 - outcomes).sum()) < least or not np.isfinite(scores).all():
            raise ValueError
        return f(outcomes, scores, *weights)
    return peer


def average_precision(outcomes, scores):
    if not outcomes.any():
        raise ValueError  # scikit-learn warns and says 0
    return [metrics.average_precision_score(outcomes, scores)]


def delong(outcomes, scores):
    """The structural components by their definition, pair by pair."""
    positive, negative = scores[outcomes == 1], scores[outcomes == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = (wins.mean(1).var(ddof=1) / len(positive) + wins.mean(0).var(ddof=1) / len(negative))
    return wins.mean(), np.sqrt(variance)


def draw_probabilities(rng):
    outcomes, scores = draw_scores(rng)
    return outcomes, scores


def in_range(f):
    def peer(outcomes, probabilities):
        if not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise ValueError
        return [f(outcomes, probabilities)]
    return peer


def draw_matrix(rng):
    k, n = int(rng.integers(2, 6)), size(rng, 200)
    p = rng.dirichlet(np.full(k, 0.7), size=n)
    truth = np.array([rng.choice(k, p=row) for row in p])
    return k, truth, p


def log_loss_classes(k, truth, p, weights=None):
    return [metrics.log_loss(truth, np.reshape(p, (-1, k)), labels=range(k), sample_weight=weights)]


def ovr(how, k, truth, p, weights=None):
    counted = truth if weights is None else truth[weights > 0]
    if len(np.unique(counted)) < k:
        raise ValueError
    p = np.reshape(p, (-1, k))
    each = {"sample_weight": weights}
    if k == 2:  # scikit-learn takes two classes as one column
        return [metrics.roc_auc_score(truth, p[:, 1], **each)]
    return [metrics.roc_auc_score(truth, p, multi_class="ovr", average=how, labels=range(k), **each)]


def draw_regression(rng):
    n = size(rng, 1000)
    truth = rng.normal(size=n) * 10 ** rng.normal() + rng.choice([0, 1e3])
    if rng.random() < 0.1:
        truth = np.full(n, rng.choice([0.1, 3.0]))
    predictions = truth + rng.normal(size=n) * 10 ** rng.normal()
    if rng.random() < 0.1:
        predictions = truth.copy()
    if rng.random() < 0.03:
        predictions[rng.integers(n)] = rng.choice([np.nan, np.inf])
    return truth, predictions


def regression(y, f, weights=None):
    each = {"sample_weight": weights}
    r2, explained = (metrics.r2_score(y, f, **each), metrics.explained_variance_score(y, f, **each))
    counted = slice(None) if weights is None else weights > 0
    if len(y) > 1 and np.ptp(y[counted]) == 0:  # rounding makes the variance of 0.1, 0.1 ... not quite 0
        r2 = 1.0 if (y == f)[counted].all() else 0.0
        explained = 1.0 if np.ptp((f - y)[counted]) == 0 else 0.0
    if len(y) == 1:
        r2 = explained = np.nan
    return [*(of(y, f, **each) for of in (
        metrics.mean_absolute_error, metrics.mean_squared_error, metrics.root_mean_squared_error,
        metrics.mean_absolute_percentage_error, metrics.median_absolute_error)),
            metrics.max_error(y, f), r2, explained]


def draw_query(rng):
    n = size(rng, 100)
    gains = rng.integers(0, 5, size=n).astype(float) * (rng.random(n) < rng.random())
    scores = rng.normal(size=n)
    if rng.random() < 0.5:
        scores = np.round(scores)
    return int(rng.choice([-1, 1, 3, 10])), gains, scores


def gain(f):
    def peer(k, gains, scores):
        k = None if k < 0 else k
        if len(gains) == 1:  # scikit-learn wants two documents
            return [float(gains[0] > 0) if f is metrics.ndcg_score else gains[0]]
        return [f([gains], [scores], k=k)]
    return peer


def draw_relevance(rng):
    k, gains, scores = draw_query(rng)
    return k, (gains > 2).astype(int), scores


def ranking(f):
    def peer(k, relevant, scores):
        order = np.argsort(-scores, kind="stable")
        ranked = relevant[order][:None if k < 0 else k]
        return [f(ranked, relevant)]
    return peer


def ranked_ap(ranked, relevant):
    places = np.flatnonzero(ranked) + 1
    return np.mean(np.arange(1, len(places) + 1) / places) if len(places) else 0.0


def without_ties(rng):
    outcomes, scores = draw_scores(rng)
    return -1, outcomes, rng.permutation(len(scores)).astype(float)


def sklearn_ap(k, outcomes, scores):
    return [metrics.average_precision_score(outcomes, scores) if outcomes.any() else 0.0]


def draw_reliability(rng):
    outcomes, scores = draw_scores(rng)
    return str(rng.choice(["uniform", "quantile"])), int(rng.integers(1, 20)), outcomes, scores


def reliability(rule, bins, outcomes, p):
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError
    share, mean = calibration_curve(outcomes, p, n_bins=bins, strategy=rule, pos_label=1)
    edges = (np.linspace(0, 1, bins + 1) if rule == "uniform" else
             np.percentile(p, np.linspace(0, 1, bins + 1) * 100))
    rows = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
    off = abs(share - mean)
    return [np.average(off, weights=rows[rows > 0]), off.max(), *np.transpose([share, mean]).ravel()]


def draw_isotonic(rng):
    n = size(rng, 200)
    x = np.round(rng.random(n), int(rng.choice([1, 3, 15])))
    y = (rng.random(n) < x).astype(float) if rng.random() < 0.7 else rng.normal(size=n) + x
    return x, y, np.concatenate([rng.random(10) * 1.4 - 0.2, x[:10]])


def isotonic(x, y, at):
    return IsotonicRegression(out_of_bounds="clip").fit(x, y).predict(at)


def twice(p):
    """Each row as p positive and 1 - p negative ones."""
    return np.repeat([1, 0], len(p)), np.concatenate([p, 1 - p])


def draw_cbpe(rng):
    p = rng.random(size(rng, 500)) ** 2
    return (rng.random(len(p)) < 0.3 + 0.4 * p).astype(int), p


def cbpe(answers, p):
    truth, weight = twice(p)
    answered = np.concatenate([answers, answers])
    named = {"sample_weight": weight, "zero_division": np.nan}
    return [metrics.accuracy_score(truth, answered, sample_weight=weight),
            metrics.precision_score(truth, answered, **named),
            metrics.recall_score(truth, answered, **named),
            metrics.recall_score(truth, answered, pos_label=0, **named),
            metrics.f1_score(truth, answered, **named)]


def draw_expected(rng):
    p = rng.random(size(rng, 300))
    scores = p + 0.2 * rng.normal(size=len(p))
    return (np.round(scores, 1) if rng.random() < 0.5 else scores), p


def expected(f):
    def peer(scores, p):
        truth, weight = twice(p)
        return [f(truth, np.concatenate([scores, scores]), sample_weight=weight)]
    return peer


def draw_proportion(rng):
    n = int(10 ** rng.uniform(0, 6))
    return int(rng.binomial(n, rng.random())), n, float(rng.choice([0.9, 0.95, 0.999]))


def proportion(method):
    def peer(k, n, confidence):
        low, high = proportion_confint(k, n, alpha=1 - confidence, method=method)
        return [0.0 if k == 0 else low, 1.0 if k == n else high]
    return peer


def bootstrap(confidence, values):
    """Another random sample of resamples: near, and no more."""
    rng = np.random.default_rng(7)
    means = values[rng.integers(0, len(values), size=(20000, len(values)))].mean(1)
    return np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])


FAMILIES = [
    Family("classification", draw_classes, classification, absolute=1e-14, cases=1000),
    Family("roc_auc", draw_scores, need_both(lambda y, s: [metrics.roc_auc_score(y, s)])),
    Family("roc_auc_estimate", draw_scores, need_both(delong, 2), absolute=1e-9,
           why="a perfect separation leaves a variance of 0, in which rounding shows"),
    Family("average_precision", draw_scores, average_precision),
    Family("log_loss", draw_probabilities, in_range(
        lambda y, p: metrics.log_loss(y, p, labels=[0, 1]))),
    Family("brier", draw_probabilities, in_range(
        lambda y, p: metrics.brier_score_loss(y, p, pos_label=1))),
    Family("log_loss_classes", draw_matrix, log_loss_classes, cases=500),
    Family("roc_auc_ovr", lambda r: (str(r.choice(["macro", "weighted"])), *draw_matrix(r)), ovr,
           cases=500),
    Family("regression", draw_regression, regression, absolute=1e-9,
           why="r2 is 1 less a ratio, so that its error is absolute"),
    Family("quantile_loss", lambda r: (float(r.random()), *draw_regression(r)), lambda q, y, f:
           [metrics.mean_pinball_loss(y, f, alpha=q)]),
    Family("classification", with_weights(draw_classes, least=1e-6), weighted(classification),
           absolute=1e-12, cases=1000, label="classification with weights",
           why="weights are summed in another order"),
    Family("roc_auc", with_weights(draw_scores), weighted(need_both(weighted_area)),
           label="roc_auc with weights"),
    Family("average_precision", with_weights(draw_scores), weighted(weighted_precision),
           label="average_precision with weights"),
    Family("log_loss", with_weights(draw_probabilities), weighted_loss(
        lambda y, p, **each: metrics.log_loss(y, p, labels=[0, 1], **each)),
           label="log_loss with weights"),
    Family("brier", with_weights(draw_probabilities), weighted_loss(
        lambda y, p, **each: metrics.brier_score_loss(y, p, pos_label=1, **each)),
           label="brier with weights"),
    Family("log_loss_classes", with_weights(draw_matrix), weighted(log_loss_classes), cases=500,
           label="log_loss_classes with weights"),
    Family("roc_auc_ovr", with_weights(
        lambda r: (str(r.choice(["macro", "weighted"])), *draw_matrix(r))), weighted(ovr), cases=500,
           label="roc_auc_ovr with weights"),
    Family("regression", with_weights(draw_regression), weighted(regression), absolute=1e-9,
           label="regression with weights", why="r2 is 1 less a ratio, so that its error is absolute"),
    Family("quantile_loss", with_weights(lambda r: (float(r.random()), *draw_regression(r))),
           weighted(lambda q, y, f, w: [metrics.mean_pinball_loss(y, f, alpha=q, sample_weight=w)]),
           label="quantile_loss with weights"),
    Family("ndcg", draw_query, gain(metrics.ndcg_score), absolute=1e-14),
    Family("dcg", draw_query, gain(metrics.dcg_score), absolute=1e-12),
    Family("ranked_average_precision", draw_relevance, ranking(lambda r, all: ranked_ap(r, all))),
    Family("ranked_average_precision", without_ties, sklearn_ap, cases=500,
           label="ranked_average_precision beside average_precision_score"),
    Family("reciprocal_rank", draw_relevance, ranking(
        lambda r, all: 1 / (np.flatnonzero(r)[0] + 1) if r.any() else 0.0)),
    Family("precision_at", draw_relevance, ranking(lambda r, all: r.mean())),
    Family("recall_at", draw_relevance, ranking(
        lambda r, all: r.sum() / all.sum() if all.any() else 0.0)),
    Family("reliability", draw_reliability, reliability, absolute=1e-12, cases=1000),
    Family("isotonic", draw_isotonic, isotonic, absolute=1e-12, cases=1000),
    Family("cbpe", draw_cbpe, cbpe),
    Family("expected_roc_auc", draw_expected, expected(metrics.roc_auc_score)),
    Family("expected_average_precision", draw_expected, expected(metrics.average_precision_score)),
    Family("wilson", draw_proportion, proportion("wilson"), absolute=1e-12),
    Family("clopper_pearson", draw_proportion, proportion("beta"), absolute=1e-12),
    Family("bootstrap_mean", lambda r: (0.9, r.normal(size=200)), bootstrap, absolute=0.03, cases=20,
           why="other random numbers"),
]
