#!/usr/bin/env python3
"""Quality on real articles, with defaults only, as a user would run the command.

    cargo build --release && python3 benches/quality/run.py [real-news] [fewshot] [transfer] [curve] [sib200] [text[=own|starter]] [coverage] [concepts] [topics[=SET,SET]] [cv[=SET,SET]]

Reads ../shared/data where it is at hand; none of it is part of this repository. Needs `zstd` for all but real-news and curve. Prints Markdown tables.
`cv` looks at the training parts of the public sets alone and is for development; `topics` touches their test parts and is for the
figures in docs/benchmarks.md: the toolkit with defaults, and where it is installed scikit-learn (see peers.py); PEERS=scikit-learn,fasttext
adds fastText, whose autotune may run far past its time on a busy machine, and PEERS= leaves both out. Both are slow: name the sets.
"""
import collections
import csv
import importlib.util
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

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
        w = csv.DictWriter(f, fields, extrasaction="ignore")
        w.writeheader()
        w.writerows(rows)
    return path


def train(labels, *options):
    model = work / f"{'-'.join([labels.stem, *(pathlib.Path(o).name.strip('-') for o in options)])}.safetensors"
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


def starter():
    """The articles of data/labels.csv with their texts."""
    rows = list(csv.DictReader(open(ROOT / "data/labels.csv", encoding="utf-8")))
    return [{**r, "text": (ROOT / "data" / r["path"]).read_text(encoding="utf-8")} for r in rows]


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
    real_news_transfer()
    sib200()


def real_news_transfer():
    rows = real_news()
    count = collections.Counter(r["lang"] for r in rows)
    langs = ["fa", "ar", "ru", "en", "tr", "az"]
    tests = {b: write(f"test-{b}.csv", [r for r in rows if r["lang"] == b], FIELDS) for b in langs}
    print("\nTrained on the articles of one language, tested on the real ones of another: topics macro-F1; in brackets the articles\n")
    print("| trained on | " + " | ".join(f"{b} ({count[b]})" for b in langs) + " |\n|---|" + "---|" * len(langs))
    for a in langs[:4]:
        real = [r for r in rows if r["lang"] == a]
        own = [r for r in starter() if r["lang"] == a]
        trained = [
            (f"{a}: real ({len(real)})", real, ["--no-topics"]),
            (f"{a}: real ({len(real)}) and data/topics.csv", real, ["--topics", ROOT / "data/topics.csv"]),
            (f"{a}: data/labels.csv ({len(own)})", own, ["--no-topics"]),
        ]
        for i, (name, part, options) in enumerate(trained):
            model = train(write(f"only-{a}-{i}.csv", part, FIELDS), *options)
            cells = ["-" if a == b else shown(metric(evaluate(model, tests[b]), "topics")) for b in langs]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def curve():
    rows = starter()
    random.Random(1).shuffle(rows)
    real = write("real.csv", real_news(), FIELDS)
    print("\nLearning curve: a random part of data/labels.csv, tested on the real articles\n")
    print("| articles | topics macro-F1 | stance macro-F1 |\n|---|---|---|")
    for share in (0.25, 0.5, 0.75, 1.0):
        part = rows[: round(share * len(rows))]
        report = evaluate(train(write(f"part{int(100 * share)}.csv", part, FIELDS)), real)
        print(f"| {len(part)} | {shown(metric(report, 'topics'))} | {shown(metric(report, 'stance'))} |", flush=True)


def fewshot(draws=5):
    """Topics from few labelled articles, with and without the descriptions in data/topics.csv. A third of the articles is kept for the test in every draw."""
    rows = real_news()
    random.Random(1).shuffle(rows)
    third = len(rows) // 3
    test, pool = write("few-test.csv", rows[:third], FIELDS), rows[third:]
    sizes = [0, 5, 10, 20, 50, len(pool)]
    scores = {n: {"with": [], "without": []} for n in sizes}
    for n in sizes:
        for draw in range(1 if n in (0, len(pool)) else draws):
            order = random.Random(draw).sample(pool, len(pool))
            labelled = [{**r, "stance": ""} for r in order[:n]]
            # The others are there as articles nobody has labelled yet.
            rest = [{**r, "stance": "", "topics": ""} for r in order[n:]]
            path = write(f"few-{n}-{draw}.csv", labelled + rest, FIELDS)
            for name, options in (("with", ["--topics", ROOT / "data/topics.csv"]), ("without", ["--no-topics"])):
                model = work / f"few-{n}-{draw}-{name}.safetensors"
                done = subprocess.run([TOOLKIT, "train", path, "-o", model, *options], capture_output=True, text=True)
                # Nothing can be learnt, or a label is missing that the test has: every answer without it is wrong.
                scores[n][name].append(few_score(model, test) if done.returncode == 0 else None)
    print(f"\nTopics macro-F1 on {third} real articles; labelled articles drawn from the other {len(pool)}, mean over {draws} draws\n")
    print("| labelled articles | with descriptions | without |\n|---|---|---|")
    for n in sizes:
        cells = ["-" if None in s else f"{sum(s) / len(s):.3f} ({min(s):.2f} to {max(s):.2f})" for s in (scores[n][k] for k in ("with", "without"))]
        print(f"| {n} | {' | '.join(cells)} |", flush=True)


def few_score(model, test):
    """Macro-F1 over the labels of the test, whichever of them the model knows."""
    rows = list(csv.DictReader(open(test, encoding="utf-8")))
    answers = [json.loads(line) for line in toolkit("predict", test, "-m", model, "--format", "jsonl").splitlines()]
    given = [{l["label"] for t in a["tasks"] if t["task"] == "topics" for l in t["labels"] if l["given"]} for a in answers]
    gold = [set(r["topics"].split("|")) - {"none"} for r in rows]
    f1 = lambda k: 2 * sum(k in g and k in p for g, p in zip(gold, given)) / max(1, sum((k in g) + (k in p) for g, p in zip(gold, given)))
    labels = sorted(set().union(*gold))
    return sum(map(f1, labels)) / len(labels)


def zstd_text(path):
    return subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode()


def public(name):
    csv.field_size_limit(10**9)
    return list(csv.DictReader(io.StringIO(zstd_text(DATA / f"topic/{name}.csv.zst"))))


def sib200():
    rows = [{"text": r["text"], "topic": r["labels"], "lang": r["lang"], "split": r["split"]} for r in public("sib200")]
    langs = ["fa", "ar", "ru", "az", "tr", "en"]
    # Dari reads as Persian; the other three as no language of ours: South Azerbaijani, Armenian and Georgian have no forms.
    tested = langs + ["prs", "azb", "hy", "ka"]
    fields = ["text", "topic", "lang", "split"]
    parts = {b: [r for r in rows if r["lang"] == b and r["split"] == "test"] for b in tested}
    for b in tested[len(langs):]:
        parts[b] = [{**r, "lang": ""} for r in parts[b]]
    tests = {b: write(f"sib-test-{b}.csv", part, fields) for b, part in parts.items()}
    print("\nSIB-200, accuracy on the test sentences; in brackets the sentences\n")
    print("| trained on | " + " | ".join(f"{b} ({len(parts[b])})" for b in tested) + " |\n|---|" + "---|" * len(tested))
    for a in langs:
        part = [r for r in rows if r["lang"] == a and r["split"] in ("train", "dev")]
        model = train(write(f"sib-{a}.csv", part, fields), "--label", "topic:single")
        cells = []
        for b in tested:
            report = work / f"sib-{a}-{b}.report.json"
            toolkit("evaluate", tests[b], "-m", model, "-o", report, "--label", "topic:single")
            cells.append(shown(metric(report, "topic", "micro_f1")))
        print(f"| {a} ({len(part)}) | " + " | ".join(cells) + " |", flush=True)
    sib200_without(langs, tests)


def sib200_without(langs, tests):
    """Does the glossary cost a language anything where it has articles of its own?"""
    print("\nSIB-200, trained and tested in one language, with the built-in glossary and without\n\n| glossary | " + " | ".join(langs) + " |\n|---|" + "---|" * len(langs))
    for name, options in [("with", []), ("without", ["--no-builtin-glossary"])]:
        cells = []
        for a in langs:
            model = train(work / f"sib-{a}.csv", "--label", "topic:single", *options)
            report = work / f"sib-{a}-{name}.report.json"
            toolkit("evaluate", tests[a], "-m", model, "-o", report, "--label", "topic:single")
            cells.append(shown(metric(report, "topic", "micro_f1")))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def text(columns=("own", "starter")):
    """Does a step of the text path pay? Each is left out by itself, then all of them. `text=own` trains on the real articles alone."""
    path = write("real.csv", real_news(), FIELDS)
    steps = ["cleaning", "masks", "stems", "joins"]
    settings = [("default", [])] + [(f"without {s}", [s]) for s in steps] + [("without all four", steps)]
    reports = {
        "own": lambda options: train(path, *options).with_suffix("").with_suffix(".report.json"),
        "starter": lambda options: evaluate(train(ROOT / "data/labels.csv", *options), path),
    }
    names = {"own": "cross-validation", "starter": "starter corpus"}
    heads = [f"{task}, {names[c]}" for c in columns for task in ("topics", "stance")]
    print("\nSteps of the text path left out, macro-F1: cross-validation on the real articles, and trained on data/labels.csv, tested on them\n")
    print("| setting | " + " | ".join(heads) + " |\n|" + "---|" * (1 + len(heads)))
    for name, left_out in settings:
        options = [o for s in left_out for o in ("--without", s)]
        cells = [shown(metric(report, task)) for report in (reports[c](options) for c in columns) for task in ("topics", "stance")]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def coverage():
    """Concepts that never fire: raw news of five languages; for Azerbaijani, which has none, SIB-200 and data/articles."""
    raw = {}
    for lang in ["fa", "ar", "ru", "en", "tr"]:
        lines = zstd_text(DATA / f"raw/{lang}.jsonl.zst").split("\n")
        raw[lang] = [json.loads(line)["text"].replace("\0", "") for line in lines if line]
    raw["az"] = [r["text"] for r in public("sib200") if r["lang"] == "az"]
    raw["az"] += [r["text"] for r in starter() if r["lang"] == "az"]
    never_fire("all of the text", raw)
    least = min(n_words(raw[lang]) for lang in raw if lang != "az")
    never_fire(f"{least:,} words of each language, articles drawn at random", {lang: drawn(texts, least) for lang, texts in raw.items() if lang != "az"})


def n_words(texts):
    return sum(len(text.split()) for text in texts)


def drawn(texts, words):
    """Texts in random order until they have so many words."""
    texts = random.Random(1).sample(texts, len(texts))
    total = 0
    for n, text in enumerate(texts):
        if total >= words:
            return texts[:n]
        total += len(text.split())
    return texts


def never_fire(title, texts):
    rows = [{"text": text, "lang": lang} for lang in texts for text in texts[lang]]
    # A labels file needs labels; these say nothing.
    labelled = [{"topics": "ab"[i % 2], **r} for i, r in enumerate(rows)]
    corpus = write("raw.csv", labelled, ["topics", "text", "lang"])
    check = [TOOLKIT, "glossary", "check", "--corpus", corpus, "--max-share", "100%"]
    done = subprocess.run(check, capture_output=True, text=True)
    print(f"\nConcepts of the built-in glossary that never fire, {title}\n\n```\n" + done.stdout.split("\n\n")[-1].rstrip() + "\n```", flush=True)


def concepts():
    """One row of the table "Weights of concepts": what a change of the concept features does on several label sets, no test part touched."""
    mean = lambda values: f"{sum(values) / len(values):.3f}"
    rows, cells = real_news(), []
    orders = [write(f"order{seed}.csv", random.Random(seed).sample(rows, len(rows)) if seed else rows, FIELDS) for seed in range(4)]
    reports = [train(path).with_suffix("").with_suffix(".report.json") for path in orders]
    cells += [mean([metric(r, task) for r in reports]) for task in ("topics", "stance")]
    langs = ["fa", "ar", "ru", "en"]
    only = {a: write(f"only-{a}.csv", [r for r in rows if r["lang"] == a], FIELDS) for a in langs}
    models = {a: train(only[a]) for a in langs[:2]}
    cells.append(mean([metric(evaluate(models[a], only[b]), "topics") for a in models for b in langs if a != b]))
    cells += [mean(column) for column in sib200_dev()]
    model = train(ROOT / "data/labels.csv")
    cells += [f"{metric(r, task):.3f}" for r in (model.with_suffix(".report.json"), evaluate(model, orders[0])) for task in ("topics", "stance")]
    print("\n| real cv topics | stance | real transfer topics | sib200 cv | sib200 transfer | starter cv topics | stance | starter to real topics | stance |\n|" + "---|" * 9)
    print("| " + " | ".join(cells) + " |")


def sib200_dev():
    """Cross-validation on the training sentences of three languages, and the development sentences of the five others."""
    fields, langs = ["text", "topic", "lang", "split"], ["fa", "ar", "ru", "az", "tr", "en"]
    rows = [{"text": r["text"], "topic": r["labels"], "lang": r["lang"], "split": r["split"]} for r in public("sib200")]
    part = lambda lang, split: write(f"sib-{split}-{lang}.csv", [r for r in rows if (r["lang"], r["split"]) == (lang, split)], fields)
    single, own, other = ("--label", "topic:single"), [], []
    for a in ("fa", "ru", "en"):
        model = train(part(a, "train"), *single)
        own.append(metric(model.with_suffix(".report.json"), "topic", "micro_f1"))
        for b in langs:
            if a != b:
                report = work / "sib-dev.report.json"
                toolkit("evaluate", part(b, "dev"), "-m", model, "-o", report, *single)
                other.append(metric(report, "topic", "micro_f1"))
    return own, other


# GPT-4 without examples, accuracy, by language.
SIB200 = {"fa": "GPT-4 0.706", "ar": "GPT-4 0.730", "ru": "GPT-4 0.740", "az": "GPT-4 0.608", "tr": "GPT-4 0.716", "en": "GPT-4 0.716"}
# Set: kind of task, what is aimed at, what others published (micro-F1, which is accuracy where one label holds).
SETS = {
    **{f"sib200-{lang}": ("single", "micro 0.75 (mean)", gpt) for lang, gpt in SIB200.items()},
    "hamshahri_rss": ("single", "macro 0.63", ""),
    "ttc3600": ("single", "micro 0.96", "Doc2Vec 0.942, random forest 0.910"),
    "reuters21578": ("multi", "micro 0.885, macro 0.59", "SVM 0.8765"),
    "ohsumed": ("single", "micro 0.705", "TextGCN 0.684, BERT 0.705"),
    "newsgroups20": ("single", "micro 0.87", "TextGCN 0.863, BERT 0.853"),
    "newsgroups20-stripped": ("single", "micro 0.70", ""),
    "arxiv_multilabel": ("multi", "micro 0.62, macro 0.50", ""),
    "hamshahri_rss_multilabel": ("multi", "", ""),
    "stance-fa_persian_h2c": ("single", "", ""),
    "stance-fa_farexstance_h2c": ("single", "", ""),
    "stance-ar_ans": ("single", "", ""),
    "stance-ru_rusentne2023": ("single", "", ""),
    "stance-en_fnc1": ("single", "", ""),
}


def stripped(text):
    """Without headers, quoted lines and signature, as scikit-learn's fetch_20newsgroups(remove=...)."""
    _, _, text = text.partition("\n\n")
    quoted = re.compile(r"(writes in|writes:|wrote:|says:|said:|^In article|^Quoted from|^\||^>)")
    lines = [line for line in text.split("\n") if not quoted.search(line)]
    lines = "\n".join(lines).strip().split("\n")
    rules = [i for i, line in enumerate(lines) if not line.strip().strip("-")]
    return "\n".join(lines[: rules[-1]] if rules and rules[-1] > 0 else lines)


def public_rows(name):
    """Rows of a set with their gold as `labels`; of a stance set, the target opens the text."""
    if name.startswith("stance-"):
        csv.field_size_limit(10**9)
        rows = csv.DictReader(io.StringIO(zstd_text(DATA / f"stance/{name.removeprefix('stance-')}.csv.zst")))
        return [{**r, "text": f"{r['target']}\n\n{r['text']}", "labels": r["label"]} for r in rows]
    file, _, part = name.partition("-")
    files = [f"{file}_train", f"{file}_test"] if file == "arxiv_multilabel" else [file]
    rows = [row for f in files for row in public(f) if file != "sib200" or row["lang"] == part]
    return [{**r, "text": stripped(r["text"])} for r in rows] if part == "stripped" else rows


def split(name):
    """Training and test part of a public set as labels files."""
    parts = {True: [], False: []}
    for r in public_rows(name):
        if r["text"].strip():
            parts[r["split"] == "test"].append({"text": r["text"], "topic": r["labels"] or "none", "lang": r["lang"]})
    return tuple(write(f"{name}-{part}.csv", parts[test], ["text", "topic", "lang"]) for part, test in (("train", False), ("test", True)))


def measured(*command):
    """Standard output and CPU seconds of one process."""
    before = os.times()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=work)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    after = os.times()
    return done.stdout, after.children_user + after.children_system - before.children_user - before.children_system


def f1(gold, given):
    """Micro- and macro-F1 over the labels of the gold, from sets of labels."""
    hits, wrong, missed = (collections.Counter() for _ in range(3))
    for g, p in zip(gold, given, strict=True):
        hits.update(g & p)
        wrong.update(p - g)
        missed.update(g - p)
    ratio = lambda h, w, m: 2 * h / (2 * h + w + m) if h + w + m else 0.0
    labels = set(hits) | set(missed)
    micro = ratio(hits.total(), wrong.total(), missed.total())
    return micro, sum(ratio(hits[l], wrong[l], missed[l]) for l in labels) / len(labels)


def predicted(labels, held_out, kind):
    """The user's commands: train, then predict. Labels given to each test article, and CPU seconds of both."""
    model, answers = work / f"{labels.stem}.safetensors", work / f"{labels.stem}.answers.jsonl"
    _, training = measured(TOOLKIT, "train", labels, "-o", model, "--label", f"topic:{kind}")
    _, predicting = measured(TOOLKIT, "predict", held_out, "-m", model, "-o", answers)
    rows = [json.loads(line)["tasks"][0]["labels"] for line in open(answers, encoding="utf-8")]
    settings = json.loads(model.with_suffix(".report.json").read_text(encoding="utf-8"))["settings"]
    chosen = ", ".join(settings.get(f"topic.{name}", "") for name in ("family", "class_weight", "blocks"))
    return f"{chosen}, C={settings.get('topic.c', '')}", [{l["label"] for l in row if l["given"]} for row in rows], training + predicting


def peer(labels, held_out, kind, what, seconds):
    script = pathlib.Path(__file__).parent / "peers.py"
    output, used = measured(sys.executable, script, labels, held_out, kind, what, seconds)
    found = json.loads(output.strip().split("\n")[-1])
    return found["recipe"], [set(given) for given in found["given"]], used


def topics(names=None):
    """Toolkit, scikit-learn and fastText on each set: the test part is answered once by each."""
    peers = [what for what, module in (("scikit-learn", "sklearn"), ("fasttext", "fasttext")) if importlib.util.find_spec(module)]
    peers = [what for what in peers if what in os.environ.get("PEERS", "scikit-learn").split(",")]
    print("\nPublic sets, test part; CPU seconds to train and predict\n")
    print("| set | what | micro-F1 | macro-F1 | CPU seconds | settings | aim | published |\n|---|---|---|---|---|---|---|---|")
    for name in names or SETS:
        kind, aim, published = SETS[name]
        labels, held_out = split(name)
        gold = [set(r["topic"].split("|")) - {"none"} for r in csv.DictReader(open(held_out, encoding="utf-8", newline=""))]
        own = 0.0
        for what in ["toolkit", *peers]:
            found = predicted(labels, held_out, kind) if what == "toolkit" else peer(labels, held_out, kind, what, max(own, 10))
            settings, given, seconds = found
            own = own or seconds
            micro, macro = f1(gold, given)
            print(f"| {name} | {what} | {micro:.3f} | {macro:.3f} | {seconds:.0f} | {settings} | {aim} | {published} |", flush=True)


def cv(names=None):
    print("\nPublic sets with defaults, cross-validation of the training part\n")
    print("| set | micro-F1 | macro-F1 | aim | seconds to train |\n|---|---|---|---|---|")
    for name in names or SETS:
        kind, aim, _ = SETS[name]
        labels, _ = split(name)
        start = time.monotonic()
        model = train(labels, "--label", f"topic:{kind}")
        seconds = time.monotonic() - start
        report = model.with_suffix(".report.json")
        print(f"| {name} | {shown(metric(report, 'topic', 'micro_f1'))} | {shown(metric(report, 'topic'))} | {aim} | {seconds:.0f} |", flush=True)


parts = {"real-news": lambda: (shipped(), cross_validation()), "fewshot": fewshot, "transfer": transfer, "real-transfer": real_news_transfer, "curve": curve, "sib200": sib200, "text": text, "coverage": coverage, "concepts": concepts, "topics": topics, "cv": cv}
if not DATA.is_dir():
    raise SystemExit("../shared/data is not here: nothing to measure on")
for argument in sys.argv[1:] or [p for p in parts if p not in ("cv", "topics", "sib200", "real-transfer", "concepts")]:
    name, _, sets = argument.partition("=")
    parts[name](*([sets.split(",")] if sets else []))
