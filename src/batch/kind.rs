//! What a file is, by its name.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// How the articles of a file are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One article of plain text.
    Text,
    /// One article as a web page.
    Html,
    /// A table with a header, one article a record.
    Csv,
    /// One JSON object a line, one article each.
    Jsonl,
    /// A Parquet file, one article a row.
    Parquet,
    /// Many files in one: refused.
    Archive,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    Plain,
    /// gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
}

/// Endings taken from a folder where no pattern is given; each also with `.gz` and `.zst`.
pub(super) const TAKEN: &str = ".txt, .md, .html, .htm, .csv, .jsonl, .parquet";

/// Largest window of a Zstandard stream, as a power of two: 128 MiB, what `zstd` itself takes without `--long`.
const WINDOW_LOG: u32 = 27;

/// Form and packing by the endings of the name; `None` for a name that says nothing.
#[must_use]
pub fn kind_of(path: &Path) -> Option<(Form, Packing)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (name, packing) = match name.rsplit_once('.')? {
        (inner, "gz") => (inner, Packing::Gzip),
        (inner, "zst") => (inner, Packing::Zstd),
        _ => (name.as_str(), Packing::Plain),
    };
    let form = match name.rsplit_once('.')?.1 {
        "txt" | "md" => Form::Text,
        "html" | "htm" => Form::Html,
        "csv" => Form::Csv,
        "jsonl" | "ndjson" => Form::Jsonl,
        "parquet" if packing == Packing::Plain => Form::Parquet,
        "parquet" | "zip" | "tar" | "tgz" | "7z" | "rar" => Form::Archive,
        _ => return None,
    };
    Some((form, packing))
}

/// Opens a file for reading what is packed in it.
///
/// # Errors
/// Whatever the system says.
pub(super) fn unpacked(file: impl Read + 'static, packing: Packing) -> io::Result<Box<dyn Read>> {
    let file = BufReader::with_capacity(1 << 16, file);
    Ok(match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        Packing::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(file)?;
            decoder.window_log_max(WINDOW_LOG)?;
            Box::new(decoder)
        }
    })
}

/// [`unpacked`] for a path.
pub(super) fn open(path: &Path, packing: Packing) -> io::Result<Box<dyn Read>> {
    unpacked(File::open(path)?, packing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_form_and_packing() {
        let kind = |name: &str| kind_of(Path::new(name));
        assert_eq!(kind("a/b.TXT"), Some((Form::Text, Packing::Plain)));
        assert_eq!(kind("b.jsonl.zst"), Some((Form::Jsonl, Packing::Zstd)));
        assert_eq!(kind("b.html.gz"), Some((Form::Html, Packing::Gzip)));
        assert_eq!(kind("b.tar.gz"), Some((Form::Archive, Packing::Gzip)));
        assert_eq!(kind("b.parquet"), Some((Form::Parquet, Packing::Plain)));
        for name in ["a", ".txt", "a.pdf", "a.gz", "txt.gz"] {
            assert_eq!(
                kind(name).map(|k| k.0),
                (name == ".txt").then_some(Form::Text),
                "{name}"
            );
        }
    }
}
