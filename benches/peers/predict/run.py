#!/usr/bin/env python3
"""Speed of `toolkit predict` on raw news beside scikit-learn with the same features, on the same articles in the same run.

    cargo build --release && target/release/toolkit train data/labels.csv
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install scikit-learn
    /tmp/peers/bin/python benches/peers/predict/run.py [MEGABYTES]

Reads ../shared/data/raw (all five languages in turn, MEGABYTES of text, all unless told), which is no part of this repository. The toolkit
cleans, finds language, agency and date, counts all blocks, answers four topics and stance, and gives evidence; scikit-learn
counts words 1-2 and char_wb 3-5 and asks one LinearSVC a label, nothing else. Each figure is the best of three. Prints a
Markdown table.
"""
import csv
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
RAW = ROOT / "../shared/data/raw"
TOOLKIT = pathlib.Path(os.environ.get("TOOLKIT", ROOT / "target/release/toolkit"))
MODEL = pathlib.Path(os.environ.get("MODEL", ROOT / "models/model.safetensors"))
LANGUAGES = ["fa", "ar", "ru", "tr", "en"]
SMALL_FILES = 32_000

PEER = """
import csv, json, pathlib, sys, time
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC
root, articles = pathlib.Path(sys.argv[1]), sys.argv[2]
rows = list(csv.DictReader(open(root / "data/labels.csv", encoding="utf-8")))
texts = [r["text"] if r.get("text") else (root / "data" / r["path"]).read_text("utf-8") for r in rows]
labels = sorted({l for r in rows for l in r["topics"].split("|") if l and l != "none"})
stances = sorted({r["stance"] for r in rows if r["stance"]})
targets = [[l in r["topics"].split("|") for r in rows] for l in labels] + [[r["stance"] == s for r in rows] for s in stances]
features = FeatureUnion([
    ("words", TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)),
    ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)),
])
x = features.fit_transform(texts)
models = [LinearSVC().fit(x, t) for t in targets]
texts = [json.loads(line)["text"] for line in open(articles, encoding="utf-8")]
begun, used = time.perf_counter(), time.process_time()
for at in range(0, len(texts), 1000):
    rows = features.transform(texts[at:at + 1000])
    for model in models:
        model.decision_function(rows)
print(time.perf_counter() - begun, time.process_time() - used)
"""


def raw(megabytes):
    streams = []
    for language in LANGUAGES:
        unpacked = subprocess.Popen(["zstd", "-dc", RAW / f"{language}.jsonl.zst"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        streams.append(unpacked.stdout)
    size = 0
    for line in (line for lines in itertools.zip_longest(*streams) for line in lines if line):
        size += len(json.loads(line)["text"].encode())
        yield line, size
        if size >= megabytes * 1e6:
            return


def best(command, times=3):
    """Wall seconds, CPU seconds, peak MiB of the quickest of some runs."""
    runs = []
    for _ in range(times):
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        _, status, used = os.wait4(child.pid, 0)
        assert os.waitstatus_to_exitcode(status) in (0, 2), command
        runs.append((time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
    wall, cpu, peak = min(runs)
    return wall, cpu, f"{peak:.0f}"


def predict(*paths, threads):
    return [TOOLKIT, "predict", *paths, "--model", MODEL, "--threads", str(threads)]


def main():
    if not RAW.exists():
        sys.exit(f"skipped: {RAW} is not at hand")
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        articles, size, n = folder / "articles.jsonl", 0, 0
        small = folder / "small"
        small.mkdir()
        with open(articles, "wb") as out:
            for n, (line, size) in enumerate(raw(megabytes), 1):
                out.write(line)
        with open(articles, encoding="utf-8") as lines:
            heads = [json.loads(line)["text"][:600] for line in itertools.islice(lines, SMALL_FILES)]
        for i in range(SMALL_FILES):
            (small / f"{i:05}.txt").write_text(heads[i % len(heads)], "utf-8")
        print(f"{n:,} articles, {size / 1e6:.0f} MB of text, model of {MODEL.stat().st_size / 1e6:.0f} MB\n")
        print("| | wall s | CPU s | MB/s of wall | MB/s of CPU | articles/s | peak MiB |\n|---|---|---|---|---|---|---|")
        row = lambda name, wall, cpu, peak: print(
            f"| {name} | {wall:.2f} | {cpu:.2f} | {size / 1e6 / wall:.1f} | {size / 1e6 / cpu:.1f} | {n / wall:,.0f} | {peak} |", flush=True)
        for threads in (1, 2):
            row(f"toolkit, {threads} thread" + "s" * (threads > 1), *best(predict(articles, threads=threads)))
        peer = subprocess.run([sys.executable, "-c", PEER, ROOT, articles], capture_output=True, text=True, check=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
        row("scikit-learn, 1 thread, texts in memory", *map(float, peer.stdout.split()), "")
        files = sorted(small.iterdir())
        wall, _, peak = best(predict(small, threads=2))
        print(f"\n{len(files):,} files of up to 600 characters, 2 threads: {len(files) / wall:,.0f} a second, {peak} MiB.")
        starts = [best(predict(*files[:5], threads=2), 1)[0] for _ in range(31)]
        print(f"Cold start, 5 files: {sorted(starts)[15] * 1000:.1f} ms in the median of 31, {min(starts) * 1000:.1f} at best.")


main()
