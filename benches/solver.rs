//! The solver alone: one linear SVM a label on rows in LIBLINEAR's multi-label format, one thread, CPU seconds and objective.
//!
//! `SOLVER_ROWS=rows.svm cargo bench --bench solver`; `benches/peers/learn/run.py solver` writes the rows, and gives the same ones to
//! LIBLINEAR and scikit-learn. `SOLVER_C` (1) and `SOLVER_EPS` (0.01) set cost and stopping tolerance. A line reads
//! `0,3 1:0.5 7:0.25`: label numbers, then columns from 1 with their values.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::fs;

use article_toolkit::classify::{ClassWeight, Linear, Loss};
use article_toolkit::features::SparseRows;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use ndarray::Array2;

/// Nanoseconds all threads of this process have spent on a processor; read from Linux.
fn cpu_nanoseconds() -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let one = |thread: fs::DirEntry| {
        let numbers = fs::read_to_string(thread.path().join("schedstat")).unwrap();
        let first = numbers.split_whitespace().next().unwrap();
        first.parse::<u64>().unwrap()
    };
    threads.map(|thread| one(thread.unwrap())).sum()
}

fn setting(name: &str, usual: f64) -> f64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

/// Labels and columns of one line.
fn parsed(line: &str) -> (Vec<usize>, Vec<(u32, f32)>) {
    let (labels, row) = line.split_once(' ').unwrap_or((line, ""));
    let labels = labels.split(',').filter(|label| !label.is_empty());
    let pair = |pair: &str| {
        let (column, value) = pair.split_once(':').unwrap();
        (column.parse::<u32>().unwrap() - 1, value.parse().unwrap())
    };
    (
        labels.map(|label| label.parse().unwrap()).collect(),
        row.split_whitespace().map(pair).collect(),
    )
}

fn dataset(text: &str) -> DatasetBase<SparseRows, Array2<Option<bool>>> {
    let (labels, rows): (Vec<_>, Vec<_>) = text.lines().map(parsed).unzip();
    let columns = rows.iter().flatten().map(|(column, _)| column + 1).max();
    let n_labels = labels.iter().flatten().max().unwrap() + 1;
    let mut gold = Array2::from_elem((rows.len(), n_labels), Some(false));
    for (row, labels) in labels.iter().enumerate() {
        for &label in labels {
            gold[[row, label]] = Some(true);
        }
    }
    let rows = SparseRows::from_rows(columns.unwrap() as usize, &rows);
    DatasetBase::new(rows, gold)
}

fn main() {
    let Ok(path) = std::env::var("SOLVER_ROWS") else {
        println!("SOLVER_ROWS names no file: nothing to solve");
        return;
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .unwrap();
    let dataset = dataset(&fs::read_to_string(path).unwrap());
    let params = Linear::params()
        .loss(Loss::SquaredHinge)
        .class_weight(ClassWeight::Uniform)
        .c(setting("SOLVER_C", 1.0))
        .eps(setting("SOLVER_EPS", 0.01))
        .check()
        .unwrap();
    let start = cpu_nanoseconds();
    let model = params.fit(&dataset).unwrap();
    let seconds = (cpu_nanoseconds() - start) as f64 / 1e9;
    let objective: f64 = model.objective.iter().map(|(primal, _)| primal).sum();
    let gap: f64 = model.objective.iter().map(|(_, gap)| gap).sum();
    println!("{{\"seconds\": {seconds:.4}, \"objective\": {objective:.6}, \"gap\": {gap:.6}}}");
}
