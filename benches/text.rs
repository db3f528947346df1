//! Speed of the text path on real news of the six languages (`../shared/data`; skipped, saying so, where it is absent).
//!
//! `cargo bench --bench text`; with `UNDISTURBED=1` only the best times of small pieces, which other work on the machine hardly touches.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr)]

use std::{
    io::{BufRead, BufReader},
    path::Path,
    time::{Duration, Instant},
};

use article_toolkit::{
    article::Cleaner,
    text::{Analyzer, AnalyzerSpec, Joining, Lang, Masking, Scratch, Stemming, guess_language},
};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};

/// Bytes of text for each language.
const BYTES: usize = 2_000_000;

fn raw(lang: &str) -> Option<Vec<String>> {
    let file =
        std::fs::File::open(Path::new("../shared/data/raw").join(format!("{lang}.jsonl.zst")))
            .ok()?;
    let lines = BufReader::new(zstd::Decoder::new(file).ok()?).lines();
    let texts = lines.map_while(Result::ok).filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(&line).ok()?;
        Some(row.get("text")?.as_str()?.to_owned())
    });
    Some(up_to(texts))
}

/// Azerbaijani has no raw file: its sentences of SIB-200, repeated.
fn azerbaijani() -> Option<Vec<String>> {
    let file = std::fs::File::open("../shared/data/topic/sib200.csv.zst").ok()?;
    let mut reader = csv::Reader::from_reader(zstd::Decoder::new(file).ok()?);
    let rows: Vec<_> = reader
        .records()
        .map_while(Result::ok)
        .filter(|row| row.get(3) == Some("az"))
        .collect();
    let document: Vec<_> = rows.iter().filter_map(|row| row.get(0)).collect();
    let documents: Vec<_> = document.chunks(20).map(|part| part.join("\n")).collect();
    Some(up_to(documents.iter().cycle().cloned()))
}

fn up_to(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut total = 0;
    texts
        .take_while(|text| {
            total += text.len();
            total < BYTES
        })
        .collect()
}

fn tokens(analyzer: &Analyzer, texts: &[String], lang: Lang, scratch: &mut Scratch) -> usize {
    let mut bytes = 0;
    for text in texts {
        let whole = 0..text.len();
        analyzer.for_each_token(
            text,
            std::slice::from_ref(&whole),
            lang,
            scratch,
            &mut |token| bytes += token.key.len() + token.stem.len(),
        );
    }
    bytes
}

fn specs() -> [(&'static str, AnalyzerSpec); 3] {
    let whole = AnalyzerSpec::default();
    let keys = AnalyzerSpec {
        stemming: Stemming::Off,
        masking: Masking::Off,
        ..whole.clone()
    };
    let scan = AnalyzerSpec {
        joining: Joining::Off,
        ..keys.clone()
    };
    [
        ("scan", scan),
        ("normalise_and_tokenise", keys),
        ("with_stems_and_masks", whole),
    ]
}

fn measure(group: &mut BenchmarkGroup<'_, WallTime>, lang: Lang, texts: &[String]) {
    group.throughput(Throughput::Bytes(
        texts.iter().map(|text| text.len() as u64).sum(),
    ));
    for (name, spec) in specs() {
        let analyzer = Analyzer::new(&spec).unwrap();
        let mut scratch = Scratch::default();
        group.bench_function(format!("{name}/{lang}"), |bench| {
            bench.iter(|| tokens(&analyzer, texts, lang, &mut scratch))
        });
    }
    let cleaner = Cleaner::default();
    group.bench_function(format!("clean/{lang}"), |bench| {
        bench.iter(|| {
            texts
                .iter()
                .map(|text| cleaner.clean(text).cuts.len())
                .sum::<usize>()
        })
    });
    group.bench_function(format!("guess_language/{lang}"), |bench| {
        bench.iter(|| {
            texts
                .iter()
                .filter(|text| guess_language(text).lang == lang)
                .count()
        })
    });
}

/// MB/s where each piece of about 50 KB counts with its best of 60 passes.
fn undisturbed(lang: Lang, texts: &[String]) {
    let pieces: Vec<&[String]> = texts.chunks((texts.len() / 40).max(1)).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    for (name, spec) in specs() {
        let analyzer = Analyzer::new(&spec).unwrap();
        let mut scratch = Scratch::default();
        let mut best = vec![Duration::MAX; pieces.len()];
        for _ in 0..60 {
            for (piece, best) in pieces.iter().zip(&mut best) {
                let start = Instant::now();
                std::hint::black_box(tokens(&analyzer, piece, lang, &mut scratch));
                *best = start.elapsed().min(*best);
            }
        }
        let seconds = best.iter().sum::<Duration>().as_secs_f64();
        eprintln!("{name}/{lang}: {:.0} MB/s", bytes as f64 / seconds / 1e6);
    }
}

fn text(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(1))
        .warm_up_time(Duration::from_millis(300));
    for lang in Lang::ALL {
        let texts = if lang == Lang::Az {
            azerbaijani()
        } else {
            raw(lang.code())
        };
        match texts {
            Some(texts) if std::env::var_os("UNDISTURBED").is_some() => undisturbed(lang, &texts),
            Some(texts) => measure(&mut group, lang, &texts),
            None => eprintln!("skipped {lang}: ../shared/data is absent"),
        }
    }
    group.finish();
}

criterion_group!(benches, text);
criterion_main!(benches);
