//! The `toolkit` command: parse, run, print the error chain, exit code.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    cli::finish(cli::run(&cli::Command::parse()))
}
