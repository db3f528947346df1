//! Objectives of the solvers against optima that scikit-learn found (`tests/oracle/make_solvers.py`).
#![allow(clippy::unwrap_used)]

use article_toolkit::classify::{ClassWeight, Linear, Loss, MultinomialParams};
use article_toolkit::features::SparseRows;
use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    rows: Vec<Vec<f32>>,
    multi: Vec<Vec<bool>>,
    single: Vec<usize>,
    weights: Vec<f32>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    loss: String,
    c: f64,
    balanced: bool,
    label: usize,
    objective: f64,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/solvers.json")).unwrap()
}

fn rows(oracle: &Oracle) -> SparseRows {
    let sparse = |row: &Vec<f32>| {
        (0_u32..)
            .zip(row.iter().copied())
            .filter(|(_, v)| *v != 0.0)
            .collect()
    };
    SparseRows::from_rows(
        oracle.rows[0].len(),
        &oracle.rows.iter().map(sparse).collect::<Vec<_>>(),
    )
}

fn dataset(
    oracle: &Oracle,
    targets: Array2<Option<bool>>,
) -> DatasetBase<SparseRows, Array2<Option<bool>>> {
    DatasetBase::new(rows(oracle), targets).with_weights(Array1::from(oracle.weights.clone()))
}

fn multi(oracle: &Oracle) -> Array2<Option<bool>> {
    Array2::from_shape_fn((oracle.multi.len(), 3), |(i, k)| Some(oracle.multi[i][k]))
}

fn class_weight(case: &Case) -> ClassWeight {
    if case.balanced {
        ClassWeight::Balanced
    } else {
        ClassWeight::Uniform
    }
}

fn assert_close(case: &Case, found: f64, tolerance: f64) {
    let relative = (found - case.objective).abs() / case.objective;
    assert!(
        relative < tolerance,
        "{} C={} label {}: objective {found}, scikit-learn {}, relative {relative:.2e}",
        case.loss,
        case.c,
        case.label,
        case.objective
    );
}

#[test]
fn one_vs_rest_objectives_are_optimal() {
    let oracle = oracle();
    let data = dataset(&oracle, multi(&oracle));
    for case in oracle.cases.iter().filter(|c| c.loss != "multinomial") {
        let loss = if case.loss == "logistic" {
            Loss::Logistic
        } else {
            Loss::SquaredHinge
        };
        let params = Linear::params()
            .c(case.c)
            .loss(loss)
            .class_weight(class_weight(case))
            .eps(1e-4);
        let (primal, gap) = params.fit(&data).unwrap().objective[case.label];
        assert_close(case, primal, 1e-4);
        assert!(
            gap >= -1e-5 * primal && gap < 1e-3 * primal,
            "duality gap {gap} of {primal}"
        );
    }
}

#[test]
fn softmax_objectives_are_optimal() {
    let oracle = oracle();
    let targets = Array2::from_shape_fn((oracle.single.len(), 3), |(i, k)| {
        Some(oracle.single[i] == k)
    });
    let data = dataset(&oracle, targets);
    for case in oracle.cases.iter().filter(|c| c.loss == "multinomial") {
        let params = MultinomialParams::default()
            .c(case.c)
            .class_weight(class_weight(case))
            .eps(1e-7);
        assert_close(
            case,
            params.check().unwrap().fit(&data).unwrap().objective[0].0,
            1e-6,
        );
    }
}

#[test]
fn a_weight_counts_like_a_repetition() {
    let oracle = oracle();
    let targets = multi(&oracle);
    let doubled: Vec<usize> = (0..60).chain(0..30).collect();
    let weights: Array1<f32> = (0..60).map(|i| if i < 30 { 2.0 } else { 1.0 }).collect();
    let weighted = DatasetBase::new(rows(&oracle), targets.clone()).with_weights(weights);
    let repeated = DatasetBase::new(
        rows(&oracle).select(&doubled),
        targets.select(ndarray::Axis(0), &doubled),
    );
    let params = Linear::params().c(1.0).eps(1e-5);
    let (a, b) = (
        params.fit(&weighted).unwrap(),
        params.fit(&repeated).unwrap(),
    );
    for k in 0..3 {
        assert!((a.objective[k].0 - b.objective[k].0).abs() < 1e-3 * b.objective[k].0);
    }
}

#[test]
fn rows_not_annotated_do_not_count() {
    let oracle = oracle();
    let mut masked = multi(&oracle);
    (40..60).for_each(|i| masked[[i, 1]] = None);
    let kept: Vec<usize> = (0..40).collect();
    let params = Linear::params().c(1.0).eps(1e-5);
    let all = params
        .fit(&DatasetBase::new(rows(&oracle), masked))
        .unwrap();
    let few = params
        .fit(&DatasetBase::new(
            rows(&oracle).select(&kept),
            multi(&oracle).select(ndarray::Axis(0), &kept),
        ))
        .unwrap();
    assert!((all.objective[1].0 - few.objective[1].0).abs() < 1e-4 * few.objective[1].0);
}

#[test]
fn scores_are_those_of_the_weights() {
    let oracle = oracle();
    let data = dataset(&oracle, multi(&oracle));
    let model = Linear::params().c(10.0).fit(&data).unwrap();
    let scores: Array2<f32> = model.predict(data.records());
    let (columns, values) = data.records().row(7);
    let by_hand: f32 = columns
        .iter()
        .zip(values)
        .map(|(&j, v)| v * model.weights[[j as usize, 2]])
        .sum::<f32>()
        + model.bias[2];
    assert!((scores[[7, 2]] - by_hand).abs() < 1e-6);
}

#[test]
fn settings_out_of_range_are_refused() {
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30] {
        assert!(Linear::params().c(c).check().is_err(), "{c}");
        assert!(MultinomialParams::default().c(c).check().is_err(), "{c}");
    }
}
