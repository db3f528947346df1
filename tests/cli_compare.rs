//! The arguments and exit codes of `toolkit compare`.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code)]

#[path = "../src/cli/compare.rs"]
mod compare;

use clap::Parser;

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    compare: compare::CompareArgs,
}

#[test]
fn the_gate_takes_an_optional_metric() {
    let parse = |args: &[&str]| Command::try_parse_from([&["compare"], args].concat());
    assert_eq!(parse(&["a", "b"]).unwrap().compare.fail_if_worse, None);
    assert_eq!(
        parse(&["--fail-if-worse", "a", "b"])
            .unwrap()
            .compare
            .fail_if_worse
            .as_deref(),
        Some("")
    );
    let given = parse(&["a", "b", "--fail-if-worse=macro_f1:0.01"]).unwrap();
    assert_eq!(
        given.compare.fail_if_worse.as_deref(),
        Some("macro_f1:0.01")
    );
    assert!(parse(&["a"]).is_err());
}
