//! `toolkit predict` through the real binary: every kind of input, broken inputs, interrupted runs, order, outputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use article_toolkit::pipeline::Pipeline;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

struct Sandbox(TempDir);

impl Sandbox {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toolkit"));
        command
            .arg("predict")
            .args(args)
            .args(["--model", model()])
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        Run(self.command(args).output().unwrap())
    }

    fn rows(&self, args: &[&str]) -> Vec<Json> {
        self.run(args).code(0).rows()
    }
}

type Json = serde_json::Value;

struct Run(Output);

impl Run {
    fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// A panic is never an answer.
    fn code(self, expected: i32) -> Self {
        assert!(!self.err().contains("panicked"), "{}", self.err());
        assert_eq!(self.0.status.code(), Some(expected), "{}", self.err());
        self
    }

    fn rows(&self) -> Vec<Json> {
        let lines = std::str::from_utf8(&self.0.stdout).unwrap().lines();
        lines.map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    fn says(self, parts: &[&str]) -> Self {
        let message = self.err();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in:\n{message}");
        }
        self
    }
}

const SUBJECTS: [(&str, &str, &str); 4] = [
    (
        "energy",
        "favor",
        "صادرات گاز و نفت از خط لوله تازه افزایش یافت و نیروگاه برق",
    ),
    (
        "security",
        "against",
        "ارتش و نیروهای نظامی در درگیری مرزی و رزمایش موشکی",
    ),
    (
        "none",
        "neutral",
        "جشنواره فیلم و نمایشگاه کتاب با استقبال هنرمندان گشایش یافت",
    ),
    (
        "none",
        "neutral",
        "بارش باران و برف در شهرها ادامه دارد و هوا سرد است",
    ),
];

/// Article `i`: a title and a body that no other article has.
fn article(i: usize) -> (String, String) {
    let (.., text) = SUBJECTS[i % SUBJECTS.len()];
    let word: String = (0..4)
        .map(|k| ['ب', 'د', 'ر', 'س', 'ک', 'م', 'ن', 'ت'][(i >> (3 * k)) & 7])
        .collect();
    (
        format!("خبر {word}"),
        format!("{text}، {word}ان گفتند، \"{i}\".\n"),
    )
}

fn text(i: usize) -> String {
    let (title, body) = article(i);
    format!("{title}\n\n{body}")
}

/// One trained model for all tests.
fn trained() -> &'static Sandbox {
    static TRAINED: OnceLock<Sandbox> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let sandbox = Sandbox::new();
        let mut csv = "path,topics,stance\n".to_owned();
        for i in 0..48 {
            let (topics, stance, _) = SUBJECTS[i % SUBJECTS.len()];
            sandbox.write(&format!("articles/{i}.txt"), text(i));
            csv.push_str(&format!("articles/{i}.txt,{topics},{stance}\n"));
        }
        sandbox.write("labels.csv", csv);
        let run = Command::new(env!("CARGO_BIN_EXE_toolkit"))
            .args(["train", "labels.csv"])
            .current_dir(sandbox.0.path())
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        sandbox
    })
}

fn model() -> &'static str {
    static MODEL: OnceLock<String> = OnceLock::new();
    MODEL.get_or_init(|| {
        let path = trained().path("models/model.safetensors");
        path.to_str().unwrap().to_owned()
    })
}

/// The rows without what names the place of the article.
fn placeless(rows: Vec<Json>) -> Vec<Json> {
    let strip = |mut row: Json| {
        row.as_object_mut().unwrap().remove("id");
        row.as_object_mut().unwrap().remove("path");
        row
    };
    rows.into_iter().map(strip).collect()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn csv_file(n: usize, separator: char) -> String {
    let mut csv = format!("key{separator}title{separator}text\n");
    for i in 0..n {
        let (title, body) = article(i);
        let body = body.replace('"', "\"\"");
        csv.push_str(&format!("a{i}{separator}{title}{separator}\"{body}\"\n"));
    }
    csv
}

fn jsonl_file(n: usize) -> String {
    let line = |i| {
        let (title, body) = article(i);
        serde_json::json!({"id": format!("a{i}"), "title": title, "text": body}).to_string() + "\n"
    };
    (0..n).map(line).collect()
}

fn parquet_file(path: &Path, n: usize) -> RecordBatch {
    let texts = |value: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new((0..n).map(|i| Some(value(i))).collect::<StringArray>())
    };
    let batch = RecordBatch::try_from_iter([
        ("other", texts(&|i| i.to_string())),
        ("text", texts(&|i| article(i).1)),
        ("title", texts(&|i| article(i).0)),
        ("id", texts(&|i| format!("a{i}"))),
    ])
    .unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    batch
}

#[test]
fn every_kind_of_input_gives_the_rows_of_plain_text() {
    const N: usize = 12;
    let sandbox = Sandbox::new();
    for i in 0..N {
        sandbox.write(&format!("txt/{i:02}.txt"), text(i));
        sandbox.write(&format!("md/deep/{i:02}.md"), text(i));
        sandbox.write(&format!("gz/{i:02}.txt.gz"), gz(text(i).as_bytes()));
        let packed = zstd::encode_all(text(i).as_bytes(), 3).unwrap();
        sandbox.write(&format!("zst/{i:02}.txt.zst"), packed);
    }
    let plain = placeless(sandbox.rows(&["txt"]));
    assert_eq!(plain.len(), N);
    assert!(
        plain
            .iter()
            .all(|row| row["error"].is_null() && row["duplicate_of"].is_null())
    );
    for folder in ["md", "gz", "zst"] {
        assert_eq!(placeless(sandbox.rows(&[folder])), plain, "{folder}");
    }
    let jsonl = jsonl_file(N);
    sandbox.write("j/a.jsonl", &jsonl);
    sandbox.write("j/b.jsonl.gz", gz(jsonl.as_bytes()));
    sandbox.write(
        "j/c.jsonl.zst",
        zstd::encode_all(jsonl.as_bytes(), 3).unwrap(),
    );
    sandbox.write("j/d.csv", csv_file(N, ','));
    sandbox.write(
        "j/e.csv",
        csv_file(N, ';')
            .replace('\n', "\r\n")
            .replace("\".\r\n", "\".\n"),
    );
    sandbox.write(
        "j/f.csv.zst",
        zstd::encode_all(csv_file(N, '\t').as_bytes(), 3).unwrap(),
    );
    let wide: Vec<u8> = format!("\u{feff}{}", csv_file(N, ','))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    sandbox.write("j/g.csv", wide);
    parquet_file(&sandbox.path("j/h.parquet"), N);
    for file in fs::read_dir(sandbox.path("j")).unwrap() {
        let name = format!("j/{}", file.unwrap().file_name().to_string_lossy());
        let rows = if name.contains(".csv") {
            sandbox.rows(&[&name, "--id-column", "key"])
        } else {
            sandbox.rows(&[&name])
        };
        assert_eq!(rows[3]["id"], "a3", "{name}");
        assert_eq!(placeless(rows), plain, "{name}");
    }
    let mut child = sandbox
        .command(&["-", "--stdin", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(jsonl.as_bytes())
        .unwrap();
    let piped = Run(child.wait_with_output().unwrap()).code(0).rows();
    assert_eq!(placeless(piped), plain);
}

#[test]
fn a_page_and_its_packed_copy_are_one_article() {
    let sandbox = Sandbox::new();
    let body = format!("<p>{}</p>", article(0).1.repeat(4));
    let page = format!(
        "<html><head><title>خبر</title></head><body><article>{}</article></body></html>",
        body.repeat(6)
    );
    sandbox.write("p/a.html", &page);
    sandbox.write("p/b.htm.gz", gz(page.as_bytes()));
    let rows = sandbox.rows(&["p"]);
    assert_eq!(rows[1]["duplicate_of"], rows[0]["id"]);
    assert_eq!(rows[0]["text_key"], rows[1]["text_key"]);
    assert!(!rows[0].to_string().contains("<p>"));
}

#[test]
fn folders_are_walked_in_order_without_circles_and_by_pattern() {
    let sandbox = Sandbox::new();
    for name in ["in/b/1.txt", "in/a/2.txt", "in/c.md", "in/skip.pdf"] {
        sandbox.write(name, text(1));
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("..", sandbox.path("in/a/circle")).unwrap();
    let paths = |rows: Vec<Json>| -> Vec<String> {
        rows.iter()
            .map(|r| r["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        paths(sandbox.rows(&["in"])),
        ["in/a/2.txt", "in/b/1.txt", "in/c.md"]
    );
    assert_eq!(paths(sandbox.rows(&["in", "--glob", "*.md"])), ["in/c.md"]);
    assert_eq!(
        paths(sandbox.rows(&["in", "--glob", "b/*"])),
        ["in/b/1.txt"]
    );
    sandbox
        .run(&["in", "--glob", "*.doc"])
        .code(2)
        .says(&["no article in this folder", "--glob"]);
}

/// Two thousand, or as many as the variable `FILES` says, a multiple of 500; one in a hundred is broken, one of them is 1 GiB.
#[test]
fn thousands_of_files_of_which_some_are_broken() {
    let n: usize = std::env::var("FILES").map_or(2000, |n| n.parse().unwrap());
    let sandbox = Sandbox::new();
    let mut broken = 0;
    for i in 0..n {
        let name = |ending: &str| format!("in/{:02}/{i:06}.{ending}", i % 40);
        match i % 500 {
            7 => sandbox.write(&name("txt"), ""),
            107 => sandbox.write(&name("txt"), b"\0\x01\x02binary"),
            207 => sandbox.write(&name("txt"), "کلمه ".repeat(40_000)),
            307 => sandbox.write(&name("zip"), b"PK\x03\x04"),
            407 => sandbox.write(&name("txt.gz"), &gz(text(i).as_bytes())[..20]),
            _ => sandbox.write(&name("txt"), text(i)),
        };
        broken += usize::from(i % 100 == 7);
    }
    let huge = File::options()
        .write(true)
        .open(sandbox.path("in/07/000207.txt"));
    huge.unwrap().set_len(1 << 30).unwrap();
    let run = sandbox.run(&[
        "in",
        "--max-article",
        "200KiB",
        "--output",
        "rows.jsonl",
        "--summary",
        "s.json",
    ]);
    let told = format!("{broken} of {n} articles could not be read");
    let run = run.code(2).says(&[told.as_str()]);
    drop(run);
    let rows = String::from_utf8(sandbox.read("rows.jsonl")).unwrap();
    let rows: Vec<Json> = rows
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(rows.len(), n);
    let paths: Vec<&str> = rows.iter().map(|r| r["path"].as_str().unwrap()).collect();
    assert!(paths.is_sorted());
    let bad: Vec<&Json> = rows.iter().filter(|r| !r["error"].is_null()).collect();
    assert_eq!((bad.len(), broken), (n / 100, n / 100));
    for row in bad {
        let (path, error) = (
            row["path"].as_str().unwrap(),
            row["error"].as_str().unwrap(),
        );
        assert!(error.contains(path), "{error}");
        let i: usize = path.split('/').next_back().unwrap()[..6].parse().unwrap();
        let (flag, word) = match i % 500 {
            7 => ("empty", "empty"),
            107 => ("binary", "zero byte"),
            207 => ("too_large", "204800 bytes"),
            307 => ("archive", "unpack it"),
            _ => ("unreadable", "eof"),
        };
        assert_eq!(row["flags"][0], flag, "{row}");
        assert!(
            error.to_lowercase().contains(word) || flag == "unreadable",
            "{error}"
        );
    }
    let summary: Json = serde_json::from_slice(&sandbox.read("s.json")).unwrap();
    assert_eq!(
        (&summary["rows"], &summary["unreadable"]),
        (&n.into(), &broken.into())
    );
    assert_eq!(summary["faults"]["archive"], n / 500);
    assert_eq!(summary["batch"]["languages"]["fa"], n - broken);
}

#[test]
fn broken_records_cost_one_row_each() {
    let sandbox = Sandbox::new();
    let (_, body) = article(1);
    let long = "x".repeat(5000);
    let good = serde_json::json!({"text": body}).to_string();
    sandbox.write("a.jsonl", format!("{good}\n{{\"text\": \n{{\"id\":1}}\n{{\"text\":\"{long}\"}}\n{{\"text\":\"\"}}\n\n{good}\n"));
    let run = sandbox.run(&["a.jsonl", "--max-article", "4kB"]).code(2);
    let rows = run.rows();
    let flags: Vec<String> = rows
        .iter()
        .map(|r| r["flags"][0].as_str().unwrap_or("").to_owned())
        .collect();
    assert_eq!(
        &flags[1..5],
        ["malformed", "malformed", "too_large", "empty"]
    );
    assert!(rows[0]["error"].is_null() && rows[5]["error"].is_null() && rows.len() == 6);
    for (row, line) in [(1, 2), (2, 3), (3, 4), (4, 5)] {
        let error = rows[row]["error"].as_str().unwrap();
        assert!(error.starts_with(&format!("a.jsonl:{line}: ")), "{error}");
    }
    assert!(rows[3]["error"].as_str().unwrap().contains("4000 bytes"));
    sandbox.write(
        "b.csv",
        format!(
            "id,text\n1,good one\n2,\"never closed\n3,{}\n4,a,b\n5,last\n",
            body.trim().replace('"', "")
        ),
    );
    let rows = sandbox.run(&["b.csv"]).code(2).rows();
    let errors: Vec<&str> = rows
        .iter()
        .map(|r| r["error"].as_str().unwrap_or(""))
        .collect();
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(
        errors[1].contains("b.csv:3: a quote is opened"),
        "{errors:?}"
    );
    assert!(
        errors[3].contains("3 fields, but the header has 2"),
        "{errors:?}"
    );
    assert!(errors[0].is_empty() && errors[2].is_empty() && errors[4].is_empty());
    sandbox.write("c.csv", "path,topics\na,b\n");
    sandbox
        .run(&["c.csv"])
        .code(2)
        .says(&["no field \"text\"", "path, topics", "--text-column"]);
    let wide = encoding_rs::WINDOWS_1256
        .encode(
            "id,text\n1,قال الرئيس إن العلاقات بين البلدين تنمو وتتطور بشكل ناجح في هذه المرحلة\n",
        )
        .0
        .into_owned();
    sandbox.write("d.csv", wide);
    assert_eq!(
        sandbox.rows(&["d.csv"])[0]["flags"][0],
        "encoding windows-1256"
    );
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let sandbox = Sandbox::new();
    for i in 0..300 {
        sandbox.write(&format!("in/{i}.txt"), text(i % 290));
    }
    for ending in ["jsonl", "csv", "parquet"] {
        let bytes = |threads: &str| {
            let name = format!("{threads}.{ending}");
            let summary = format!("{threads}.{ending}.json");
            sandbox
                .run(&[
                    "in",
                    "-o",
                    &name,
                    "--summary",
                    &summary,
                    "--threads",
                    threads,
                ])
                .code(0);
            (sandbox.read(&name), sandbox.read(&summary))
        };
        let one = bytes("1");
        assert!(one == bytes("2") && one == bytes("8"), "{ending}");
    }
    let rows = String::from_utf8(sandbox.read("1.jsonl")).unwrap();
    assert_eq!(rows.matches("\"duplicate_of\":\"in/").count(), 10);
}

/// Articles enough for a run that can be interrupted in its middle.
fn many(sandbox: &Sandbox, n: usize) {
    sandbox.write(
        "many.jsonl",
        (0..n)
            .map(|i| {
                serde_json::json!({"id": i, "text": text(i % 3000).repeat(2)}).to_string() + "\n"
            })
            .collect::<String>(),
    );
    for i in 0..50 {
        sandbox.write(&format!("some/{i}.txt"), text(i));
    }
    sandbox.write("some/51.txt", "");
}

fn nothing_left_beside(sandbox: &Sandbox) {
    let names = fs::read_dir(sandbox.0.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let left: Vec<String> = names
        .filter(|n| n.ends_with(".part") || n.ends_with(".journal") || n.ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_how_to_go_on() {
    let sandbox = Sandbox::new();
    many(&sandbox, 3000);
    sandbox.run(&["many.jsonl", "-o", "whole.csv"]).code(0);
    let child = sandbox
        .command(&["many.jsonl", "-o", "rows.csv"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let written = || fs::metadata(sandbox.path("rows.csv.part")).map_or(0, |m| m.len());
    while written() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    Run(child.wait_with_output().unwrap())
        .code(130)
        .says(&["interrupted after", "--resume"]);
    assert!(!sandbox.path("rows.csv").exists());
    sandbox
        .run(&["many.jsonl", "-o", "rows.csv"])
        .code(2)
        .says(&["unfinished run", "--resume", "--restart"]);
    sandbox
        .run(&["some", "-o", "rows.csv", "--resume"])
        .code(2)
        .says(&["asked for something else"]);
    let lines = fs::read_to_string(sandbox.path("many.jsonl")).unwrap();
    sandbox.write(
        "many.jsonl",
        lines
            .replacen("text", "text ", 1)
            .replacen("text ", "text", 1)
            .replacen("خبر", "خبرها", 1),
    );
    sandbox
        .run(&["many.jsonl", "-o", "rows.csv", "--resume"])
        .code(2)
        .says(&["are not those", "--restart"]);
    sandbox.write("many.jsonl", lines);
    sandbox
        .run(&["many.jsonl", "-o", "rows.csv", "--resume"])
        .code(0);
    assert!(sandbox.read("rows.csv") == sandbox.read("whole.csv"));
    nothing_left_beside(&sandbox);
}

/// A file system of 1 MB where the tests run as root, else the device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let sandbox = Sandbox::new();
    many(&sandbox, 3000);
    sandbox.run(&["many.jsonl", "-o", "whole.jsonl"]).code(0);
    fs::create_dir(sandbox.path("small")).unwrap();
    let small = sandbox.path("small");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(&small)
        .output();
    if !mounted.is_ok_and(|m| m.status.success()) {
        eprintln!("skipped: a file system of 1 MB needs root; only /dev/full is tried");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let run = sandbox
            .command(&["many.jsonl"])
            .stdout(full)
            .output()
            .unwrap();
        Run(run).code(2).says(&["No space left"]);
        return;
    }
    let run = sandbox.run(&["many.jsonl", "-o", "small/rows.jsonl"]);
    let ended = std::panic::catch_unwind(|| {
        run.code(2)
            .says(&["No space left", "make room", "--resume"])
    });
    let grown = Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(&small)
        .status();
    let resumed = sandbox.run(&["many.jsonl", "-o", "small/rows.jsonl", "--resume"]);
    let rows = fs::read(small.join("rows.jsonl")).unwrap_or_default();
    Command::new("umount").arg(&small).status().unwrap();
    assert!(ended.is_ok() && grown.is_ok_and(|g| g.success()));
    // Whether the journal had a first mark before the disk was full is a matter of speed; the rows are not.
    resumed.code(0);
    assert!(rows == sandbox.read("whole.jsonl"));
}

#[test]
fn spreadsheets_get_no_formula() {
    let sandbox = Sandbox::new();
    let line = |id: &str| {
        serde_json::json!({"id": id, "text": format!("{id}\n\n{}", article(0).1)}).to_string()
            + "\n"
    };
    let payloads = [
        "=1+1", "+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "\0=1",
    ];
    sandbox.write(
        "p.jsonl",
        payloads
            .iter()
            .filter(|p| !p.contains('\0'))
            .map(|p| line(p))
            .collect::<String>(),
    );
    sandbox
        .run(&["p.jsonl", "-o", "rows.csv", "--excel"])
        .code(0);
    let bytes = sandbox.read("rows.csv");
    assert!(bytes.starts_with(b"\xEF\xBB\xBF"));
    let mut reader = csv::Reader::from_reader(&bytes[3..]);
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 7);
    for record in &records {
        for cell in record {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']);
            assert!(!formula || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
    }
    let header = reader.headers().unwrap();
    assert!(header.iter().any(|h| h == "duplicate_of") && header.iter().any(|h| h == "input"));
}

/// The kernel and the command give the same answers for the same Parquet file.
#[test]
fn the_kernel_gives_what_the_command_writes() {
    let sandbox = Sandbox::new();
    let batch = parquet_file(&sandbox.path("in.parquet"), 40);
    sandbox.run(&["in.parquet", "-o", "out.parquet"]).code(0);
    let pipeline = Pipeline::load(Path::new(model())).unwrap();
    let expected = pipeline.predict_batch(&batch).unwrap();
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(sandbox.path("out.parquet")).unwrap())
            .unwrap();
    let version = reader
        .schema()
        .metadata()
        .get("article_toolkit.schema")
        .cloned();
    assert_eq!(
        version.as_deref(),
        Some(article_toolkit::batch::SCHEMA_VERSION)
    );
    let written: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    assert_eq!(written.iter().map(RecordBatch::num_rows).sum::<usize>(), 40);
    for (i, field) in expected.schema().fields().iter().enumerate() {
        assert_eq!(
            written[0].column_by_name(field.name()).unwrap(),
            expected.column(i),
            "{}",
            field.name()
        );
    }
    let path = written[0]
        .column_by_name("path")
        .unwrap()
        .as_string::<i32>();
    assert_eq!(path.value(0), "in.parquet");
    // A row does not depend on its batch.
    let part = pipeline.predict_batch(&batch.slice(7, 3)).unwrap();
    assert_eq!(part, expected.slice(7, 3));
    let empty = RecordBatch::try_from_iter([(
        "text",
        Arc::new(StringArray::from(vec![None, Some("")])) as ArrayRef,
    )])
    .unwrap();
    let answers = pipeline.predict_batch(&empty).unwrap();
    assert_eq!(answers.column_by_name("error").unwrap().null_count(), 0);
    let wrong =
        RecordBatch::try_from_iter([("body", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)])
            .unwrap();
    assert!(
        pipeline
            .predict_batch(&wrong)
            .unwrap_err()
            .to_string()
            .contains("body")
    );
}

#[test]
fn the_kernel_may_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Pipeline>();
}

#[test]
fn golden_articles_must_keep_their_labels() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", text(0));
    let rows = sandbox.rows(&["a.txt"]);
    let given = |task: usize| -> Vec<String> {
        let labels = rows[0]["tasks"][task]["labels"].as_array().unwrap();
        labels
            .iter()
            .filter(|l| l["given"] == true)
            .map(|l| l["label"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(given(0), ["energy"]);
    sandbox.write(
        "golden.csv",
        format!("path,topics,stance\na.txt,energy,{}\n", given(1)[0]),
    );
    sandbox.run(&["a.txt", "--golden", "golden.csv"]).code(0);
    sandbox.write("golden.csv", "path,topics\na.txt,security\n");
    let run = sandbox.run(&["a.txt", "--golden", "golden.csv"]).code(1);
    assert!(run.rows().is_empty());
    run.says(&["lost security, new energy", "nothing was predicted"]);
}

#[test]
fn drift_is_seen_in_the_summary_and_between_summaries() {
    let sandbox = Sandbox::new();
    for i in 0..40 {
        sandbox.write(&format!("same/{i}.txt"), text(i));
        sandbox.write(&format!("other/{i}.txt"), format!("Gas prices in town {i}\n\nThe council of the town discussed the prices of gas, water and bread for a long evening.\n"));
    }
    sandbox
        .run(&["same", "--summary", "same.json"])
        .code(0)
        .says(&["against training: "]);
    sandbox
        .run(&["other", "--summary", "other.json"])
        .code(0)
        .says(&[
            "against training: ",
            "unknown words",
            "language en 0.0% -> 100.0%",
        ]);
    let drift = |args: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_toolkit"))
            .arg("drift")
            .args(args)
            .current_dir(sandbox.0.path())
            .output()
            .unwrap();
        (
            run.status.code().unwrap(),
            String::from_utf8(run.stdout).unwrap(),
        )
    };
    let (code, table) = drift(&["same.json", "other.json", "--fail-if-changed"]);
    assert!(
        code == 1 && table.contains("language fa") && table.contains("changed"),
        "{table}"
    );
    let (code, table) = drift(&["same.json", "same.json", "--fail-if-changed"]);
    assert!(code == 0 && table.contains("\n0 of "), "{table}");
    assert_eq!(drift(&["same.json"]).0, 0);
    sandbox.write("bad.json", "{}");
    assert_eq!(drift(&["bad.json"]).0, 2);
}
