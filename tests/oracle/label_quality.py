"""Writes label_quality.json: likely label errors by cleanlab, for tests/metrics_oracle.rs.

    venv/bin/pip install -r tests/oracle/requirements.txt
    venv/bin/python tests/oracle/label_quality.py

cleanlab takes the most probable class of all where several are confident; the paper takes the most probable confident
one. Cases in which the two differ are left out.
"""

import json
import pathlib

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds

rng = np.random.default_rng(7)


def case():
    n, classes = int(rng.integers(8, 40)), int(rng.integers(2, 5))
    truth = rng.integers(0, classes, n)
    gold = np.where(rng.random(n) < 0.15, rng.integers(0, classes, n), truth)
    raw = rng.integers(1, 50, (n, classes)) + 40 * np.eye(classes, dtype=int)[truth]
    scores = raw / raw.sum(1, keepdims=True)
    if len(set(gold)) < classes:
        return None
    confident = scores >= get_confident_thresholds(gold, scores) - 1e-6
    best = scores.argmax(1)
    if (~confident[np.arange(n), best] & (confident.sum(1) > 1)).any():
        return None
    _, issues = compute_confident_joint(gold, scores, calibrate=False, return_indices_of_off_diagonals=True)
    return {"classes": classes, "gold": gold.tolist(), "raw": raw.tolist(), "issues": sorted(int(i) for i in issues)}


cases = [c for c in (case() for _ in range(300)) if c][:100]
path = pathlib.Path(__file__).with_name("label_quality.json")
path.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", sum(len(c["issues"]) for c in cases), "issues")
