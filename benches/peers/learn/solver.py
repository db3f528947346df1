#!/usr/bin/env python3
"""The solver alone on the same rows, C and objective: called by run.py with `ROWS.csv BINARY`, needs scikit-learn and liblinear-official.

Rows are TF-IDF of words 1-2 (min_df 2, sublinear, rounded to 32 bits, columns by document frequency), one linear SVM with squared hinge a label, C = 1, the bias a
feature of value 1, one thread. LIBLINEAR solves a problem that is built once; only its `train` is timed. Objectives are those of the
weights returned, summed over the labels. Prints a Markdown table; SOLVER_LABELS=10 takes the ten most frequent labels only.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import numpy
from liblinear.liblinear import liblinear, parameter, problem, toPyModel
from scipy.sparse import csr_matrix
from sklearn.datasets import dump_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")
csv.field_size_limit(10**9)


def objective(rows, sign, weights, bias):
    lost = numpy.maximum(0, 1 - sign * (rows @ weights + bias))
    return 0.5 * (weights @ weights + bias * bias) + (lost * lost).sum()


def toolkit(binary, rows, gold, eps):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rows.svm"
        dump_svmlight_file(rows, gold, str(path), zero_based=False, multilabel=True)
        env = {**os.environ, "SOLVER_ROWS": str(path), "SOLVER_EPS": str(eps)}
        found = json.loads(subprocess.run([binary], env=env, capture_output=True, check=True, text=True).stdout)
        return found["seconds"], found["objective"]


def library(rows, gold, eps):
    prob, seconds, total = problem(numpy.ones(rows.shape[0]), rows, bias=1), 0.0, 0.0
    param = parameter(f"-s 1 -c 1 -B 1 -e {eps} -q")
    for k in range(gold.shape[1]):
        sign = numpy.where(gold[:, k] > 0, 1.0, -1.0)
        for i, value in enumerate(sign):
            prob.y[i] = value
        start = time.process_time()
        model = liblinear.train(prob, param)
        seconds += time.process_time() - start
        model = toPyModel(model)
        weights = numpy.array(model.w[: rows.shape[1] + 1]) * model.get_labels()[0]
        total += objective(rows, sign, weights[:-1], weights[-1])
    return seconds, total


def scikit_learn(rows, gold, tolerance):
    seconds, total = 0.0, 0.0
    for k in range(gold.shape[1]):
        model = LinearSVC(C=1, tol=tolerance)
        start = time.process_time()
        model.fit(rows, gold[:, k])
        seconds += time.process_time() - start
        total += objective(rows, numpy.where(gold[:, k] > 0, 1.0, -1.0), model.coef_[0], model.intercept_[0])
    return seconds, total


def main():
    path, binary = sys.argv[1:]
    articles = list(csv.DictReader(open(path, encoding="utf-8", newline="")))
    vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    rows = csr_matrix(vectors.fit_transform([r["text"] for r in articles]))
    # Columns by document frequency, as the toolkit numbers them; every solver gets these rows.
    rows = rows[:, numpy.argsort(-rows.getnnz(axis=0), kind="stable")].sorted_indices()
    rows.data = rows.data.astype(numpy.float32).astype(numpy.float64)
    gold = MultiLabelBinarizer().fit_transform([set(r["topic"].split("|")) - {""} for r in articles])
    gold = gold[:, numpy.argsort(-gold.sum(axis=0), kind="stable")[: int(os.environ.get("SOLVER_LABELS", gold.shape[1]))]]
    print(f"{rows.shape[0]} rows, {rows.shape[1]} columns, {rows.nnz / rows.shape[0]:.0f} values a row, {gold.shape[1]} labels\n")
    print("| solver | CPU seconds | times the toolkit's | objective | above the lowest |\n|---|---|---|---|---|")
    found = []
    for name, solve in (
        ("toolkit, eps 0.1", lambda: toolkit(binary, rows, gold, 0.1)),
        ("toolkit, eps 0.01", lambda: toolkit(binary, rows, gold, 0.01)),
        ("LIBLINEAR -s 1, eps 0.1", lambda: library(rows, gold, 0.1)),
        ("LIBLINEAR -s 1, eps 0.01", lambda: library(rows, gold, 0.01)),
        ("scikit-learn LinearSVC, tol 0.01", lambda: scikit_learn(rows, gold, 0.01)),
        ("scikit-learn LinearSVC, tol 0.0001 (default)", lambda: scikit_learn(rows, gold, 0.0001)),
    ):
        found.append((name, *solve()))
        print(f"{name}: {found[-1][1]:.2f} s", file=sys.stderr, flush=True)
    lowest = min(total for _, _, total in found)
    ours = found[1][1]
    for name, seconds, total in found:
        print(f"| {name} | {seconds:.2f} | {seconds / ours:.1f} | {total:.3f} | {total / lowest - 1:.1e} |", flush=True)


if __name__ == "__main__":
    main()
