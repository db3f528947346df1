//! Records of tables and JSON lines to the fields of an article.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::item::RecordFields;

/// Names tried, in this order, where the user names none.
const TEXT: &[&str] = &["text", "body", "content", "article"];
const ID: &[&str] = &["id", "url"];
const TITLE: &[&str] = &["title", "headline"];
const LANG: &[&str] = &["lang"];
/// Separators of tables, the commonest first.
const SEPARATORS: &[u8] = b",;\t";

/// Which columns or fields hold what; `None` takes the usual names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// The text; by default `text`, `body`, `content` or `article`.
    pub text: Option<String>,
    /// The id; by default `id` or `url`.
    pub id: Option<String>,
    /// The title; by default `title` or `headline`.
    pub title: Option<String>,
}

/// Why a record gives no article.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Not JSON.
    #[error("not a JSON object: {0}")]
    Json(String),
    /// A field is missing.
    #[error("no field \"{wanted}\" (there are {found}); name it with --{option}-column")]
    Missing {
        /// Field looked for.
        wanted: String,
        /// Fields there are.
        found: String,
        /// `text`, `id` or `title`.
        option: &'static str,
    },
    /// A field of another type.
    #[error("\"{name}\" is not a {expected}")]
    Type {
        /// Field.
        name: String,
        /// What it should be.
        expected: &'static str,
    },
    /// More or fewer fields than the header.
    #[error("{found} fields, but the header has {expected}")]
    Width {
        /// Fields of the header.
        expected: usize,
        /// Fields of the record.
        found: usize,
    },
    /// Not CSV.
    #[error("not a CSV record: {0}")]
    Csv(String),
}

/// The name a user gave, or the first usual one that is `there`.
fn choose<'n>(
    named: &'n Option<String>,
    usual: &[&'static str],
    option: &'static str,
    names: &[String],
) -> Result<Option<&'n str>, RecordError>
where
    'static: 'n,
{
    match named {
        Some(name) if names.iter().any(|n| n == name) => Ok(Some(name)),
        Some(name) => Err(missing(name, option, names)),
        None => Ok(usual
            .iter()
            .copied()
            .find(|usual| names.iter().any(|n| n == usual))),
    }
}

fn missing(wanted: &str, option: &'static str, names: &[String]) -> RecordError {
    let mut found: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    if found.is_empty() {
        found.push("none");
    }
    RecordError::Missing {
        wanted: wanted.to_owned(),
        found: found.join(", "),
        option,
    }
}

/// Where the fields of an article stand among named columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Text.
    pub text: usize,
    /// Id.
    pub id: Option<usize>,
    /// Title.
    pub title: Option<usize>,
    /// Language.
    pub lang: Option<usize>,
}

impl Fields {
    /// Finds the columns of an article by name.
    ///
    /// # Errors
    /// [`RecordError::Missing`] for a column that was named, or no text column at all.
    pub fn places(&self, names: &[String]) -> Result<Places, RecordError> {
        let at = |name: Option<&str>| names.iter().position(|n| Some(n.as_str()) == name);
        let text = at(choose(&self.text, TEXT, "text", names)?);
        let text = text.ok_or_else(|| missing(TEXT[0], "text", names))?;
        let title = at(choose(&self.title, TITLE, "title", names)?);
        Ok(Places {
            text,
            id: at(choose(&self.id, ID, "id", names)?),
            // Titles read as texts are not their own titles too.
            title: title.filter(|&title| title != text),
            lang: at(choose(&None, LANG, "lang", names)?),
        })
    }

    /// The article of a JSON line.
    pub(super) fn of_json(&self, line: &str) -> Result<RecordFields, RecordError> {
        let mut object: Map<String, Value> =
            serde_json::from_str(line).map_err(|e| RecordError::Json(e.to_string()))?;
        let names: Vec<String> = object.keys().cloned().collect();
        let places = self.places(&names)?;
        let mut take = |at: Option<usize>| {
            let name = at.and_then(|at| names.get(at));
            name.map_or(Ok(None), |name| plain(name, object.remove(name)))
        };
        let text = take(Some(places.text))?;
        Ok(RecordFields {
            id: take(places.id)?,
            title: take(places.title)?,
            lang: take(places.lang)?,
            text: text.unwrap_or_default(),
            flags: Vec::new(),
        })
    }
}

/// Text, a number as text, or nothing for null.
fn plain(name: &str, value: Option<Value>) -> Result<Option<String>, RecordError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(RecordError::Type {
            name: name.to_owned(),
            expected: "text",
        }),
    }
}

/// The header of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Byte between fields.
    pub(super) separator: u8,
    places: Places,
    width: usize,
}

impl Header {
    /// Reads the header; the separator is the first that gives a text column.
    pub(super) fn read(line: &str, fields: &Fields) -> Result<Self, RecordError> {
        let mut first_error = None;
        for &separator in SEPARATORS {
            let names = cells(line, separator)?;
            let names: Vec<String> = names.iter().map(|n| n.trim().to_owned()).collect();
            match fields.places(&names) {
                Ok(places) => {
                    return Ok(Self {
                        separator,
                        places,
                        width: names.len(),
                    });
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| missing(TEXT[0], "text", &[])))
    }

    /// The article of a record.
    pub(super) fn fields(&self, record: &str) -> Result<RecordFields, RecordError> {
        let mut cells = cells(record, self.separator)?;
        if cells.len() != self.width {
            return Err(RecordError::Width {
                expected: self.width,
                found: cells.len(),
            });
        }
        let mut take = |at: Option<usize>| at.map(|at| std::mem::take(&mut cells[at]));
        Ok(RecordFields {
            text: take(Some(self.places.text)).unwrap_or_default(),
            id: take(self.places.id),
            title: take(self.places.title),
            lang: take(self.places.lang).filter(|lang| !lang.is_empty()),
            flags: Vec::new(),
        })
    }
}

fn cells(record: &str, separator: u8) -> Result<Vec<String>, RecordError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(record.as_bytes());
    match reader.records().next() {
        None => Ok(Vec::new()),
        Some(Ok(cells)) => Ok(cells.iter().map(str::to_owned).collect()),
        Some(Err(error)) => Err(RecordError::Csv(error.to_string())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_and_separators_are_found() {
        let fields = Fields::default();
        for header in ["id,title,text", "id;title;text", "id\ttitle\ttext"] {
            let header = Header::read(header, &fields).unwrap();
            let separator = char::from(header.separator);
            let record = format!("7{separator}\"T{separator}\"\"1\"\"\"{separator}B\nC");
            // The framer hands over a record with a line end only inside quotes.
            let read = header.fields(&record.replace("B\nC", "\"B\nC\"")).unwrap();
            assert_eq!(read.id.as_deref(), Some("7"));
            assert_eq!(read.title, Some(format!("T{separator}\"1\"")));
            assert_eq!(read.text, "B\nC");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let fields = Fields::default();
        let error = Header::read("path,topics", &fields)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("path, topics") && error.contains("--text-column"),
            "{error}"
        );
        let named = Fields {
            id: Some("key".to_owned()),
            ..Fields::default()
        };
        let error = named.of_json("{\"text\":\"a\"}").unwrap_err().to_string();
        assert!(error.contains("\"key\"") && error.contains("--id-column"));
        let header = Header::read("id,text", &fields).unwrap();
        assert!(matches!(
            header.fields("1,2,3"),
            Err(RecordError::Width { .. })
        ));
    }

    #[test]
    fn json_takes_numbers_for_ids_and_refuses_lists() {
        let fields = Fields::default();
        let read = fields.of_json("{\"id\":7,\"text\":\"a\\nb\"}").unwrap();
        assert_eq!(
            (read.id.as_deref(), read.text.as_str()),
            (Some("7"), "a\nb")
        );
        for line in ["[]", "{", "{\"text\":[]}", "\"text\""] {
            assert!(fields.of_json(line).is_err(), "{line}");
        }
        assert_eq!(fields.of_json("{\"text\":null}").unwrap().text, "");
    }
}
