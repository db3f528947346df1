//! Text to rows, and text to a trained model: one thread, CPU seconds.
//!
//! `cargo bench --bench features` prints MB/s of `fit_transform` and `transform` on raw news of five languages (`../shared/data`; skipped,
//! saying so, where it is absent), best of five: words alone, characters alone, and words alone scored by a linear model of
//! seven labels as a prediction would be. No cleaning, no masks, no concepts.
//!
//! `ONE_FIT=rows.csv cargo bench --bench features` reads columns `text` and `topic` (labels joined by `|`) and prints how long it takes from
//! texts to one model (words 1-2, min_df 2, squared hinge, C = 1): what `benches/peers/learn/run.py fit=SET` sets beside scikit-learn.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use article_toolkit::classify::{ClassWeight, Linear, Loss};
use article_toolkit::features::{
    Document, Documents, FeatureSpec, FeatureTables, Glossary, Matcher, SparseRows, TfIdfParams,
    TfIdfValidParams,
};
use article_toolkit::text::{Analyzer, AnalyzerSpec, Lang, Masking, guess_language};
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, Predict, Transformer};
use ndarray::{Array1, Array2};

/// Bytes of text for each language.
const BYTES: usize = 2_000_000;
const TIMES: usize = 5;

/// Nanoseconds all threads of this process have spent on a processor; read from Linux.
fn cpu_nanoseconds() -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let one = |thread: fs::DirEntry| {
        let numbers = fs::read_to_string(thread.path().join("schedstat")).unwrap();
        let first = numbers.split_whitespace().next().unwrap();
        first.parse::<u64>().unwrap()
    };
    threads.map(|thread| one(thread.unwrap())).sum()
}

/// CPU seconds of one run, and what it gave.
fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = cpu_nanoseconds();
    let found = run();
    ((cpu_nanoseconds() - start) as f64 / 1e9, found)
}

fn params(word_ngrams: usize, char_ngrams: (usize, usize)) -> TfIdfValidParams {
    let analyzer = AnalyzerSpec {
        masking: Masking::Off,
        ..AnalyzerSpec::default()
    };
    let analyzer = Analyzer::new(&analyzer).unwrap();
    let nothing = Glossary {
        concepts: Vec::new(),
    };
    let matcher = Matcher::new(&nothing, &analyzer, &FeatureTables::default().affixes);
    let spec = FeatureSpec {
        word_ngrams,
        char_ngrams,
        min_df: 2,
        ..FeatureSpec::default()
    };
    TfIdfParams::new(spec, analyzer, matcher).check().unwrap()
}

fn documents<'t>(texts: &'t [(Lang, String)]) -> Vec<Document<'t>> {
    let document = |(lang, text): &'t (Lang, String)| Document {
        text,
        kept: std::iter::once(0..text.len()).collect(),
        lang: *lang,
        mixed: false,
    };
    texts.iter().map(document).collect()
}

fn raw(lang: Lang) -> Option<Vec<(Lang, String)>> {
    let path = Path::new("../shared/data/raw").join(format!("{lang}.jsonl.zst"));
    let lines = BufReader::new(zstd::Decoder::new(fs::File::open(path).ok()?).ok()?).lines();
    let texts = lines.map_while(Result::ok).filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(&line).ok()?;
        Some((lang, row.get("text")?.as_str()?.to_owned()))
    });
    let mut total = 0;
    let within = |(_, text): &(Lang, String)| {
        total += text.len();
        total < BYTES
    };
    Some(texts.take_while(within).collect())
}

/// A model of seven labels with small weights: what they are does not matter to the time.
fn model(n_features: usize) -> Linear {
    Linear {
        weights: Array2::from_shape_fn((n_features, 7), |(j, k)| ((j + k) % 13) as f32 / 13.0),
        bias: Array1::zeros(7),
        objective: Vec::new(),
    }
}

fn throughput() {
    let texts: Vec<(Lang, String)> = Lang::ALL.into_iter().filter_map(raw).flatten().collect();
    if texts.is_empty() {
        println!("skipped: ../shared/data is absent");
        return;
    }
    let (documents, bytes) = (
        documents(&texts),
        texts.iter().map(|t| t.1.len()).sum::<usize>(),
    );
    println!("{} articles, {:.1} MB", documents.len(), bytes as f64 / 1e6);
    let mbs = |seconds: f64| bytes as f64 / 1e6 / seconds;
    for (name, words, characters) in [("words 1", 1, (0, 0)), ("characters 3-5", 0, (3, 5))] {
        let (mut fit, mut transform, mut scored) = (f64::MAX, f64::MAX, f64::MAX);
        for _ in 0..TIMES {
            let (seconds, (tfidf, _)) =
                timed(|| params(words, characters).fit_transform(&documents).unwrap());
            fit = fit.min(seconds);
            let (seconds, rows) = timed(|| tfidf.transform(Documents(&documents)));
            transform = transform.min(seconds);
            let model = model(tfidf.vocabulary().n_features());
            let (score, _) = timed(|| model.predict(&rows));
            scored = scored.min(seconds + score);
        }
        println!(
            "{name}: fit_transform {:.0} MB/s, transform {:.0} MB/s, transform and scores {:.0} MB/s",
            mbs(fit),
            mbs(transform),
            mbs(scored)
        );
    }
}

fn learnt(rows: SparseRows, gold: Array2<Option<bool>>) -> Linear {
    let params = Linear::params()
        .loss(Loss::SquaredHinge)
        .class_weight(ClassWeight::Uniform)
        .check()
        .unwrap();
    params.fit(&DatasetBase::new(rows, gold)).unwrap()
}

fn one_fit(path: &str) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows: Vec<(String, String)> = reader.deserialize().map(Result::unwrap).collect();
    let labels: BTreeSet<&str> = rows
        .iter()
        .flat_map(|row| row.1.split('|'))
        .filter(|label| !label.is_empty())
        .collect();
    let labels: Vec<&str> = labels.into_iter().collect();
    let carries = |(i, k): (usize, usize)| Some(rows[i].1.split('|').any(|l| l == labels[k]));
    let gold = Array2::from_shape_fn((rows.len(), labels.len()), carries);
    let guessed = |row: &(String, String)| (guess_language(&row.0).lang, row.0.clone());
    let (counting, (tfidf, found)) = timed(|| {
        let texts: Vec<(Lang, String)> = rows.iter().map(guessed).collect();
        let params = params(2, (0, 0));
        params.fit_transform(&documents(&texts)).unwrap()
    });
    let (learning, _) = timed(|| learnt(found, gold));
    println!(
        "{{\"seconds\": {:.3}, \"counting\": {counting:.3}, \"learning\": {learning:.3}, \"features\": {}}}",
        counting + learning,
        tfidf.vocabulary().n_features()
    );
}

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .unwrap();
    match std::env::var("ONE_FIT") {
        Ok(path) => one_fit(&path),
        Err(_) => throughput(),
    }
}
