#!/usr/bin/env python3
"""Quality on real articles, with defaults only, as a user would run the command.

    cargo build --release && python3 benches/quality/run.py [real-news] [transfer] [curve] [sib200] [text]

Reads ../shared/data where it is at hand; none of it is part of this repository. Needs `zstd` for sib200. Prints Markdown tables.
"""
import csv
import io
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "../shared/data"
TOOLKIT = pathlib.Path(os.environ.get("TOOLKIT", ROOT / "target/release/toolkit")).resolve()
work = pathlib.Path(tempfile.mkdtemp())


def toolkit(*args):
    done = subprocess.run([TOOLKIT, *map(str, args)], capture_output=True, text=True, cwd=work)
    if done.returncode not in (0,):
        raise SystemExit(f"toolkit {' '.join(map(str, args))}: {done.stderr}")
    return done.stdout


def write(name, rows, fields):
    path = work / name
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, fields)
        w.writeheader()
        w.writerows(rows)
    return path


def train(labels, *options):
    model = work / f"{'-'.join([labels.stem, *(o.strip('-') for o in options)])}.safetensors"
    toolkit("train", labels, "-o", model, *options)
    return model


def metric(report, task, name="macro_f1", label=None):
    report = json.loads(pathlib.Path(report).read_text(encoding="utf-8"))
    for t in report["tasks"]:
        if t["outcomes"]["task"]["name"] == task:
            if label:
                return next(l for l in t["labels"] if l["label"] == label)["metrics"][name]
            return t["overall"][name]
    return None


def shown(estimate):
    if not estimate or estimate.get("value") is None:
        return "-"
    i = estimate.get("interval")
    return f"{estimate['value']:.3f}" + (f" ({i['low']:.2f} to {i['high']:.2f})" if i else "")


def real_news():
    rows = [json.loads(line) for line in open(DATA / "real-news/articles.jsonl", encoding="utf-8")]
    return [{"id": r["id"], "text": r["text"], "topics": "|".join(r["topics"]) or "none", "stance": r["stance"], "lang": r["lang"]} for r in rows]


FIELDS = ["id", "text", "topics", "stance", "lang"]


def evaluate(model, labels):
    report = work / f"{model.stem}-{labels.stem}.report.json"
    toolkit("evaluate", labels, "-m", model, "-o", report)
    return report


def shipped():
    rows = real_news()
    model = train(ROOT / "data/labels.csv")
    print(f"\nTrained on data/labels.csv, tested on {len(rows)} real articles\n")
    print("| language | articles | topics macro-F1 | stance macro-F1 |\n|---|---|---|---|")
    for lang in [None, "fa", "ar", "ru", "en", "tr", "az"]:
        part = [r for r in rows if lang in (None, r["lang"])]
        report = evaluate(model, write(f"real-{lang or 'all'}.csv", part, FIELDS))
        print(f"| {lang or 'all'} | {len(part)} | {shown(metric(report, 'topics'))} | {shown(metric(report, 'stance'))} |", flush=True)


def cross_validation():
    path = write("real.csv", real_news(), FIELDS)
    print("\nCross-validation on the real articles, 5 folds\n\n| features | topics macro-F1 | stance macro-F1 |\n|---|---|---|")
    for name, options in [("default", ()), ("without the glossary", ("--no-builtin-glossary",)), ("glossary alone", ("--classifier", "glossary"))]:
        report = train(path, *options).with_suffix("").with_suffix(".report.json")
        print(f"| {name} | {shown(metric(report, 'topics'))} | {shown(metric(report, 'stance'))} |", flush=True)


def transfer():
    rows = real_news()
    langs = ["fa", "ar", "ru", "en", "tr"]
    print("\nTrained on the real articles of one language, tested on another: topics macro-F1\n")
    print("| trained on | " + " | ".join(langs) + " |\n|---|" + "---|" * len(langs))
    for a in langs[:4]:
        model = train(write(f"only-{a}.csv", [r for r in rows if r["lang"] == a], FIELDS))
        cells = []
        for b in langs:
            part = [r for r in rows if r["lang"] == b]
            cells.append("-" if a == b else shown(metric(evaluate(model, write(f"test-{b}.csv", part, FIELDS)), "topics")))
        print(f"| {a} ({sum(r['lang'] == a for r in rows)}) | " + " | ".join(cells) + " |", flush=True)


def curve():
    rows = list(csv.DictReader(open(ROOT / "data/labels.csv", encoding="utf-8")))
    for r in rows:
        r["path"] = str(ROOT / "data" / r["path"])
    random.Random(1).shuffle(rows)
    real = write("real.csv", real_news(), FIELDS)
    print("\nLearning curve: a random part of data/labels.csv, tested on the real articles\n")
    print("| articles | topics macro-F1 | stance macro-F1 |\n|---|---|---|")
    for share in (0.25, 0.5, 0.75, 1.0):
        part = rows[: round(share * len(rows))]
        report = evaluate(train(write(f"part{int(100 * share)}.csv", part, list(rows[0]))), real)
        print(f"| {len(part)} | {shown(metric(report, 'topics'))} | {shown(metric(report, 'stance'))} |", flush=True)


def sib200():
    text = subprocess.run(["zstd", "-dcq", DATA / "topic/sib200.csv.zst"], capture_output=True, check=True).stdout.decode()
    csv.field_size_limit(10**9)
    rows = [{"text": r["text"], "topic": r["labels"], "lang": r["lang"], "split": r["split"]} for r in csv.DictReader(io.StringIO(text))]
    langs = ["fa", "ar", "ru", "az", "tr", "en"]
    fields = ["text", "topic", "lang", "split"]
    tests = {b: write(f"sib-test-{b}.csv", [r for r in rows if r["lang"] == b and r["split"] == "test"], fields) for b in langs}
    print("\nSIB-200, accuracy on the test sentences\n\n| trained on | " + " | ".join(langs) + " |\n|---|" + "---|" * len(langs))
    for a in langs:
        labels = write(f"sib-{a}.csv", [r for r in rows if r["lang"] == a and r["split"] in ("train", "dev", "validation")], fields)
        model = train(labels, "--label", "topic:single")
        cells = []
        for b in langs:
            report = work / f"sib-{a}-{b}.report.json"
            toolkit("evaluate", tests[b], "-m", model, "-o", report, "--label", "topic:single")
            cells.append(shown(metric(report, "topic", "micro_f1")))
        print(f"| {a} | " + " | ".join(cells) + " |", flush=True)


def text():
    """Does a step of the text path pay? Each is left out by itself, then all of them."""
    rows = real_news()
    path = write("real.csv", rows, FIELDS)
    steps = ["cleaning", "masks", "stems", "joins"]
    settings = [("default", [])] + [(f"without {s}", [s]) for s in steps] + [("without all four", steps)]
    print("\nSteps of the text path left out, macro-F1: cross-validation on the real articles, and trained on data/labels.csv, tested on them\n")
    print("| setting | topics, cross-validation | stance, cross-validation | topics, starter corpus | stance, starter corpus |\n|---|---|---|---|---|")
    for name, left_out in settings:
        options = [o for s in left_out for o in ("--without", s)]
        own = train(path, *options).with_suffix("").with_suffix(".report.json")
        starter = evaluate(train(ROOT / "data/labels.csv", *options), path)
        cells = [shown(metric(r, t)) for r in (own, starter) for t in ("topics", "stance")]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


parts = {"real-news": lambda: (shipped(), cross_validation()), "transfer": transfer, "curve": curve, "sib200": sib200, "text": text}
if not DATA.is_dir():
    raise SystemExit("../shared/data is not here: nothing to measure on")
for name in sys.argv[1:] or parts:
    parts[name]()
