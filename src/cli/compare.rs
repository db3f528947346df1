//! `toolkit compare`: two or more reports on one test set, in pairs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use article_toolkit::evaluate::{
    CompareOptions, Comparison, Delta, EvaluateError, Metric, Ranking, Report, Resampling, Verdict,
};
use article_toolkit::render;
use clap::{Args, ValueEnum};
use rayon::prelude::*;

/// Columns of output that does not go to a terminal.
const WIDTH: usize = 160;

/// Columns below which tables cannot be read.
const NARROWEST: usize = 60;

/// Compare evaluation reports article by article.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Reports to compare; the first one is the baseline.
    #[arg(required = true, num_args = 2.., value_name = "REPORT")]
    pub reports: Vec<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write here instead of to standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 if a candidate is worse. METRIC alone (default: the headline metric): worse beyond chance.
    /// METRIC:MARGIN: worse by more than MARGIN, whatever chance says. METRIC is `macro_f1`, `topics/micro_f1`,
    /// `topics/energy/f1`, ...
    #[arg(long, value_name = "METRIC[:MARGIN]", num_args = 0..=1, default_missing_value = "", require_equals = true)]
    pub fail_if_worse: Option<String>,
    /// Compare what the reports share where articles, labels or gold differ, instead of refusing.
    #[arg(long)]
    pub common: bool,
    /// Resamples behind intervals and tests.
    #[arg(long, default_value_t = Resampling::default().resamples, value_name = "N")]
    pub resamples: u32,
    /// Seed of the random numbers.
    #[arg(long, default_value_t = Resampling::default().seed, value_name = "N")]
    pub seed: u64,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
    /// For a browser: one file that needs no network.
    Html,
}

/// Compares the reports and writes the result.
///
/// # Errors
/// A report cannot be read, two are not comparable, the metric does not exist, or the output cannot be written.
pub(crate) fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let gate = args.fail_if_worse.as_deref().map(Gate::parse).transpose()?;
    let reports = args
        .reports
        .par_iter()
        .map(|path| Report::load(path))
        .collect::<Result<Vec<_>, _>>()?;
    let comparisons = compare(args, &reports)?;
    let worse = match gate {
        Some(gate) => any_worse(&gate, &comparisons)?,
        None => false,
    };
    let ranking = Ranking::of(&reports[0], comparisons);
    write(args, &rendered(args, &ranking)?)?;
    Ok(ExitCode::from(u8::from(worse)))
}

fn any_worse(gate: &Gate, comparisons: &[Comparison]) -> anyhow::Result<bool> {
    let worse = comparisons
        .iter()
        .map(|comparison| gate.is_worse(comparison))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(worse.contains(&true))
}

fn compare(args: &CompareArgs, reports: &[Report]) -> anyhow::Result<Vec<Comparison>> {
    let resampling = Resampling {
        resamples: args.resamples,
        seed: args.seed,
        ..Resampling::default()
    };
    let options = CompareOptions {
        resampling,
        common: args.common,
    };
    let Some((baseline, candidates)) = reports.split_first() else {
        bail!("there is no report to compare")
    };
    let pairs = candidates.iter().zip(args.reports.iter().skip(1));
    pairs
        .map(|(candidate, path)| {
            let between = || format!("{} and {}", args.reports[0].display(), path.display());
            let compared = baseline.compare(candidate, &options);
            compared
                .map_err(|error| with_hint(error, args.common))
                .with_context(between)
        })
        .collect()
}

/// A refusal says what would help, where something would.
fn with_hint(error: EvaluateError, common: bool) -> anyhow::Error {
    let helps =
        matches!(&error, EvaluateError::NotComparable(refusal) if refusal.common_part && !common);
    let error = anyhow::Error::from(error);
    if helps {
        error.context("use --common to compare the part both share")
    } else {
        error
    }
}

/// Two reports give one comparison; more give ranks and a comparison for each candidate.
fn rendered(args: &CompareArgs, ranking: &Ranking) -> anyhow::Result<String> {
    let width = width(args);
    Ok(match (args.format, ranking.comparisons.as_slice()) {
        (Format::Text, [one]) => render::comparison_text(one, width),
        (Format::Text, _) => render::ranking_text(ranking, width),
        (Format::Markdown, [one]) => render::comparison_markdown(one),
        (Format::Markdown, _) => render::ranking_markdown(ranking),
        (Format::Json, [one]) => serde_json::to_string_pretty(one)? + "\n",
        (Format::Json, _) => serde_json::to_string_pretty(ranking)? + "\n",
        (Format::Html, [one]) => render::comparison_html(one),
        (Format::Html, _) => render::ranking_html(ranking),
    })
}

/// The terminal's width; a file or pipe gets room for every column.
fn width(args: &CompareArgs) -> usize {
    let terminal = terminal_size::terminal_size().filter(|_| args.output.is_none());
    terminal.map_or(WIDTH, |(width, _)| usize::from(width.0).max(NARROWEST))
}

fn write(args: &CompareArgs, text: &str) -> anyhow::Result<()> {
    let Some(path) = &args.output else {
        return print(text);
    };
    write_file(path, text)
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    render::save(path, text).with_context(|| format!("{}", path.display()))
}

/// A reader that stops reading (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output"),
    }
}

/// What `--fail-if-worse` asks for.
#[derive(Debug, Clone, PartialEq)]
struct Gate {
    /// Path of the metric; empty for the headline.
    metric: String,
    /// Allowed loss; none: any loss that chance does not explain.
    margin: Option<f64>,
}

impl Gate {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (metric, margin) = match text.rsplit_once(':') {
            Some((metric, margin)) => (metric, Some(parse_margin(margin)?)),
            None => (text, None),
        };
        let name = metric.rsplit_once('/').map_or(metric, |(_, name)| name);
        if !metric.is_empty() && Metric::parse(name).is_none() {
            bail!("--fail-if-worse: there is no metric '{name}'");
        }
        Ok(Self {
            metric: metric.into(),
            margin,
        })
    }

    fn is_worse(&self, comparison: &Comparison) -> anyhow::Result<bool> {
        let (task, headline) = &comparison.headline;
        let path = if self.metric.is_empty() {
            format!("{task}/{headline}")
        } else {
            self.metric.clone()
        };
        let delta = comparison
            .delta(&path)
            .with_context(|| format!("--fail-if-worse: nothing is compared under '{path}'"))?;
        let lower_is_better = Metric::parse(path.rsplit('/').next().unwrap_or(&path))
            .is_some_and(Metric::lower_is_better);
        Ok(match self.margin {
            None => delta.verdict == Verdict::Worse,
            Some(margin) => {
                loss(&delta, lower_is_better).with_context(|| format!("'{path}' is undefined"))?
                    > margin
            }
        })
    }
}

fn parse_margin(text: &str) -> anyhow::Result<f64> {
    let margin: f64 = text
        .parse()
        .with_context(|| format!("--fail-if-worse: '{text}' is not a margin"))?;
    if !(margin.is_finite() && margin >= 0.0) {
        bail!("--fail-if-worse: margin {text} is not 0 or above");
    }
    Ok(margin)
}

/// How much worse the candidate is.
fn loss(delta: &Delta, lower_is_better: bool) -> Option<f64> {
    delta.difference.map(|difference| {
        if lower_is_better {
            difference
        } else {
            -difference
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_names_metric_and_margin() {
        let gate = |metric: &str, margin| Gate {
            metric: metric.into(),
            margin,
        };
        assert_eq!(Gate::parse("").unwrap(), gate("", None));
        assert_eq!(Gate::parse("macro_f1").unwrap(), gate("macro_f1", None));
        assert_eq!(
            Gate::parse("topics/energy/f1:0.02").unwrap(),
            gate("topics/energy/f1", Some(0.02))
        );
    }

    #[test]
    fn a_gate_on_nothing_is_refused() {
        for text in [
            "f2",
            "macro_f1:much",
            "macro_f1:-1",
            "macro_f1:NaN",
            "topics/energy",
        ] {
            assert!(Gate::parse(text).is_err(), "{text}");
        }
    }
}
