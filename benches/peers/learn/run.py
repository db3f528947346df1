#!/usr/bin/env python3
"""Speed and quality of `toolkit train` beside scikit-learn, LIBLINEAR and Vowpal Wabbit, on the same files in the same run, one thread each.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install scikit-learn liblinear-official vowpalwabbit
    /tmp/peers/bin/python benches/peers/learn/run.py hamshahri_rss ohsumed
    /tmp/peers/bin/python benches/peers/learn/run.py solver=reuters21578 fit=reuters21578

`fit=SET` compares one fit from texts to a model with settings given (words 1-2, min_df 2, squared hinge, C = 1; CPU seconds without reading the
file); it builds benches/features.rs, or takes the program FEATURES names.
`solver=SET` compares the solver alone on the same rows (see solver.py); it builds benches/solver.rs, or takes the program SOLVER names.
TOOLKIT names another program than target/release/toolkit.

Reads the training part of public sets in ../shared/data where it is at hand (needs `zstd`); none of it is part of this repository.
The toolkit chooses its settings by itself; beside it stand one fit of scikit-learn with settings given, and a grid of the
same width as an expert would search. Quality is out-of-fold macro-F1 on the training part, so no test part is touched.
Seconds are CPU seconds of the process, memory its peak. Prints a Markdown table.
"""
import csv
import io
import pathlib
import json
import os
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
DATA = ROOT / "../shared/data/topic"
TOOLKIT = os.environ.get("TOOLKIT", ROOT / "target/release/toolkit")
PEERS = {
    "one fit": "scikit-learn, one fit",
    "grid": "scikit-learn, grid of 16",
    "liblinear": "LIBLINEAR, one fit",
    "vw": "Vowpal Wabbit, 5 passes",
}
SINGLE = {"hamshahri_rss", "ttc3600", "ohsumed", "newsgroups20"}

PEER = """
import csv, json, os, pickle, sys, tempfile, warnings
warnings.filterwarnings("ignore")
csv.field_size_limit(10**9)
import numpy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
path, what = sys.argv[1:]
rows = list(csv.DictReader(open(path, encoding="utf-8")))
texts, labels = [r["text"] for r in rows], numpy.array([r["topic"] for r in rows])
words = dict(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
chars = dict(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
folds = StratifiedKFold(3, shuffle=True, random_state=1)
score, size = None, None
if what == "one fit":
    model = make_pipeline(TfidfVectorizer(**words), LinearSVC()).fit(texts, labels)
    size = len(pickle.dumps(model))
elif what == "grid":
    best = None
    for block in (words, chars):
        rows = TfidfVectorizer(**block).fit_transform(texts)
        search = GridSearchCV(LinearSVC(), {"C": [0.1, 0.3, 1.0, 3.0], "class_weight": [None, "balanced"]}, cv=folds, scoring="f1_macro").fit(rows, labels)
        if best is None or search.best_score_ > best[0]:
            best = (search.best_score_, search.best_params_, rows)
    score = f1_score(labels, cross_val_predict(LinearSVC(**best[1]), best[2], labels, cv=folds), average="macro")
elif what == "vw":
    import re
    from vowpalwabbit import Workspace
    names = sorted(set(labels))
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/model"
        vw = Workspace(f"--oaa {len(names)} --loss_function hinge --ngram 2 -b 20 --quiet -f {path}")
        lines = [f"{names.index(l) + 1} | " + " ".join(re.findall(r"\\w+", t.lower())) for t, l in zip(texts, labels)]
        for _ in range(5):
            for line in lines:
                vw.learn(line)
        vw.finish()
        size = os.path.getsize(path)
else:
    from liblinear.liblinearutil import train
    from scipy.sparse import csr_matrix
    rows = csr_matrix(TfidfVectorizer(**words).fit_transform(texts))
    names = sorted(set(labels))
    train([float(names.index(l)) for l in labels], rows, "-s 1 -c 1 -e 0.1 -B 1 -q")
print(json.dumps([score, size]))
"""


def training_part(name, folder):
    csv.field_size_limit(10**9)
    alone = DATA / f"{name}_train.csv.zst"
    source = alone if alone.exists() else DATA / f"{name}.csv.zst"
    text = subprocess.run(["zstd", "-dcq", source], capture_output=True, check=True).stdout.decode()
    path = folder / f"{name}.csv"
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, ["text", "topic"])
        w.writeheader()
        w.writerows({"text": r["text"], "topic": r["labels"]} for r in csv.DictReader(io.StringIO(text)) if r["split"] != "test")
    return path


ONE_FIT = """
import csv, sys, time, warnings
warnings.filterwarnings("ignore")
csv.field_size_limit(10**9)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
texts, found = [r["text"] for r in rows], [set(r["topic"].split("|")) for r in rows]
labels = sorted(set().union(*found) - {""})
begun = time.process_time()
rows = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(texts)
for label in labels:
    LinearSVC(C=1).fit(rows, [label in own for own in found])
print(time.process_time() - begun)
"""


def measured(*command):
    """Output, CPU seconds and peak MiB of one process on one thread."""
    env = {**os.environ, **{v: "1" for v in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}}
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.PIPE, env=env)
        errors = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{command[0]}: {errors}")
        out.seek(0)
        return out.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def line(name, what, seconds, memory, size, score, ours):
    shown = "-" if score is None else f"{score:.3f}"
    model = "-" if size is None else f"{size / 2**20:.1f}"
    print(f"| {name} | {what} | {seconds:.1f} | {seconds / ours:.2f} | {memory:.0f} | {model} | {shown} |", flush=True)


def compare(name, folder):
    path = training_part(name, folder)
    model = folder / f"{name}.safetensors"
    _, ours, memory = measured(TOOLKIT, "train", path, "-o", model, "--label", "topic:single")
    report = json.loads(model.with_suffix(".report.json").read_text(encoding="utf-8"))
    line(name, "toolkit, all settings chosen", ours, memory, model.stat().st_size, report["tasks"][0]["overall"]["macro_f1"]["value"], ours)
    for what, title in PEERS.items():
        output, seconds, memory = measured(sys.executable, "-c", PEER, path, what)
        score, size = json.loads(output.strip().split("\n")[-1])
        line(name, title, seconds, memory, size, score, ours)


def bench(name):
    """The program of a bench: the one that a variable of its name in capitals names, or built."""
    program = os.environ.get(name.upper())
    if program is None:
        built = subprocess.run(["cargo", "build", "--release", "--bench", name, "--message-format", "json"], cwd=ROOT, capture_output=True, check=True, text=True)
        messages = [json.loads(message) for message in built.stdout.splitlines()]
        program = next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == name)
    return program


def solver(name, folder):
    """The solver alone: one process, so that all solve the same rows."""
    program, path = bench("solver"), training_part(name, folder)
    print(f"\n{name}: ", end="", flush=True)
    print(measured(sys.executable, pathlib.Path(__file__).parent / "solver.py", path, program)[0])


def one_fit(name, folder):
    """Texts to a model, best of three each."""
    program, path = bench("features"), training_part(name, folder)
    ours = min((json.loads(measured("env", f"ONE_FIT={path}", program)[0]) for _ in range(3)), key=lambda found: found["seconds"])
    theirs = min(float(measured(sys.executable, "-c", ONE_FIT, path)[0]) for _ in range(3))
    print(f"\n{name}, one fit: toolkit {ours['seconds']:.2f} s (rows {ours['counting']:.2f}, model {ours['learning']:.2f}), scikit-learn {theirs:.2f} s, {theirs / ours['seconds']:.1f} times")


def main(names):
    if not DATA.is_dir():
        raise SystemExit("../shared/data is not here: nothing to measure on")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sets = [name for name in names if "=" not in name]
        for name in sets:
            if name not in SINGLE:
                raise SystemExit(f"{name}: only sets with one label an article: {', '.join(sorted(SINGLE))}")
        if sets:
            print("| set | what | CPU seconds | times the toolkit's | peak MiB | model MiB | out-of-fold macro-F1 |\n|---|---|---|---|---|---|---|")
        for name in sets:
            compare(name, folder)
        for name in names:
            what, _, of = name.partition("=")
            if of:
                {"solver": solver, "fit": one_fit}[what](of, folder)


main(sys.argv[1:] or ["hamshahri_rss", "ohsumed"])
