//! The `toolkit` command.
fn main() {}
