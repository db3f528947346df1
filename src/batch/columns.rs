//! Text columns of Arrow, whatever their layout.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, LargeStringArray, PrimitiveArray, StringArray, StringViewArray,
};
use arrow_schema::DataType;

use super::BatchError;

/// A column that can be read as text.
#[derive(Debug)]
pub(super) enum TextColumn<'a> {
    Utf8(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    UInt32(&'a PrimitiveArray<UInt32Type>),
    UInt64(&'a PrimitiveArray<UInt64Type>),
}

impl<'a> TextColumn<'a> {
    /// # Errors
    /// [`BatchError::ColumnType`] for a type that is neither text nor a whole number.
    pub(super) fn new(name: &str, array: &'a ArrayRef) -> Result<Self, BatchError> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string()),
            DataType::LargeUtf8 => Self::Large(array.as_string()),
            DataType::Utf8View => Self::View(array.as_string_view()),
            DataType::Int32 => Self::Int32(array.as_primitive()),
            DataType::Int64 => Self::Int64(array.as_primitive()),
            DataType::UInt32 => Self::UInt32(array.as_primitive()),
            DataType::UInt64 => Self::UInt64(array.as_primitive()),
            other => {
                return Err(BatchError::ColumnType {
                    column: name.to_owned(),
                    found: other.to_string(),
                });
            }
        })
    }

    /// The value of row `i`; `None` where it is null.
    pub(super) fn value(&self, i: usize) -> Option<Cow<'a, str>> {
        fn number<T: ToString>(value: T) -> Cow<'static, str> {
            Cow::Owned(value.to_string())
        }
        match self {
            Self::Utf8(a) => a.is_valid(i).then(|| a.value(i).into()),
            Self::Large(a) => a.is_valid(i).then(|| a.value(i).into()),
            Self::View(a) => a.is_valid(i).then(|| a.value(i).into()),
            Self::Int32(a) => a.is_valid(i).then(|| number(a.value(i))),
            Self::Int64(a) => a.is_valid(i).then(|| number(a.value(i))),
            Self::UInt32(a) => a.is_valid(i).then(|| number(a.value(i))),
            Self::UInt64(a) => a.is_valid(i).then(|| number(a.value(i))),
        }
    }
}
