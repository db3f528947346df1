//! What every learner promises, on the same rows: shapes, order of labels, order of samples, one class, labels without an
//! example, and that a weight of two is the row twice.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::{Fit, Predict};
use ndarray::{Array1, Array2, Axis};

use crate::article::TaskKind;
use crate::features::SparseRows;

use super::{
    Bayes, BayesParams, ClassWeight, ClassifyError, Linear, Loss, MultinomialParams, majority,
};

type Gold = Array2<Option<bool>>;
type Learner = (
    &'static str,
    TaskKind,
    fn(&SparseRows, &Gold, &[f32]) -> Result<Linear, ClassifyError>,
);

const N: usize = 36;

fn set(rows: &SparseRows, gold: &Gold, weights: &[f32]) -> DatasetBase<SparseRows, Gold> {
    DatasetBase::new(rows.clone(), gold.clone()).with_weights(Array1::from(weights.to_vec()))
}

fn linear(
    loss: Loss,
    rows: &SparseRows,
    gold: &Gold,
    weights: &[f32],
) -> Result<Linear, ClassifyError> {
    let params = Linear::params().loss(loss).eps(1e-4).check()?;
    params.fit(&set(rows, gold, weights))
}

fn bayes(
    kind: Bayes,
    task: TaskKind,
    rows: &SparseRows,
    gold: &Gold,
    weights: &[f32],
) -> Result<Linear, ClassifyError> {
    let params = BayesParams::new(kind, task)
        .class_weight(ClassWeight::Balanced)
        .check()?;
    params.fit(&set(rows, gold, weights))
}

#[cfg(feature = "linfa-classifiers")]
fn linfa_svm(rows: &SparseRows, gold: &Gold, weights: &[f32]) -> Result<Linear, ClassifyError> {
    let svm = super::linfa_svm::LinfaSvm {
        c: 1.0,
        class_weight: ClassWeight::Balanced,
    };
    svm.fit_rows(rows, gold, weights)
}

/// All learners with weights; every kind of task each is for.
const LEARNERS: &[Learner] = &[
    #[cfg(feature = "linfa-classifiers")]
    ("linfa svm", TaskKind::Multi, linfa_svm),
    ("logistic", TaskKind::Multi, |r, g, w| {
        linear(Loss::Logistic, r, g, w)
    }),
    ("svm", TaskKind::Multi, |r, g, w| {
        linear(Loss::SquaredHinge, r, g, w)
    }),
    ("svm, one of many", TaskKind::Single, |r, g, w| {
        linear(Loss::SquaredHinge, r, g, w)
    }),
    ("multinomial", TaskKind::Single, |r, g, w| {
        MultinomialParams::default().check()?.fit(&set(r, g, w))
    }),
    ("complement bayes", TaskKind::Multi, |r, g, w| {
        bayes(Bayes::Complement, TaskKind::Multi, r, g, w)
    }),
    (
        "complement bayes, one of many",
        TaskKind::Single,
        |r, g, w| bayes(Bayes::Complement, TaskKind::Single, r, g, w),
    ),
    ("multinomial bayes", TaskKind::Multi, |r, g, w| {
        bayes(Bayes::Multinomial, TaskKind::Multi, r, g, w)
    }),
    (
        "multinomial bayes, one of many",
        TaskKind::Single,
        |r, g, w| bayes(Bayes::Multinomial, TaskKind::Single, r, g, w),
    ),
];

/// Column `i % 3` is on, and some noise; label `i % 3`, wrong in every eleventh row.
fn row(i: usize) -> Vec<(u32, f32)> {
    vec![((i % 3) as u32, 1.0), (3 + (i % 4) as u32, 0.5)]
}

fn rows(of: &[usize]) -> SparseRows {
    SparseRows::from_rows(7, &of.iter().map(|&i| row(i)).collect::<Vec<_>>())
}

fn gold(of: &[usize]) -> Gold {
    let label = |i: usize| if i % 11 == 10 { (i + 1) % 3 } else { i % 3 };
    Array2::from_shape_fn((of.len(), 3), |(r, k)| Some(label(of[r]) == k))
}

fn scores(learner: &Learner, of: &[usize], weights: &[f32]) -> Array2<f32> {
    let model = learner.2(&rows(of), &gold(of), weights).unwrap();
    model.predict(&rows(&all()))
}

fn all() -> Vec<usize> {
    (0..N).collect()
}

fn near(what: &str, a: &Array2<f32>, b: &Array2<f32>, by: f32) {
    assert_eq!(a.dim(), b.dim(), "{what}");
    let far = a
        .iter()
        .zip(b)
        .fold(0.0_f32, |far, (a, b)| far.max((a - b).abs()));
    assert!(far < by, "{what}: {far}");
}

#[test]
fn scores_have_a_row_for_each_sample_and_find_the_label() {
    for learner in LEARNERS {
        let scores = scores(learner, &all(), &[1.0; N]);
        assert_eq!(scores.dim(), (N, 3), "{}", learner.0);
        for (i, row) in scores.rows().into_iter().enumerate() {
            let best = (0..3).fold(0, |best, k| if row[k] > row[best] { k } else { best });
            assert_eq!(best, i % 3, "{} row {i}: {row}", learner.0);
        }
    }
}

#[test]
fn the_order_of_labels_and_samples_changes_nothing() {
    for learner in LEARNERS {
        let straight = scores(learner, &all(), &[1.0; N]);
        let back: Vec<usize> = (0..N).rev().collect();
        near(
            learner.0,
            &straight,
            &scores(learner, &back, &[1.0; N]),
            0.01,
        );
        let turned = gold(&all()).select(Axis(1), &[2, 0, 1]);
        let model = learner.2(&rows(&all()), &turned, &[1.0; N]).unwrap();
        let turned = model.predict(&rows(&all()));
        near(
            learner.0,
            &straight.select(Axis(1), &[2, 0, 1]),
            &turned,
            0.01,
        );
    }
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    for learner in LEARNERS {
        let weights: Vec<f32> = (0..N).map(|i| if i % 5 == 0 { 2.0 } else { 1.0 }).collect();
        let twice: Vec<usize> = all()
            .into_iter()
            .chain((0..N).filter(|i| i % 5 == 0))
            .collect();
        let ones = vec![1.0; twice.len()];
        let (weighed, repeated) = (
            scores(learner, &all(), &weights),
            scores(learner, &twice, &ones),
        );
        near(learner.0, &weighed, &repeated, 0.01);
    }
}

#[test]
fn one_class_and_labels_without_example_give_finite_scores() {
    for learner in LEARNERS {
        let one = Array2::from_shape_fn((N, 2), |(_, k)| Some(k == 0));
        let model = learner.2(&rows(&all()), &one, &[1.0; N]).unwrap();
        let scores = model.predict(&rows(&all()));
        assert!(scores.iter().all(|s| s.is_finite()), "{}", learner.0);
        assert!(
            scores.rows().into_iter().all(|r| r[0] > r[1]),
            "{}: {scores}",
            learner.0
        );
    }
}

#[test]
fn rows_not_annotated_teach_nothing_and_wrong_shapes_are_refused() {
    for learner in LEARNERS {
        let half: Vec<usize> = (0..N / 2).collect();
        let mut known = gold(&all());
        known.slice_mut(ndarray::s![N / 2.., ..]).fill(None);
        let model = learner.2(&rows(&all()), &known, &[1.0; N]).unwrap();
        let with_unknown = model.predict(&rows(&all()));
        near(
            learner.0,
            &with_unknown,
            &scores(learner, &half, &[1.0; N / 2]),
            0.01,
        );
        let refused = learner.2(&rows(&half), &gold(&all()), &[1.0; N / 2]);
        assert!(
            matches!(refused, Err(ClassifyError::Shape { .. })),
            "{}",
            learner.0
        );
        let nothing = learner.2(
            &rows(&half),
            &Array2::from_elem((N / 2, 3), None),
            &[1.0; N / 2],
        );
        assert_eq!(nothing, Err(ClassifyError::NoTargets), "{}", learner.0);
    }
}

#[test]
fn the_baseline_keeps_shapes_and_shares() {
    let model = majority(&gold(&all()), 7, TaskKind::Single);
    let scores = model.predict(&rows(&all()));
    assert_eq!(scores.dim(), (N, 3));
    assert!(scores.rows().into_iter().all(|row| row == scores.row(0)));
}
