//! The weights of all labels side by side, in memory or as they stand in a mapped model file.

use ndarray::Array2;

use crate::mapped::Array;

/// A matrix of shape (n_features, n_outputs), row by row.
#[derive(Debug)]
pub(crate) struct Weights {
    values: Array<f32>,
    n_outputs: usize,
}

impl Weights {
    /// `values` row by row, a multiple of `n_outputs`.
    pub(crate) fn new(values: Array<f32>, n_outputs: usize) -> Self {
        Self { values, n_outputs }
    }

    /// All values, row by row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// The rows of the features `kept`, one after the other.
    pub(crate) fn keep(&self, kept: &[u32]) -> Self {
        let row = |&feature: &u32| {
            let start = feature as usize * self.n_outputs;
            &self.values[start..start + self.n_outputs]
        };
        let values: Vec<f32> = kept.iter().flat_map(row).copied().collect();
        Self::new(values.into(), self.n_outputs)
    }

    /// One weight.
    pub(crate) fn get(&self, feature: u32, output: usize) -> f32 {
        self.values[feature as usize * self.n_outputs + output]
    }

    /// The weights of one output, for many looks.
    pub(crate) fn column(&self, output: usize) -> WeightColumn<'_> {
        WeightColumn {
            values: &self.values,
            n_outputs: self.n_outputs,
            output,
        }
    }

    /// The weights of one output over all features.
    pub(crate) fn of_output(&self, output: usize) -> impl Iterator<Item = f32> {
        self.values
            .iter()
            .skip(output)
            .step_by(self.n_outputs.max(1))
            .copied()
    }

    /// Adds `value` times the weights of a feature to `scores`, for each `(feature, value)` of a row.
    pub(crate) fn add_row(&self, row: &[(u32, f32)], scores: &mut [f64]) {
        for (block, scores) in scores.chunks_mut(LANES).enumerate() {
            self.add_block(row, block * LANES, scores);
        }
    }

    /// The same for the outputs from `first` on, at most [`LANES`]. Lanes beyond them run along and are thrown away.
    fn add_block(&self, row: &[(u32, f32)], first: usize, scores: &mut [f64]) {
        let mut lanes = [0.0; LANES];
        lanes[..scores.len()].copy_from_slice(scores);
        let values = &*self.values;
        for &(feature, value) in row {
            let rest = &values[feature as usize * self.n_outputs + first..];
            let weights = rest.first_chunk().copied();
            let weights: [f32; LANES] = weights.unwrap_or_else(|| padded(rest));
            for (lane, weight) in lanes.iter_mut().zip(weights) {
                *lane += f64::from(value) * f64::from(weight);
            }
        }
        scores.copy_from_slice(&lanes[..scores.len()]);
    }
}

/// Outputs scored side by side.
const LANES: usize = 8;

/// The last weights of a model, and zeros behind them.
#[cold]
fn padded(rest: &[f32]) -> [f32; LANES] {
    std::array::from_fn(|i| rest.get(i).copied().unwrap_or(0.0))
}

/// The weights of one output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightColumn<'w> {
    values: &'w [f32],
    n_outputs: usize,
    output: usize,
}

impl WeightColumn<'_> {
    /// The weight of a feature.
    pub(crate) fn get(self, feature: u32) -> f32 {
        self.values[feature as usize * self.n_outputs + self.output]
    }
}

impl From<Array2<f32>> for Weights {
    fn from(matrix: Array2<f32>) -> Self {
        let n_outputs = matrix.ncols();
        let values: Vec<f32> = matrix.iter().copied().collect();
        Self::new(values.into(), n_outputs)
    }
}
