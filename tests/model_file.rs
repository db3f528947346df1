//! A damaged or hostile model file is refused with a sentence; nothing panics and no wrong model is accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use article_toolkit::pipeline::Pipeline;
use rayon::prelude::*;

const DIGEST_MARK: &[u8] = b"{\\\"digest\\\":\\\"";
const DIGEST_LEN: usize = 64;

/// A model small enough to damage at every byte: two labels, a glossary of two concepts, short rule tables.
fn small_model() -> &'static [u8] {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let labels = dir.path().join("labels.csv");
        let model = dir.path().join("small.safetensors");
        let glossary = dir.path().join("mine.csv");
        let concepts = "gas,topic_term,natural gas,گاز,غاز,газ*,qaz,gaz,gas pipeline|gas\nvisa,topic_term,entry permit,ویزا,تأشيرة,виз*,viza,vize,=visa|passport*\n";
        std::fs::write(&glossary, format!("concept,kind,gloss,fa,ar,ru,az,tr,en\n{concepts}")).unwrap();
        let rows: String = (0..8)
            .map(|i| format!("gas pipeline oil {i} pumping,energy\nconsul visa passport {i} office,consular\n"))
            .collect();
        std::fs::write(&labels, format!("text,topics\n{rows}")).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_toolkit"))
            .arg("train")
            .arg(&labels)
            .arg("-o")
            .arg(&model)
            .arg("--no-builtin-glossary")
            .arg("--glossary")
            .arg(&glossary)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        std::fs::read(model).unwrap()
    })
}

fn error(bytes: &[u8]) -> Option<String> {
    Pipeline::from_bytes(bytes, Path::new("m.safetensors"))
        .err()
        .map(|e| e.to_string())
}

#[test]
fn the_whole_file_is_a_model() {
    assert_eq!(error(small_model()), None);
}

#[test]
fn every_flipped_byte_is_refused() {
    let model = small_model();
    let accepted: Vec<usize> = (0..model.len())
        .into_par_iter()
        .filter(|&i| {
            let mut bytes = model.to_vec();
            bytes[i] ^= 1 << (i % 8);
            error(&bytes).is_none()
        })
        .collect();
    assert_eq!(
        accepted,
        Vec::<usize>::new(),
        "bytes whose change was not seen"
    );
}

#[test]
fn every_truncation_is_refused() {
    let model = small_model();
    let accepted: Vec<usize> = (0..model.len())
        .into_par_iter()
        .filter(|&n| error(&model[..n]).is_none())
        .collect();
    assert_eq!(
        accepted,
        Vec::<usize>::new(),
        "lengths that were taken for a model"
    );
}

#[test]
fn trailing_bytes_are_refused() {
    for tail in [&b"\0"[..], b"more", small_model()] {
        let bytes = [small_model(), tail].concat();
        assert!(
            error(&bytes).is_some(),
            "{} bytes behind the model",
            tail.len()
        );
    }
}

#[test]
fn a_model_inside_another_file_is_refused() {
    for head in [&b"PK\x03\x04"[..], b"<html><body>", b"\n"] {
        let bytes = [head, small_model()].concat();
        assert!(error(&bytes).is_some(), "{head:?} in front");
    }
    for power in 0..13 {
        let bytes = [small_model(), &vec![b' '; 1 << power]].concat();
        assert!(error(&bytes).is_some(), "{} blanks behind", 1 << power);
    }
}

/// Changes the header (same length) or the arrays and puts the right digest back, as somebody with intent would.
fn forged(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = small_model().to_vec();
    change(&mut bytes);
    let mark = bytes
        .windows(DIGEST_MARK.len())
        .position(|w| w == DIGEST_MARK)
        .unwrap();
    let at = mark + DIGEST_MARK.len();
    bytes[at..at + DIGEST_LEN].fill(b'0');
    let digest = blake3::hash(&bytes).to_hex();
    bytes[at..at + DIGEST_LEN].copy_from_slice(digest.as_bytes());
    bytes
}

/// Where the bytes of an array stand in the file.
fn array(bytes: &[u8], name: &str) -> std::ops::Range<usize> {
    let header_len = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header_len]).unwrap();
    let at = |i: usize| 8 + header_len + header[name]["data_offsets"][i].as_u64().unwrap() as usize;
    at(0)..at(1)
}

fn replaced(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "the header must keep its length");
    forged(|bytes| {
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes());
        let at = at.unwrap_or_else(|| panic!("{from} is not in the header"));
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
    })
}

#[test]
fn an_unchanged_forgery_is_a_model() {
    assert_eq!(
        error(&forged(|_| {})),
        None,
        "the forger of these tests works"
    );
}

#[test]
fn numbers_that_are_none_are_refused_by_name() {
    for name in ["weights", "bias", "idf"] {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let bytes = forged(|b| {
                let at = array(b, name).start + 4;
                b[at..at + 4].copy_from_slice(&value.to_le_bytes());
            });
            let message = error(&bytes).expect("refused");
            assert!(message.contains(&format!("{name}[1]")), "{message}");
            assert!(message.contains("a finite number"), "{message}");
        }
    }
}

#[test]
fn numbers_near_zero_are_numbers() {
    for value in [-0.0_f32, f32::MIN_POSITIVE / 8.0] {
        let bytes = forged(|b| {
            let at = array(b, "weights").start;
            b[at..at + 4].copy_from_slice(&value.to_le_bytes());
        });
        assert_eq!(error(&bytes), None, "{value:e}");
    }
}

#[test]
fn labels_out_of_order_are_refused() {
    let message = error(&replaced(
        r#"[\"consular\",\"energy\"]"#,
        r#"[\"zonsular\",\"energy\"]"#,
    ));
    assert!(
        message
            .expect("refused")
            .contains("labels sorted and unique")
    );
}

#[test]
fn arrays_that_changed_places_are_refused() {
    let bytes = replaced(r#""idf":{"#, r#""bia":{"#);
    assert!(
        error(&bytes)
            .expect("refused")
            .contains("\"idf\" is missing")
    );
    let swapped = replaced(r#""word_ends""#, r#""form_ends""#);
    assert!(error(&swapped).is_some());
}

#[test]
fn another_version_says_which() {
    let message = error(&replaced(r#"\"format\":3"#, r#"\"format\":7"#)).expect("refused");
    assert!(message.contains("model format 7"), "{message}");
    assert!(message.contains("reads formats 1 to 3"), "{message}");
}

#[test]
fn a_full_table_is_refused_before_it_is_searched() {
    let bytes = forged(|b| {
        let slots = array(b, "slot_hashes");
        b[slots].fill(1);
    });
    let message = error(&bytes).expect("refused");
    assert!(message.contains("at least one of them empty"), "{message}");
}

#[test]
fn columns_and_terms_outside_the_arrays_are_refused() {
    for (name, expected) in [
        ("slot_columns", "below"),
        ("term_ends", "as many bytes as the last end says"),
        ("terms", "UTF-8"),
    ] {
        let bytes = forged(|b| {
            let at = array(b, name);
            b[at].fill(0xff);
        });
        let message = error(&bytes).expect("refused");
        assert!(
            message.contains(name) && message.contains(expected),
            "{message}"
        );
    }
}

#[test]
fn a_compiled_glossary_that_leaves_its_arrays_is_refused_by_name() {
    for name in [
        "concept_text",
        "concept_ends",
        "concept_cells",
        "form_ids",
        "form_ends",
        "word_text",
        "word_ends",
        "trie_children",
        "trie_form_ends",
        "trie_forms",
    ] {
        let bytes = forged(|b| {
            let at = array(b, name);
            b[at].fill(0xfe);
        });
        let message = error(&bytes).expect(name);
        let stem = name.split('_').next().unwrap();
        assert!(message.contains(stem), "{name}: {message}");
        assert!(message.contains("expected"), "{name}: {message}");
    }
}

/// Whoever knows the format can write any number into an array. Each one alone gives an error or a model that answers.
#[test]
fn no_number_of_the_glossary_makes_the_reader_or_an_answer_panic() {
    let glossary = [
        "concept_ends",
        "concept_cells",
        "form_ids",
        "form_ends",
        "word_ends",
        "word_marks",
        "trie_bytes",
        "trie_children",
        "trie_form_ends",
        "trie_forms",
    ];
    let article = article_toolkit::article::Article {
        id: "a".to_owned(),
        text: "gas pipeline gas visa passports oil".to_owned(),
        ..Default::default()
    };
    for name in glossary {
        let place = array(small_model(), name);
        (place.start..place.end).into_par_iter().for_each(|at| {
            for value in [0, 0xff] {
                let bytes = forged(|b| b[at] = value);
                if let Ok(model) = Pipeline::from_bytes(&bytes, Path::new("m.safetensors")) {
                    let _ = model.predict(&article);
                    let _ = model.glossary();
                }
            }
        });
    }
}

/// What no answer can fail by is left to `inspect --verify`.
#[test]
fn verify_looks_at_what_loading_takes_for_granted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.safetensors");
    let verdict = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        article_toolkit::store::verify(&path)
            .err()
            .map(|e| e.to_string())
    };
    assert_eq!(verdict(small_model()), None);
    let swapped = forged(|b| {
        let at = array(b, "terms").start;
        b.swap(at, at + 1);
    });
    assert_eq!(error(&swapped), None);
    assert!(verdict(&swapped).expect("refused").contains("slots"));
    let lost = forged(|b| {
        let hashes = array(b, "slot_hashes");
        b[hashes]
            .chunks_exact_mut(8)
            .filter(|h| h != &[0; 8])
            .for_each(|h| h[7] ^= 0x55);
    });
    assert!(verdict(&lost).expect("refused").contains("slots"));
    let starred = forged(|b| {
        let marks = array(b, "word_marks");
        b[marks].fill(1);
    });
    assert!(
        verdict(&starred)
            .expect("refused")
            .contains("compiled glossary")
    );
}

#[test]
fn a_header_beyond_the_limit_is_refused_before_it_is_read() {
    let mut bytes = small_model().to_vec();
    bytes[..8].copy_from_slice(&((16_u64 << 20) + 1).to_le_bytes());
    assert!(
        error(&bytes)
            .expect("refused")
            .contains("more than the limit of 16777216")
    );
}

#[test]
fn headers_made_to_exhaust_memory_are_refused() {
    let mut long = small_model().to_vec();
    long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut nested = (1_000_000_u64).to_le_bytes().to_vec();
    nested.extend(std::iter::repeat_n(b'[', 1_000_000));
    let huge_shape =
        br#"{"weights":{"dtype":"F32","shape":[18446744073709551615,4],"data_offsets":[0,4]}}"#;
    let mut shape = (huge_shape.len() as u64).to_le_bytes().to_vec();
    shape.extend_from_slice(huge_shape);
    shape.extend_from_slice(&[0; 4]);
    for (name, bytes) in [
        ("length", long),
        ("nesting", nested),
        ("shape", shape),
        ("nothing", Vec::new()),
    ] {
        assert!(error(&bytes).is_some(), "{name}");
    }
}

#[test]
fn a_json_file_or_a_text_is_no_model() {
    for text in ["", "{}", "path,topics\na.txt,energy\n", "PK\u{3}\u{4}"] {
        let message = error(text.as_bytes()).expect("refused");
        assert!(message.contains("not a model file"), "{message}");
    }
}
