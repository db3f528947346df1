//! Text keys to sparse rows: n-grams, glossary concepts, vocabulary, TF-IDF.

mod count;
mod error;
mod glossary;
mod hash;
mod known;
mod negation;
mod roles;
mod rows;
mod spec;
mod terms;
mod tfidf;
mod tokens;
mod vocabulary;

pub use count::Document;
pub(crate) use count::Occurrences;
pub use error::FeatureError;
pub(crate) use glossary::{Compiled, Trie};
pub use glossary::{
    Concept, FormId, FormUse, Glossary, GlossaryError, GlossaryFile, GlossaryFinding,
    GlossaryProblem, GlossaryRow, Hit, Matcher, Severity, check_forms, check_use,
};
pub use hash::Hashing;
pub use rows::SparseRows;
pub use spec::{Block, FeatureSpec, FeatureTables};
pub use tfidf::{CountRows, Documents, Idf, TfIdf, TfIdfParams, TfIdfValidParams};
pub use vocabulary::Vocabulary;
