"""Writes metrics.json: metrics and statistics by scikit-learn, scipy and statsmodels, for tests/metrics_oracle.rs.

    python3 -m venv venv && venv/bin/pip install -r tests/oracle/requirements.txt
    venv/bin/python tests/oracle/metrics.py

The Rust test reads the JSON only. Gold and decisions are strings of 0 and 1, `-` is "not annotated"; scores are
hundredths, so that ties are frequent.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
import statsmodels
from sklearn import metrics
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

warnings.filterwarnings("ignore")
NAN = float("nan")
rng = np.random.default_rng(20240301)


def number(x):
    x = float(x)
    return None if math.isnan(x) else float(f"{x:.15g}")


def multi_case():
    n, labels = int(rng.integers(3, 17)), int(rng.integers(1, 5))
    gold = (rng.random((n, labels)) < rng.choice([0.05, 0.3, 0.6])).astype(int)
    scores = np.clip(np.round(rng.random((n, labels)) * 0.7 + 0.3 * gold, 2), 0, 1)
    if rng.random() < 0.2:
        scores = np.round(scores, 1)
    decided = (scores >= 0.5).astype(int)
    mask = np.ones((n, labels), bool)
    if rng.random() < 0.3:
        mask = rng.random((n, labels)) > 0.3
        mask[0] = True
    return gold, scores, decided, mask


def label_metrics(gold, scores, decided):
    p, r, f, _ = metrics.precision_recall_fscore_support(gold, decided, average="binary", zero_division=NAN)
    both = len(set(gold)) == 2
    mcc = metrics.matthews_corrcoef(gold, decided) if both and len(set(decided)) == 2 else NAN
    return {
        "precision": number(p),
        "recall": number(r),
        "f1": number(f),
        "average_precision": number(metrics.average_precision_score(gold, scores)) if gold.any() else None,
        "roc_auc": number(metrics.roc_auc_score(gold, scores)) if both else None,
        "mcc": number(mcc),
        "log_loss": number(metrics.log_loss(gold, scores, labels=[0, 1])),
        "brier": number(np.mean((scores - gold) ** 2)),
        "calibration_error": number(calibration_error(gold, scores)),
    }


def calibration_error(gold, scores):
    """Ten equal-width bins, as torchmetrics and netcal define it."""
    edges = np.minimum((scores * 10).astype(int), 9)
    gaps = [abs(scores[edges == b].mean() - gold[edges == b].mean()) * (edges == b).sum() for b in set(edges)]
    return sum(gaps) / len(gold)


def overall(gold, scores, decided, mask):
    flat_gold, flat_decided, flat_scores = gold[mask], decided[mask], scores[mask]
    micro = metrics.precision_recall_fscore_support(flat_gold, flat_decided, average="binary", zero_division=NAN)
    per_label = [
        metrics.f1_score(gold[m, k], decided[m, k], zero_division=NAN)
        for k, m in enumerate(mask.T) if m.any()
    ]
    support = [gold[m, k].sum() for k, m in enumerate(mask.T) if m.any()]
    macro = np.nanmean(per_label) if not np.all(np.isnan(per_label)) else NAN
    weighted = np.nansum(np.array(per_label) * support) / sum(support) if sum(support) else NAN
    rows = [i for i in range(len(gold)) if mask[i].any()]
    article_f1 = [
        metrics.f1_score(gold[i, mask[i]], decided[i, mask[i]], zero_division=1.0) for i in rows
    ]
    exact = [np.array_equal(gold[i, mask[i]], decided[i, mask[i]]) for i in rows]
    return {
        "micro_precision": number(micro[0]),
        "micro_recall": number(micro[1]),
        "micro_f1": number(micro[2]),
        "macro_f1": number(macro),
        "weighted_f1": number(weighted),
        "article_f1": number(np.mean(article_f1)),
        "subset_accuracy": number(np.mean(exact)),
        "hamming_loss": number(metrics.hamming_loss(flat_gold, flat_decided)),
        "log_loss": number(metrics.log_loss(flat_gold, flat_scores, labels=[0, 1])),
        "brier": number(np.mean((flat_scores - flat_gold) ** 2)),
    }


def check_against_multilabel(gold, decided, expected):
    """Without a mask, scikit-learn's own multi-label averages must say the same."""
    f1 = lambda average, zero: metrics.f1_score(gold, decided, average=average, zero_division=zero)
    for name, average, zero in [("macro_f1", "macro", NAN), ("micro_f1", "micro", NAN), ("article_f1", "samples", 1.0)]:
        got = number(f1(average, zero))
        assert got == expected[name] or abs(got - expected[name]) < 1e-12, (name, got, expected[name])
    assert abs(metrics.accuracy_score(gold, decided) - expected["subset_accuracy"]) < 1e-12


def bits(matrix, mask=None):
    return ["".join("-" if mask is not None and not mask[i, j] else str(int(v)) for j, v in enumerate(row))
            for i, row in enumerate(matrix)]


def multi_cases(count):
    cases = []
    for _ in range(count):
        gold, scores, decided, mask = multi_case()
        expected = overall(gold, scores, decided, mask)
        if mask.all() and gold.shape[1] > 1:
            check_against_multilabel(gold, decided, expected)
        labels = [label_metrics(gold[m, k], scores[m, k], decided[m, k]) if m.any() else None
                  for k, m in enumerate(mask.T)]
        cases.append({
            "gold": bits(gold, mask), "decided": bits(decided),
            "scores": [[int(round(v * 100)) for v in row] for row in scores],
            "overall": expected, "labels": labels,
        })
    return cases


def single_cases(count):
    cases = []
    for _ in range(count):
        n, k = int(rng.integers(3, 20)), int(rng.integers(2, 5))
        gold = rng.integers(0, k, n)
        raw = rng.integers(1, 40, (n, k)) + 30 * np.eye(k, dtype=int)[gold]
        decided = raw.argmax(1)
        p = raw / raw.sum(1, keepdims=True)
        one = np.eye(k)[gold]
        expected = {
            "subset_accuracy": number(metrics.accuracy_score(gold, decided)),
            "micro_f1": number(metrics.f1_score(gold, decided, average="micro", labels=range(k))),
            "macro_f1": number(metrics.f1_score(gold, decided, average="macro", labels=range(k), zero_division=NAN)),
            "weighted_f1": number(metrics.f1_score(gold, decided, average="weighted", labels=range(k), zero_division=0)),
            "log_loss": number(metrics.log_loss(gold, p, labels=range(k))),
            "brier": number(np.mean(((p - one) ** 2).sum(1))),
        }
        confusion = metrics.confusion_matrix(gold, decided, labels=range(k)).tolist()
        cases.append({"classes": k, "gold": gold.tolist(), "raw": raw.tolist(), "overall": expected, "confusion": confusion})
    return cases


def mid_p(won, lost):
    n, k = won + lost, min(won, lost)
    if won == lost:
        return 1.0
    return min(1.0, 2 * scipy.stats.binom.cdf(k, n, 0.5) - scipy.stats.binom.pmf(k, n, 0.5))


def delong(gold, scores):
    """By the definition, all pairs: no shared code with the ranked sums in Rust."""
    pos, neg = scores[gold == 1], scores[gold == 0]
    wins = (pos[:, None] > neg[None, :]) + 0.5 * (pos[:, None] == neg[None, :])
    auc = wins.mean()
    error = math.sqrt(wins.mean(1).var(ddof=1) / len(pos) + wins.mean(0).var(ddof=1) / len(neg))
    z = scipy.stats.t.ppf(0.975, min(len(pos), len(neg)) - 1)
    half = z * error / (auc * (1 - auc))
    return [scipy.special.expit(scipy.special.logit(auc) - half), scipy.special.expit(scipy.special.logit(auc) + half)]


def on_logit_scale(value, error, positives):
    half = scipy.stats.t.ppf(0.975, positives - 1) * error / (value * (1 - value))
    return [number(scipy.special.expit(scipy.special.logit(value) + side * half)) for side in (-1, 1)]


def jackknife(gold, scores):
    """Infinitesimal jackknife of average precision: scikit-learn's value, differentiated by the weight of each article."""
    weighted = lambda i, step: metrics.average_precision_score(
        gold, scores, sample_weight=np.where(np.arange(len(gold)) == i, 1 + step, 1.0))
    slope = lambda i, step: (weighted(i, step) - weighted(i, -step)) / (2 * step)
    influence = np.array([(4 * slope(i, 5e-4) - slope(i, 1e-3)) / 3 for i in range(len(gold))])
    positives = gold.sum()
    error = math.sqrt((influence ** 2).sum() * positives / (positives - 1))
    return on_logit_scale(metrics.average_precision_score(gold, scores), error, positives)


def delong_cases(count):
    cases = []
    while len(cases) < count:
        gold = (rng.random(30) < 0.4).astype(int)
        scores = np.round(np.clip(rng.normal(0.4 + 0.2 * gold, 0.2), 0, 1), 2)
        if 1 < gold.sum() < 29 and 0 < metrics.roc_auc_score(gold, scores) < 1:
            cases.append({"gold": bits(gold[:, None]), "scores": [int(round(v * 100)) for v in scores],
                          "interval": [number(v) for v in delong(gold, scores)],
                          "precision_interval": jackknife(gold, scores)})
    return cases


def resampling_case():
    """One paired case: percentile interval of the F1 difference by scipy's bootstrap, exact permutation p."""
    n = 60
    gold = (rng.random(n) < 0.5).astype(int)
    a = np.where(rng.random(n) < 0.25, 1 - gold, gold)
    b = np.where(rng.random(n) < 0.15, 1 - gold, gold)
    differ = np.flatnonzero(a != b)
    keep = np.concatenate([differ[:11], np.flatnonzero(a == b)])
    gold, a, b = gold[keep], a[keep], b[keep]
    f1 = lambda g, d: 2 * (g & d).sum(-1) / (g.sum(-1) + d.sum(-1))
    statistic = lambda g, x, y, axis=-1: f1(g, y) - f1(g, x)
    interval = scipy.stats.bootstrap((gold, a, b), statistic, paired=True, method="percentile", vectorized=True,
                                     n_resamples=200_000, batch=20_000, rng=np.random.default_rng(1)).confidence_interval
    seen, extreme, total = statistic(gold, a, b), 0, 0
    for swaps in range(2 ** 11):
        swap = np.array([(swaps >> i) & 1 for i in range(11)] + [0] * (len(gold) - 11), bool)
        x, y = np.where(swap, b, a), np.where(swap, a, b)
        extreme += abs(statistic(gold, x, y)) >= abs(seen) - 1e-12
        total += 1
    return {"gold": bits([gold])[0], "baseline": bits([a])[0], "candidate": bits([b])[0],
            "difference": number(seen), "interval": [number(interval.low), number(interval.high)],
            "exact_p": number(extreme / total)}


def wilson(hits, n):
    return [number(v) for v in proportion_confint(hits, n, method="wilson")]


def main():
    holm_in = [sorted(rng.random(6).round(4).tolist(), key=lambda _: rng.random()) for _ in range(20)]
    pairs = [(0, 0), (5, 0), (0, 1), (7, 7), (12, 3), (40, 61), (300, 350), (5000, 5200), (100_000, 99_000)]
    counts = [(0, 1), (1, 1), (3, 3), (0, 9), (5, 9), (71, 100), (9_999, 10_000)]
    levels = [0.8, 0.9, 0.95, 0.99, 0.999]
    values = [rng.random(n).round(6).tolist() for n in (1, 2, 5, 40)]
    out = {
        "made_by": {m.__name__: m.__version__ for m in (np, scipy, sklearn, statsmodels)},
        "multi": multi_cases(1000),
        "single": single_cases(100),
        "mcnemar": [[won, lost, float(f"{mid_p(won, lost):.15g}")] for won, lost in pairs],
        "wilson": [[hits, n, *wilson(hits, n)] for hits, n in counts],
        "holm": [[p, [number(v) for v in multipletests(p, method="holm")[1]]] for p in holm_in],
        "normal": [[level, number(scipy.stats.norm.ppf(0.5 + level / 2))] for level in levels],
        "student": [[level, df, number(scipy.stats.t.ppf(0.5 + level / 2, df))] for level in levels for df in (1, 2, 3, 4, 13, 50, 999)],
        "quantile": [[v, q, number(np.quantile(v, q))] for v in values for q in (0.025, 0.5, 0.975)],
        "delong": delong_cases(30),
        "resampling": resampling_case(),
    }
    path = pathlib.Path(__file__).with_name("metrics.json")
    lines = []
    for key, value in out.items():
        body = json.dumps(value, separators=(",", ":")) if not isinstance(value, list) else \
            "[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in value) + "\n]"
        lines.append(f'"{key}": {body}')
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(path.stat().st_size, "bytes")


main()
