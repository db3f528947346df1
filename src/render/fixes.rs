//! Findings in a labels file as a table to fix them in.

use crate::article::Finding;

use super::predictions::safe_cell;

/// Columns of the table.
const COLUMNS: [&str; 7] = [
    "line",
    "id",
    "label",
    "given",
    "suggested",
    "score",
    "reason",
];

/// One row a finding: where it stands, what the cell is and may have to be, and why. CSV for a spreadsheet: cells that
/// would be formulas begin with an apostrophe.
///
/// # Errors
/// Never in practice: a table in memory can be written.
pub fn fixes_csv(findings: &[Finding]) -> Result<Vec<u8>, csv::Error> {
    // The mark tells a spreadsheet that the names are UTF-8.
    let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    table.write_record(COLUMNS)?;
    for one in findings {
        let line = Some(one.problem.line).filter(|line| *line > 0);
        table.write_record([
            line.map(|line| line.to_string()).unwrap_or_default(),
            safe_cell(&one.id),
            safe_cell(&one.label),
            safe_cell(&one.given),
            safe_cell(&one.suggested),
            one.score
                .map(|score| format!("{score:.3}"))
                .unwrap_or_default(),
            safe_cell(&one.problem.message),
        ])?;
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}
