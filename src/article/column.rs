//! Columns of `labels.csv` that tell articles apart, for "never on both sides of a split".

use std::fmt;
use std::str::FromStr;

use super::Meta;

/// A column whose value may tie articles together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaColumn {
    /// Language as given.
    Lang,
    /// Outlet.
    Source,
    /// Publication date.
    Date,
    /// Whom or what the stance is directed at.
    Target,
}

impl MetaColumn {
    const ALL: [(&str, Self); 4] = [
        ("source", Self::Source),
        ("target", Self::Target),
        ("date", Self::Date),
        ("lang", Self::Lang),
    ];

    /// The value of one article; `None` where the cell is empty.
    #[must_use]
    pub fn of(self, meta: &Meta) -> Option<&str> {
        match self {
            Self::Lang => meta.lang.as_deref(),
            Self::Source => meta.source.as_deref(),
            Self::Date => meta.date.as_deref(),
            Self::Target => meta.target.as_deref(),
        }
    }
}

impl FromStr for MetaColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, column)| *column).ok_or_else(|| {
            "take source, target, date or lang; the column \"group\" of the file is kept together always".to_owned()
        })
    }
}

impl fmt::Display for MetaColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, column)| column == self);
        f.write_str(name.map_or("", |(name, _)| name))
    }
}
