//! Rows of a Parquet file as items; only the columns of an article are read.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::columns::TextColumn;
use super::item::{Content, Item, RecordFields};
use super::record::{Fields, Places};

/// Rows decoded at a time: few, because one may be as large as an article may be.
const ROWS: usize = 64;

/// Every row, or one item with the reason why there are none.
pub(super) fn parquet_items(
    path: &Path,
    fields: &Fields,
    limit: u64,
) -> Box<dyn Iterator<Item = Item>> {
    let name = path.display().to_string();
    match open(path, fields) {
        Ok((reader, places)) => Box::new(Rows {
            reader,
            places,
            limit,
            path: path.to_owned(),
            row: 0,
            ready: Vec::new().into_iter(),
            ended: false,
        }),
        Err((flag, reason)) => {
            let item = Item::broken(name.clone(), path, flag, format!("{name}: {reason}"));
            Box::new(std::iter::once(item))
        }
    }
}

type Opened = (ParquetRecordBatchReader, Places);

fn open(path: &Path, fields: &Fields) -> Result<Opened, (&'static str, String)> {
    let malformed = |error: &dyn std::fmt::Display| ("malformed", error.to_string());
    let file = File::open(path).map_err(|error| ("unreadable", error.to_string()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| malformed(&e))?;
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    let places = fields.places(&names).map_err(|e| malformed(&e))?;
    let columns = [Some(places.text), places.id, places.title, places.lang];
    let wanted: BTreeSet<usize> = columns.into_iter().flatten().collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(ROWS).build();
    // A projection keeps the order of the file: a column stands as many places earlier as columns before it are left out.
    let moved = |at: usize| wanted.range(..at).count();
    let places = Places {
        text: moved(places.text),
        id: places.id.map(moved),
        title: places.title.map(moved),
        lang: places.lang.map(moved),
    };
    Ok((reader.map_err(|e| malformed(&e))?, places))
}

struct Rows {
    reader: ParquetRecordBatchReader,
    places: Places,
    limit: u64,
    path: PathBuf,
    /// Rows handed over, and so the number of the last one from 1.
    row: u64,
    ready: std::vec::IntoIter<Item>,
    ended: bool,
}

impl Iterator for Rows {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.ready.next() {
                return Some(item);
            }
            if self.ended {
                return None;
            }
            match self.reader.next() {
                None => self.ended = true,
                Some(Ok(batch)) => match self.items(&batch) {
                    Ok(items) => self.ready = items.into_iter(),
                    Err(reason) => return self.end("malformed", &reason),
                },
                Some(Err(error)) => return self.end("unreadable", &error.to_string()),
            }
        }
    }
}

impl Rows {
    fn end(&mut self, flag: &'static str, reason: &str) -> Option<Item> {
        self.ended = true;
        let name = self.path.display();
        let reason = format!("{name}: {reason}; what follows in this file is not read");
        Some(Item::broken(
            format!("{name}:end"),
            &self.path,
            flag,
            reason,
        ))
    }

    fn items(&mut self, batch: &RecordBatch) -> Result<Vec<Item>, String> {
        let column = |at: Option<usize>| {
            at.map(|at| TextColumn::new(batch.schema_ref().field(at).name(), batch.column(at)))
                .transpose()
                .map_err(|e| e.to_string())
        };
        let (text, id) = (column(Some(self.places.text))?, column(self.places.id)?);
        let (title, lang) = (column(self.places.title)?, column(self.places.lang)?);
        let cell = |column: &Option<TextColumn<'_>>, i| {
            column
                .as_ref()
                .and_then(|c| c.value(i))
                .map(|v| v.into_owned())
        };
        let mut items = Vec::with_capacity(batch.num_rows());
        for i in 0..batch.num_rows() {
            self.row += 1;
            items.push(self.item(RecordFields {
                id: cell(&id, i),
                title: cell(&title, i),
                lang: cell(&lang, i),
                text: cell(&text, i).unwrap_or_default(),
                flags: Vec::new(),
            }));
        }
        Ok(items)
    }

    fn item(&self, fields: RecordFields) -> Item {
        let place = format!("{}:{}", self.path.display(), self.row);
        if fields.text.len() as u64 > self.limit {
            let limit = self.limit;
            let reason = format!("{place}: larger than the limit of {limit} bytes for one article");
            return Item::broken(place, &self.path, "too_large", reason);
        }
        Item {
            id: place,
            path: self.path.clone(),
            content: Content::Fields(Box::new(fields)),
        }
    }
}
