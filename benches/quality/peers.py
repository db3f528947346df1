#!/usr/bin/env python3
"""What an expert gets from scikit-learn or fastText on one set: `peers.py TRAIN.csv TEST.csv KIND WHAT [SECONDS]`, called by run.py.

KIND is single or multi. WHAT is `scikit-learn`: words 1-2 or characters 3-5 (char_wb), LinearSVC or balanced logistic regression, C by
3-fold cross-validation on the training part, and where articles have several labels the cuts from the same held-out scores; the recipe
with the best mean of micro- and macro-F1 held out answers the test part, the others never see it. Or `fasttext`: autotune on a fifth of
the training part for SECONDS, then trained on all of it. Prints JSON: recipe, and the labels given to each test article.
"""
import csv
import json
import os
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
csv.field_size_limit(10**9)
FOLDS = 3


def read(path):
    rows = list(csv.DictReader(open(path, encoding="utf-8", newline="")))
    return [r["text"] for r in rows], [sorted(set(r["topic"].split("|")) - {"none"}) for r in rows]


def cuts(scores, gold):
    """Own cut at the best F1 for a label with five positives or more, the best shared cut for the others."""
    import numpy
    from sklearn.metrics import f1_score

    def best(values, truth):
        """The cut at the highest F1 over all pairs of value and truth."""
        order = numpy.argsort(-values)
        right = numpy.cumsum(truth[order])
        f1 = 2 * right / (numpy.arange(1, len(order) + 1) + truth.sum())
        return values[order][f1.argmax()]

    shared = best(scores.ravel(), gold.ravel())
    own = [best(scores[:, k], gold[:, k]) if gold[:, k].sum() >= 5 else shared for k in range(gold.shape[1])]
    return max((numpy.full(gold.shape[1], shared), numpy.array(own)), key=lambda cut: quality(scores >= cut, gold, f1_score))


def quality(decided, gold, f1_score):
    return f1_score(gold, decided, average="micro", zero_division=0) + f1_score(gold, decided, average="macro", zero_division=0)


def scikit_learn(train, test, kind):
    import numpy
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer
    from sklearn.svm import LinearSVC

    (texts, labels), (test_texts, _) = train, test
    names = MultiLabelBinarizer()
    gold = names.fit_transform(labels)
    folder = StratifiedKFold if kind == "single" else KFold
    folds = list(folder(FOLDS, shuffle=True, random_state=1).split(texts, gold.argmax(axis=1)))
    blocks = {
        "words 1-2": dict(ngram_range=(1, 2)),
        "characters 3-5": dict(analyzer="char_wb", ngram_range=(3, 5)),
    }
    learners = {
        "LinearSVC": (lambda c: LinearSVC(C=c), (0.1, 0.3, 1.0, 3.0)),
        "logistic": (lambda c: LogisticRegression(C=c, class_weight="balanced", solver="liblinear"), (1.0, 10.0)),
    }

    def scores(model, rows, fit_rows, fit_gold):
        found = OneVsRestClassifier(model).fit(fit_rows, fit_gold).decision_function(rows)
        return found.reshape(rows.shape[0], -1)

    def answers(found, cut):
        if kind == "single":
            return numpy.eye(gold.shape[1], dtype=int)[found.argmax(axis=1)]
        return (found >= cut).astype(int)

    best = None
    for block, how in blocks.items():
        parts = []
        for fit, held in folds:
            vectors = TfidfVectorizer(min_df=2, sublinear_tf=True, dtype=numpy.float32, **how)
            parts.append((vectors.fit_transform([texts[i] for i in fit]), vectors.transform([texts[i] for i in held])))
        for learner, (make, costs) in learners.items():
            for c in costs:
                found = numpy.zeros(gold.shape)
                for (fit, held), (fit_rows, held_rows) in zip(folds, parts):
                    found[held] = scores(make(c), held_rows, fit_rows, gold[fit])
                cut = cuts(found, gold) if kind == "multi" else None
                reached = quality(answers(found, cut), gold, f1_score)
                if best is None or reached > best[0]:
                    best = (reached, block, learner, c, cut)
    _, block, learner, c, cut = best
    vectors = TfidfVectorizer(min_df=2, sublinear_tf=True, dtype=numpy.float32, **blocks[block])
    rows = vectors.fit_transform(texts)
    found = scores(learners[learner][0](c), vectors.transform(test_texts), rows, gold)
    return f"{block}, {learner}, C={c:g}", [list(row) for row in names.inverse_transform(answers(found, cut))]


def fasttext(train, test, kind, seconds):
    import fasttext as library

    (texts, labels), (test_texts, _) = train, test
    names = sorted({label for row in labels for label in row})
    line = lambda text: " ".join(text.lower().split())
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, part) for part in ("fit", "held", "all")]
        files = [open(path, "w", encoding="utf-8") for path in paths]
        for i, (text, row) in enumerate(zip(texts, labels)):
            one = " ".join(f"__label__{names.index(label)}" for label in row) + " " + line(text) + "\n"
            files[2].write(one)
            files[1 if i % 5 == 0 else 0].write(one)
        for file in files:
            file.close()
        loss = {"loss": "ova"} if kind == "multi" else {}
        tuned = library.train_supervised(paths[0], autotuneValidationFile=paths[1], autotuneDuration=seconds, thread=1, verbose=0, **loss)
        args = tuned.f.getArgs()
        chosen = {name: getattr(args, name) for name in ("lr", "dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "bucket", "minn", "maxn")}
        if kind == "single":
            chosen["loss"] = str(args.loss).rpartition(".")[2]
        model = library.train_supervised(paths[2], thread=1, verbose=0, **{**chosen, **loss})
    k, threshold = (1, 0.0) if kind == "single" else (-1, 0.5)
    # Its own predict() breaks with NumPy 2; the method below it does not.
    given = [model.f.predict(line(text) + "\n", k, threshold, "strict") for text in test_texts]
    return f"dim {chosen['dim']}, {chosen['epoch']} epochs, words to {chosen['wordNgrams']}", [
        [names[int(label.removeprefix("__label__"))] for _, label in row] for row in given
    ]


if __name__ == "__main__":
    train, test, kind, what = read(sys.argv[1]), read(sys.argv[2]), sys.argv[3], sys.argv[4]
    recipe, given = scikit_learn(train, test, kind) if what == "scikit-learn" else fasttext(train, test, kind, int(float(sys.argv[5])))
    print(json.dumps({"recipe": recipe, "given": given}))
