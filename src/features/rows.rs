//! Sparse rows: the matrix every classifier here learns from and predicts on.

use linfa::dataset::Records;
use sprs::CsMatI;

/// A CSR matrix of shape (n_samples, n_features), columns ascending within each row.
///
/// A newtype because linfa's [`Records`] is implemented neither for sprs matrices nor allowed to be from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows(CsMatI<f32, u32, usize>);

impl SparseRows {
    /// Lays rows of `(column, value)` pairs end to end; each row's columns must be ascending and below `n_features`.
    ///
    /// # Panics
    /// When a row breaks that order: rows come from the featurizer, which sorts them.
    #[must_use]
    pub fn from_rows(n_features: usize, rows: &[Vec<(u32, f32)>]) -> Self {
        let mut indptr = Vec::with_capacity(rows.len() + 1);
        indptr.push(0);
        let nnz = rows.iter().map(Vec::len).sum();
        let (mut indices, mut values) = (Vec::with_capacity(nnz), Vec::with_capacity(nnz));
        for row in rows {
            indices.extend(row.iter().map(|(column, _)| *column));
            values.extend(row.iter().map(|(_, value)| *value));
            indptr.push(indices.len());
        }
        Self(CsMatI::new(
            (rows.len(), n_features),
            indptr,
            indices,
            values,
        ))
    }

    /// Columns and values of one row.
    #[inline]
    #[must_use]
    pub fn row(&self, i: usize) -> (&[u32], &[f32]) {
        let indptr = self.0.indptr();
        let range = indptr.outer_inds_sz(i);
        (&self.0.indices()[range.clone()], &self.0.data()[range])
    }

    /// Stored values.
    #[must_use]
    pub fn nnz(&self) -> usize {
        self.0.nnz()
    }

    /// The rows at `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let pick = |&i: &usize| {
            let (columns, values) = self.row(i);
            columns
                .iter()
                .copied()
                .zip(values.iter().copied())
                .collect()
        };
        Self::from_rows(
            self.nfeatures(),
            &indices.iter().map(pick).collect::<Vec<Vec<_>>>(),
        )
    }

    /// Every value multiplied by the factor of its column; values of columns with factor 0 are not stored.
    #[must_use]
    pub fn scaled(&self, factor: impl Fn(u32) -> f32) -> Self {
        let scale = |i: usize| {
            let (columns, values) = self.row(i);
            let scaled = columns.iter().zip(values).map(|(&c, v)| (c, v * factor(c)));
            scaled.filter(|(_, v)| *v != 0.0).collect()
        };
        let rows: Vec<Vec<(u32, f32)>> = (0..self.nsamples()).map(scale).collect();
        Self::from_rows(self.nfeatures(), &rows)
    }
}

impl Records for SparseRows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.0.rows()
    }

    fn nfeatures(&self) -> usize {
        self.0.cols()
    }
}
