//! What comes in: articles, their readers, `labels.csv`, boilerplate, near-duplicates and folds.

mod boilerplate;
mod boilerplate_explain;
mod boilerplate_lines;
mod boilerplate_phrases;
mod boilerplate_repeated;
mod boilerplate_title;
mod check;
mod column;
mod csv_quotes;
mod encoding;
mod facts;
mod folds;
mod gold;
mod html;
mod inputs;
mod labels;
mod nearest;
mod read;
mod task;
mod topics;

use std::path::PathBuf;

pub use boilerplate::{Cleaned, Cleaner, CleanerError, CleanerSpec, Cut};
pub use boilerplate_explain::{Explanation, Receipt};
pub use boilerplate_repeated::{Repeated, RepeatedLines};
pub use check::{Finding, Findings, check_corpus};
pub use column::MetaColumn;
pub use encoding::{Decoded, decode};
pub(crate) use facts::facts_beside;
pub use facts::{Date, Facts, read_facts};
pub use folds::{FoldError, Folds, TimeSplit};
pub(crate) use gold::spelled;
pub use gold::{GoldTask, UnknownLabel};
pub use html::{HtmlError, Page, extract};
pub use inputs::{InputError, find_articles, walk};
pub use labels::{Corpus, LabelColumn, LabelsError, LabelsOptions, Problem};
pub(crate) use read::decoding_flags;
pub use read::{ReadError, article_of, read_article, read_limited};
pub use task::{Task, TaskKind};
pub use topics::Description;

/// Optional facts that came with an article, from columns of `labels.csv` or fields of a JSON line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// Language as the user wrote it; the language is guessed where this is absent.
    pub lang: Option<String>,
    /// Outlet.
    pub source: Option<String>,
    /// Publication date, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub date: Option<String>,
    /// Whom or what the stance is directed at.
    pub target: Option<String>,
    /// `train`, `test` or any other part name.
    pub split: Option<String>,
    /// Articles of one group never stand on both sides of a split.
    pub group: Option<String>,
}

/// One article as read: nothing cut, nothing normalised. All byte offsets in this crate point into `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Article {
    /// Unique within its input.
    pub id: String,
    /// The whole text. A title column is put in front unless the text starts with it.
    pub text: String,
    /// Where it came from, for messages.
    pub path: PathBuf,
    /// Facts given beside the text.
    pub meta: Meta,
    /// What had to be done to read it: `encoding windows-1256`, `repaired 3 characters`.
    pub flags: Vec<String>,
}

impl Article {
    /// Joins a title given apart with the body, unless the body repeats it as its first line.
    pub(crate) fn with_title(title: &str, body: String) -> String {
        let title = title.trim();
        let first = body.trim_start().lines().next().unwrap_or("");
        if title.is_empty() || first.trim_end() == title {
            return body;
        }
        format!("{title}\n\n{body}")
    }

    /// The first line that is not blank, trimmed: what a reader would call the title.
    ///
    /// ```
    /// use article_toolkit::article::Article;
    /// let article = Article { text: "\n\n  Gas flows again \nBody.".into(), ..Article::default() };
    /// assert_eq!(article.title(), "Gas flows again");
    /// ```
    #[must_use]
    pub fn title(&self) -> &str {
        self.text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_once_above_its_body() {
        for (title, body, whole) in [
            (
                "Gas flows",
                "Gas flows\n\nThe body.",
                "Gas flows\n\nThe body.",
            ),
            (
                "Gas flows",
                "Gas flows again, they say.",
                "Gas flows\n\nGas flows again, they say.",
            ),
            (" ", "The body.", "The body."),
        ] {
            assert_eq!(Article::with_title(title, body.to_owned()), whole);
        }
    }
}
