//! Arrow in, Arrow out: the one function that every host calls, and the columns of the answers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt32Array};
use arrow_schema::{DataType, Field, Fields as ArrowFields, Schema, SchemaRef};

use crate::article::TaskKind;
use crate::evaluate::Evidence;
use crate::pipeline::{Head, Pipeline, Prediction, TaskPrediction};
use crate::render::{Outcome, PredictionRow};

use super::BatchError;
use super::columns::TextColumn;
use super::item::RecordFields;

/// Version of the columns; stands in the schema's metadata under `article_toolkit.schema`.
pub const SCHEMA_VERSION: &str = "1";
/// Key of the version in the metadata of a schema.
pub(super) const SCHEMA_KEY: &str = "article_toolkit.schema";

impl Pipeline {
    /// Answers every row of a record batch; the answers are `answer_schema(self.heads())`, one row each, in order.
    ///
    /// Columns read: `text`, and where they are there `id`, `title` (put in front of the text) and `lang`; text of any
    /// layout, ids also whole numbers. Others are ignored. A row without text is a row with `error`. Runs on the calling
    /// thread and keeps nothing: a row does not depend on its batch.
    ///
    /// # Errors
    /// [`BatchError::NoColumn`] without `text`, [`BatchError::ColumnType`] where a column is no text.
    pub fn predict_batch(&self, batch: &RecordBatch) -> Result<RecordBatch, BatchError> {
        let text = column(batch, "text")?.ok_or_else(|| no_text(batch))?;
        let (id, title, lang) = (
            column(batch, "id")?,
            column(batch, "title")?,
            column(batch, "lang")?,
        );
        let cell = |column: &Option<TextColumn<'_>>, i| {
            let value = column.as_ref().and_then(|c| c.value(i));
            value.map(|v| v.into_owned())
        };
        let rows: Vec<PredictionRow> = (0..batch.num_rows())
            .map(|i| {
                let fields = RecordFields {
                    id: cell(&id, i),
                    title: cell(&title, i),
                    lang: cell(&lang, i),
                    text: text.value(i).unwrap_or_default().into_owned(),
                    flags: Vec::new(),
                };
                let named = fields.id.clone().unwrap_or_default();
                let mut row = self.answer_record(fields, "text", PathBuf::new(), "", false);
                row.rename(named);
                row
            })
            .collect();
        answers(self.heads(), &rows)
    }

    /// Answers one row of a table of any host: of a record batch, and of a Parquet file of the command. `place` names it
    /// where it has no id.
    pub(super) fn answer_record(
        &self,
        fields: RecordFields,
        place: &str,
        path: PathBuf,
        model: &str,
        why: bool,
    ) -> PredictionRow {
        match fields.article(place, path) {
            Ok(article) => PredictionRow::answered(self, &article, model.to_owned(), why),
            Err((id, path, broken)) => {
                PredictionRow::unreadable(id, &path, broken.reason, broken.flag, model.to_owned())
            }
        }
    }
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<Option<TextColumn<'b>>, BatchError> {
    let array = batch.column_by_name(name);
    array.map(|array| TextColumn::new(name, array)).transpose()
}

fn no_text(batch: &RecordBatch) -> BatchError {
    let schema = batch.schema();
    let found: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    BatchError::NoColumn {
        column: "text".to_owned(),
        found: found.join(", "),
    }
}

/// Columns of the answers of a model with these heads.
#[must_use]
pub fn answer_schema(heads: &[Head]) -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields: Vec<Field> = ["id", "title", "lang", "date", "agency", "place"]
        .map(text)
        .into();
    for head in heads {
        fields.push(match head.task.kind {
            TaskKind::Multi => Field::new_list(&head.task.name, text("item"), true),
            TaskKind::Single => text(&head.task.name),
        });
        let labels = head.task.labels.iter();
        let name = |label: &String| format!("{}.{label}", head.task.name);
        fields.extend(labels.map(|l| Field::new(name(l), DataType::Float64, true)));
    }
    fields.push(Field::new_list(
        "evidence",
        Field::new_struct("item", evidence_fields(), true),
        true,
    ));
    fields.push(Field::new_list("flags", text("item"), false));
    fields.push(text("error"));
    fields.push(Field::new("words", DataType::UInt32, true));
    fields.push(Field::new("unknown_words", DataType::UInt32, true));
    fields.extend(["text_key", "input"].map(text));
    let version = HashMap::from([(SCHEMA_KEY.to_owned(), SCHEMA_VERSION.to_owned())]);
    Arc::new(Schema::new_with_metadata(fields, version))
}

fn evidence_fields() -> ArrowFields {
    vec![
        Field::new("task", DataType::Utf8, true),
        Field::new("label", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("concept", DataType::Utf8, true),
        Field::new("weight", DataType::Float64, false),
    ]
    .into()
}

/// The answers of `rows`, in the columns of [`answer_schema`].
pub(super) fn answers(heads: &[Head], rows: &[PredictionRow]) -> Result<RecordBatch, BatchError> {
    let answered: Vec<Option<&Prediction>> = rows.iter().map(prediction).collect();
    let text = |value: &dyn Fn(&Prediction) -> Option<String>| -> ArrayRef {
        let values = answered.iter().map(|p| p.and_then(value));
        Arc::new(values.collect::<StringArray>())
    };
    let number = |value: &dyn Fn(&Prediction) -> u32| -> ArrayRef {
        let values = answered.iter().map(|p| p.map(value));
        Arc::new(values.collect::<UInt32Array>())
    };
    let ids = rows
        .iter()
        .map(|r| Some(r.id()).filter(|id| !id.is_empty()));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(ids.collect::<StringArray>()),
        text(&|p| Some(p.title.clone())),
        text(&|p| Some(p.lang.to_string())),
        text(&|p| p.date.clone()),
        text(&|p| p.agency.clone()),
        text(&|p| p.place.clone()),
    ];
    for (h, head) in heads.iter().enumerate() {
        columns.push(match head.task.kind {
            TaskKind::Multi => given_sets(&answered, h),
            TaskKind::Single => text(&|p| given(&p.tasks[h]).next().map(str::to_owned)),
        });
        for k in 0..head.task.labels.len() {
            let probability = |p: &&Prediction| p.tasks[h].labels[k].probability;
            let values = answered.iter().map(|p| p.as_ref().map(probability));
            columns.push(Arc::new(values.collect::<Float64Array>()));
        }
    }
    columns.push(evidence(&answered));
    columns.push(flags(rows));
    columns.push(Arc::new(rows.iter().map(error).collect::<StringArray>()));
    columns.push(number(&|p| p.words));
    columns.push(number(&|p| p.unknown_words));
    columns.push(text(&|p| Some(p.text_key.clone())));
    let inputs = rows.iter().map(|r| r.input.as_deref());
    columns.push(Arc::new(inputs.collect::<StringArray>()));
    Ok(RecordBatch::try_new(answer_schema(heads), columns)?)
}

fn prediction(row: &PredictionRow) -> Option<&Prediction> {
    match &row.outcome {
        Outcome::Answered(prediction) => Some(prediction),
        Outcome::Unreadable { .. } => None,
    }
}

fn error(row: &PredictionRow) -> Option<&str> {
    match &row.outcome {
        Outcome::Answered(_) => None,
        Outcome::Unreadable { error, .. } => Some(error),
    }
}

fn given(task: &TaskPrediction) -> impl Iterator<Item = &str> {
    let given = task.labels.iter().filter(|l| l.given);
    given.map(|l| l.label.as_str())
}

fn given_sets(answered: &[Option<&Prediction>], h: usize) -> ArrayRef {
    let mut sets = ListBuilder::new(StringBuilder::new());
    for prediction in answered {
        if let Some(prediction) = prediction {
            given(&prediction.tasks[h]).for_each(|label| sets.values().append_value(label));
        }
        sets.append(prediction.is_some());
    }
    Arc::new(sets.finish())
}

fn flags(rows: &[PredictionRow]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        let flags = match &row.outcome {
            Outcome::Answered(prediction) => &prediction.flags,
            Outcome::Unreadable { flags, .. } => flags,
        };
        flags
            .iter()
            .for_each(|flag| lists.values().append_value(flag));
        lists.append(true);
    }
    Arc::new(lists.finish())
}

fn evidence(answered: &[Option<&Prediction>]) -> ArrayRef {
    let mut lists = ListBuilder::new(StructBuilder::from_fields(evidence_fields(), 0));
    for prediction in answered {
        for piece in prediction.iter().flat_map(|p| &p.evidence) {
            append_piece(lists.values(), piece);
        }
        lists.append(prediction.is_some());
    }
    Arc::new(lists.finish())
}

fn append_piece(pieces: &mut StructBuilder, piece: &Evidence) {
    let texts = [
        piece.task.as_deref(),
        Some(piece.label.as_str()),
        Some(piece.text.as_str()),
        piece.concept.as_deref(),
    ];
    for (at, value) in texts.into_iter().enumerate() {
        if let Some(field) = pieces.field_builder::<StringBuilder>(at) {
            field.append_option(value);
        }
    }
    if let Some(weight) = pieces.field_builder::<Float64Builder>(4) {
        weight.append_value(piece.weight);
    }
    pieces.append(true);
}
