"""Writes solvers.json: optimal objectives by scikit-learn on small sparse problems. Run once; the test needs no Python.

    pip install scikit-learn==1.9.1 && python tests/oracle/make_solvers.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

rng = np.random.default_rng(20261122)
n, d = 60, 40
dense = np.where(rng.random((n, d)) < 0.2, rng.random((n, d)), 0.0).astype(np.float32)
dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-6)
dense = np.round(dense, 4).astype(np.float64)
truth = rng.normal(size=(d, 3))
score = dense @ truth + 0.3 * rng.normal(size=(n, 3))
multi = score > np.quantile(score, 0.7, axis=0)
single = score.argmax(axis=1)
weights = np.round(rng.uniform(0.5, 2.0, n), 3)
x = np.hstack([dense, np.ones((n, 1))])  # the bias is the weight of a constant feature, regularised like the others

cases = []
for c in (0.1, 1.0, 10.0):
    for balanced in (False, True):
        for k in range(3):
            y = np.where(multi[:, k], 1, -1)
            side = np.ones(n)
            if balanced:
                for s in (-1, 1):
                    side[y == s] = weights.sum() / (2 * weights[y == s].sum())
            cost = c * side * weights
            logistic = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-12, max_iter=100000, solver="newton-cg").fit(x, y, cost)
            w = logistic.coef_[0]
            value = 0.5 * w @ w + (cost * np.logaddexp(0, -y * (x @ w))).sum()
            cases.append({"loss": "logistic", "c": c, "balanced": balanced, "label": k, "objective": value})
            svm = LinearSVC(C=1.0, fit_intercept=False, tol=1e-10, max_iter=1000000, loss="squared_hinge", dual=True).fit(x, y, cost)
            w = svm.coef_[0]
            value = 0.5 * w @ w + (cost * np.maximum(0, 1 - y * (x @ w)) ** 2).sum()
            cases.append({"loss": "squared_hinge", "c": c, "balanced": balanced, "label": k, "objective": value})
        side = np.ones(n)
        if balanced:
            for s in range(3):
                side[single == s] = weights.sum() / (3 * weights[single == s].sum())
        cost = c * side * weights
        softmax = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-12, max_iter=100000, solver="newton-cg").fit(x, single, cost)
        z = x @ softmax.coef_.T
        log_sum = np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1)
        value = 0.5 * (softmax.coef_**2).sum() + (cost * (log_sum - z[np.arange(n), single])).sum()
        cases.append({"loss": "multinomial", "c": c, "balanced": balanced, "label": 0, "objective": value})

out = {"scikit_learn": sklearn.__version__, "rows": dense.tolist(), "multi": multi.tolist(), "single": single.tolist(), "weights": weights.tolist(), "cases": cases}
pathlib.Path(__file__).with_name("solvers.json").write_text(json.dumps(out))
