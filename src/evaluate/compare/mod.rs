//! Two reports on one test set, in pairs: what changed, and whether chance explains it.

mod changed;
mod comparison;
mod pairing;
mod randomise;
mod ranking;
mod significance;
mod statistics;
mod tables;

pub use changed::{ChangedArticle, ChangedLabel, Outcome};
pub use comparison::{
    CompareOptions, Comparison, Delta, Difference, LabelComparison, Side, SliceComparison,
    TaskComparison, Verdict,
};
pub use ranking::{Ranked, Ranking, SideBySide};
pub use significance::{holm, mcnemar_mid_p};
