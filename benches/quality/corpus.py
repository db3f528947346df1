#!/usr/bin/env python3
"""Is the starter corpus varied, and can a model take a short cut through it? Measured beside real news.

    cargo build --release && python3 benches/quality/corpus.py [overlap] [variety] [outlet] [dirt] [style]

`overlap`, `outlet` and `dirt` need only this repository; `variety` and `style` read ../shared/data/raw where it is at hand (no Azerbaijani there) and
need `zstd`. Prints Markdown tables.
"""
import collections
import csv
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RAW = ROOT / "../shared/data/raw"
TOOLKIT = ROOT / "target/release/toolkit"
LANGS = ["fa", "ar", "ru", "en", "az", "tr"]
work = pathlib.Path(tempfile.mkdtemp())


def corpus():
    rows = list(csv.DictReader(open(ROOT / "data/labels.csv", encoding="utf-8")))
    for r in rows:
        r["text"] = (ROOT / "data" / r["path"]).read_text(encoding="utf-8")
    return rows


def raw(lang, n, seed=1):
    """n random real articles of a language, as long as ours may be (60 to 350 words)."""
    file = RAW / f"{lang}.jsonl.zst"
    if not file.is_file():
        return []
    lines = subprocess.run(["zstd", "-dcq", file], capture_output=True, check=True).stdout.decode().split("\n")
    texts = [json.loads(line)["text"] for line in lines if line]
    texts = [t for t in texts if 60 <= len(t.split()) <= 350]
    random.Random(seed).shuffle(texts)
    return texts[:n]


def words(text):
    return re.findall(r"\w+", text.lower())


def overlap():
    """4-word shingles two articles share, as a part of the smaller article's."""
    rows = corpus()
    shingles = [set(zip(w, w[1:], w[2:], w[3:])) for w in (words(r["text"]) for r in rows)]
    holders = collections.defaultdict(list)
    for i, s in enumerate(shingles):
        for shingle in s:
            holders[shingle].append(i)
    shared = collections.Counter((a, b) for h in holders.values() for i, a in enumerate(h) for b in h[i + 1 :])
    share = {p: n / max(1, min(len(shingles[p[0]]), len(shingles[p[1]]))) for p, n in shared.items()}
    worst = max(share, key=lambda p: (share[p], p))
    print(f"\n{len(rows)} articles; pairs sharing more than 15 % of their 4-word shingles: {sum(s > 0.15 for s in share.values())}; "
          f"more than 5 %: {sum(s > 0.05 for s in share.values())}; "
          f"the closest pair ({rows[worst[0]]['id']}, {rows[worst[1]]['id']}) shares {share[worst]:.1%}\n")


def measures(texts):
    tokens = [words(t) for t in texts]
    stream = [w for t in tokens for w in t]
    windows = [stream[i : i + 500] for i in range(0, len(stream) - 500, 500)]
    openings = collections.Counter(" ".join(t[:3]) for t in tokens)
    sentences = [s for t in texts for s in re.split(r"[.!?؟؛\n]+", t) if len(s.split()) > 2]
    return [
        f"{len(texts)}",
        f"{sum(len(set(w)) / 500 for w in windows) / len(windows):.3f}",
        f"{sum(len(words(s)) for s in sentences) / len(sentences):.1f}",
        f"{sum(n for n in openings.values() if n > 1) / len(texts):.1%}",
        f"{max(openings.values()) / len(texts):.1%}",
    ]


def variety():
    """Type-token ratio in windows of 500 words, words a sentence, articles whose first three words open another one too."""
    rows = corpus()
    print("\n| language | set | articles | type-token ratio | words a sentence | shared opening | commonest opening |\n|---|---|---|---|---|---|---|")
    for lang in LANGS:
        ours = [r["text"] for r in rows if r["lang"] == lang]
        for name, texts in [("ours", ours), ("real", raw(lang, len(ours)))]:
            if texts:
                print(f"| {lang} | {name} | " + " | ".join(measures(texts)) + " |")


def cross_validated(name, rows, fields, *options):
    """Report of `toolkit train` on the rows: its numbers are cross-validated."""
    path = work / f"{name}.csv"
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.DictWriter(f, fields, extrasaction="ignore")
        w.writeheader()
        w.writerows(rows)
    model = work / f"{name}.safetensors"
    done = subprocess.run([TOOLKIT, "train", path, "-o", model, *options], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(model.with_suffix(".report.json").read_text(encoding="utf-8"))


def shown(estimate):
    i = (estimate or {}).get("interval")
    value = "-" if not estimate or estimate.get("value") is None else f"{estimate['value']:.3f}"
    return value + (f" ({i['low']:.2f} to {i['high']:.2f})" if i else "")


def outlet():
    """A model that sees the outlet's name and nothing else. ROC AUC 0.5 is a guess; a constant answer has it too."""
    rows = corpus()
    seen = [{**r, "text": r["source"]} for r in rows]
    report = cross_validated("outlet", seen, ["text", "topics", "stance", "lang"], "--no-builtin-glossary")
    print("\n| label | articles | share | ROC AUC of the outlet alone |\n|---|---|---|---|")
    for task in report["tasks"]:
        for label in task["labels"]:
            column = task["outcomes"]["task"]["name"]
            n = sum(label["label"] in r[column].split("|") for r in rows)
            print(f"| {label['label']} | {n} | {n / len(rows):.2f} | {shown(label['metrics']['roc_auc'])} |")


def dirt():
    """Articles that look like a scraped page: what the cutter finds, an agency or dateline, and signs in the letters."""
    rows = corpus()
    cross_validated("dirt", rows, ["text", "topics", "stance", "lang"], "--classifier", "majority")
    out = work / "dirt.csv"
    subprocess.run([TOOLKIT, "predict", ROOT / "data/articles", "-m", work / "dirt.safetensors", "-o", out], capture_output=True, check=True)
    found = {pathlib.Path(r["path"]).stem: r for r in csv.DictReader(open(out, encoding="utf-8"))}
    signs = {
        "boilerplate cut": lambda r, f: "boilerplate" in f["flags"],
        "agency or place of a dateline": lambda r, f: f["agency"] or f["place"],
        "letters of the other script's keyboard": lambda r, f: re.search({"fa": "[يك]", "ar": "[یک]"}.get(r["lang"], "(?!)"), r["text"]),
        "digits of two scripts": lambda r, f: re.search("[0-9]", r["text"]) and re.search("[۰-۹٠-٩]", r["text"]),
        "no-break or double spaces": lambda r, f: "\u00a0" in r["text"] or re.search(r"\S  \S", r["text"]),
        "lost or spaced zero-width non-joiner": lambda r, f: r["lang"] == "fa" and re.search(r"\bن?می \w|\w ها(ی)? |\bن?می[شکگردخ]\w+", r["text"]),
    }
    print("\n| sign | articles | share |\n|---|---|---|")
    any_sign = set()
    for name, sign in signs.items():
        hit = {r["path"] for r in rows if sign(r, found[pathlib.Path(r["path"]).stem])}
        any_sign |= hit
        print(f"| {name} | {len(hit)} | {len(hit) / len(rows):.1%} |")
    print(f"| any | {len(any_sign)} | {len(any_sign) / len(rows):.1%} |")


def style():
    """A model told to separate our articles from as many random real ones of the same lengths."""
    print("\n| language | articles | right |\n|---|---|---|")
    for lang in LANGS:
        ours = [r["text"] for r in corpus() if r["lang"] == lang]
        real = raw(lang, len(ours))
        if not real:
            continue
        ours = ours[: len(real)]
        rows = [{"text": t, "origin": o, "lang": lang} for o, texts in (("ours", ours), ("real", real)) for t in texts]
        report = cross_validated(f"style-{lang}", rows, ["text", "origin", "lang"], "--label", "origin:single", "--no-builtin-glossary")
        print(f"| {lang} | {len(rows)} | {shown(report['tasks'][0]['overall']['micro_f1'])} |", flush=True)


parts = {"overlap": overlap, "variety": variety, "outlet": outlet, "dirt": dirt, "style": style}
for name in sys.argv[1:] or parts:
    if name not in parts:
        raise SystemExit(f"unknown part {name}: one of {', '.join(parts)}")
    parts[name]()
