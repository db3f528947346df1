//! Accuracy of language guessers among fa, ar, ru, az, tr, en on `../shared/data` (raw documents, SIB-200 sentences).

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    time::Instant,
};

const CODES: [&str; 6] = ["fa", "ar", "ru", "az", "tr", "en"];

fn shared(path: &str) -> File {
    File::open(Path::new("../../../../shared/data").join(path)).expect("../shared/data")
}

fn texts() -> Vec<(&'static str, String, String)> {
    let mut all = Vec::new();
    for code in ["fa", "ar", "ru", "tr", "en"] {
        let lines = BufReader::new(
            zstd::Decoder::new(shared(&format!("raw/{code}.jsonl.zst"))).expect("zstd"),
        )
        .lines();
        for line in lines.map_while(Result::ok) {
            let row: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            all.push((
                "raw",
                code.to_owned(),
                row["text"].as_str().unwrap_or("").to_owned(),
            ));
        }
    }
    let mut reader =
        csv::Reader::from_reader(zstd::Decoder::new(shared("topic/sib200.csv.zst")).expect("zstd"));
    for row in reader
        .records()
        .map_while(Result::ok)
        .filter(|row| CODES.contains(&&row[3]))
    {
        all.push(("SIB-200", row[3].to_owned(), row[0].to_owned()));
    }
    all
}

fn guesser(name: &str) -> Box<dyn Fn(&str) -> Option<&'static str>> {
    use lingua::Language as L;
    use whatlang::Lang as W;
    match name {
        "whatlang" => {
            let langs = [W::Pes, W::Ara, W::Rus, W::Aze, W::Tur, W::Eng];
            let detector = whatlang::Detector::with_allowlist(langs.to_vec());
            Box::new(move |text| {
                let found = detector.detect_lang(text)?;
                CODES
                    .get(langs.iter().position(|lang| *lang == found)?)
                    .copied()
            })
        }
        "lingua" => {
            let langs = [
                L::Persian,
                L::Arabic,
                L::Russian,
                L::Azerbaijani,
                L::Turkish,
                L::English,
            ];
            let detector = lingua::LanguageDetectorBuilder::from_languages(&langs).build();
            Box::new(move |text| {
                let found = detector.detect_language_of(text)?;
                CODES
                    .get(langs.iter().position(|lang| *lang == found)?)
                    .copied()
            })
        }
        _ => Box::new(|text| Some(article_toolkit::text::guess_language(text).lang.code())),
    }
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "own".to_owned());
    let (guess, texts) = (guesser(&name), texts());
    let mut counts: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    let start = Instant::now();
    for (set, code, text) in &texts {
        let count = counts.entry((set, code)).or_default();
        count.0 += u32::from(guess(text) == Some(code));
        count.1 += 1;
    }
    let bytes: usize = texts.iter().map(|(.., text)| text.len()).sum();
    for ((set, code), (right, all)) in counts {
        println!(
            "{name} {set} {code}: {right} of {all}, {:.2} %",
            100.0 * f64::from(right) / f64::from(all)
        );
    }
    println!(
        "{name}: {:.1} MB/s",
        bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
    );
}
