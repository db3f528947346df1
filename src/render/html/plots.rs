//! Plots as inline SVG: drawn in plain shapes, coloured by the page's style, each with a title that says what it shows.

use maud::{Markup, html};

use crate::evaluate::{Bin, CurvePoint, Cut, Interval};

/// A square plot and its margins, in SVG units.
const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 34.0;

/// A bar's width and height.
const BAR: f64 = 160.0;
const BAR_HEIGHT: f64 = 18.0;

/// Bars of a score histogram.
pub(crate) const BARS: usize = 20;

/// From data to drawing coordinates.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
}

/// Both axes from 0 to 1.
const UNIT: Frame = Frame {
    x: (0.0, 1.0),
    y: (0.0, 1.0),
};

impl Frame {
    fn x(&self, value: f64) -> String {
        let share = (value - self.x.0) / (self.x.1 - self.x.0);
        tidy(LEFT + share * (WIDTH - LEFT - RIGHT))
    }

    fn y(&self, value: f64) -> String {
        let share = (value - self.y.0) / (self.y.1 - self.y.0);
        tidy(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))
    }

    fn axes(&self, x_name: &str, y_name: &str) -> Markup {
        let middle = |ends: (f64, f64)| [ends.0, (ends.0 + ends.1) / 2.0, ends.1];
        html! {
            @for at in middle(self.y) {
                line class="grid" x1=(self.x(self.x.0)) x2=(self.x(self.x.1)) y1=(self.y(at)) y2=(self.y(at)) {}
                text class="tick" x=(tidy(LEFT - 5.0)) y=(self.y(at)) dy="0.35em" text-anchor="end" { (tick(at)) }
            }
            @for (at, anchor) in middle(self.x).into_iter().zip(["start", "middle", "end"]) {
                text class="tick" x=(self.x(at)) y=(tidy(HEIGHT - BOTTOM + 13.0)) text-anchor=(anchor) { (tick(at)) }
            }
            text class="axis" x=(self.x((self.x.0 + self.x.1) / 2.0)) y=(tidy(HEIGHT - 4.0)) text-anchor="middle" { (x_name) }
            text class="axis" x=(tidy(10.0)) y=(tidy(TOP + 42.0)) text-anchor="middle"
                transform=(format!("rotate(-90 10 {})", TOP + 42.0)) { (y_name) }
        }
    }

    fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let steps = points.enumerate().map(|(at, (x, y))| {
            format!(
                "{}{} {}",
                if at == 0 { "M" } else { "L" },
                self.x(x),
                self.y(y)
            )
        });
        steps.collect::<Vec<_>>().join("")
    }
}

fn tidy(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn tick(value: f64) -> String {
    if value.abs() >= 10.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

fn plot(title: &str, description: &str, drawn: &Markup) -> Markup {
    html! {
        svg class="plot" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" {
            title { (title) }
            desc { (description) }
            (drawn)
        }
    }
}

/// A value with its interval on a line from `from` to `to`; `mark` is drawn across, such as zero.
pub(crate) fn interval_bar(
    value: Option<f64>,
    interval: Option<Interval>,
    (from, to): (f64, f64),
    mark: Option<f64>,
    class: &str,
) -> Markup {
    let x = |value: f64| tidy(4.0 + (value.clamp(from, to) - from) / (to - from) * (BAR - 8.0));
    let middle = tidy(BAR_HEIGHT / 2.0);
    html! {
        svg class=(format!("bar {class}")) viewBox=(format!("0 0 {BAR} {BAR_HEIGHT}")) role="img" {
            title { (bar_title(value, interval)) }
            line class="track" x1=(x(from)) x2=(x(to)) y1=(middle) y2=(middle) {}
            @if let Some(mark) = mark {
                line class="zero" x1=(x(mark)) x2=(x(mark)) y1="1" y2=(tidy(BAR_HEIGHT - 1.0)) {}
            }
            @if let Some(interval) = interval {
                line class="range" x1=(x(interval.low)) x2=(x(interval.high)) y1=(middle) y2=(middle) {}
            }
            @if let Some(value) = value {
                circle class="dot" cx=(x(value)) cy=(middle) r="4" {}
            }
        }
    }
}

fn bar_title(value: Option<f64>, interval: Option<Interval>) -> String {
    let value = value.map_or_else(|| "undefined".into(), |value| format!("{value:.3}"));
    interval.map_or(value.clone(), |interval| {
        format!(
            "{value}, interval {:.3} to {:.3}",
            interval.low, interval.high
        )
    })
}

/// Precision over recall; `point` is where the model's cut stands.
pub(crate) fn precision_recall(label: &str, cuts: &[Cut], point: Option<(f64, f64)>) -> Markup {
    let from_left = cuts.first().map(|first| (0.0, first.precision));
    let points = from_left
        .into_iter()
        .chain(cuts.iter().map(|cut| (cut.recall, cut.precision)));
    let title = format!("Precision and recall of {label} at every cut");
    let description = point.map_or_else(
        || "The model decides nothing here.".into(),
        |(recall, precision)| {
            format!("At the model's cut recall is {recall:.2} and precision {precision:.2}.")
        },
    );
    let drawn = html! {
        (UNIT.axes("recall", "precision"))
        path class="curve" d=(UNIT.path(points)) {}
        @if let Some((recall, precision)) = point {
            line class="guide" x1=(UNIT.x(recall)) x2=(UNIT.x(recall)) y1=(UNIT.y(0.0)) y2=(UNIT.y(precision)) {}
            line class="guide" x1=(UNIT.x(0.0)) x2=(UNIT.x(recall)) y1=(UNIT.y(precision)) y2=(UNIT.y(precision)) {}
            circle class="point" cx=(UNIT.x(recall)) cy=(UNIT.y(precision)) r="4.5" {}
        }
    };
    plot(&title, &description, &drawn)
}

/// Share of positives over mean score, bin by bin, with intervals; a calibrated model lies on the diagonal.
pub(crate) fn reliability(label: &str, bins: &[Bin]) -> Markup {
    let title = format!("Calibration of {label}: share that is right at each score");
    let cells: u64 = bins.iter().map(|bin| bin.cells).sum();
    let description = format!("{cells} decisions in {} bins.", bins.len());
    let radius = |bin: &Bin| tidy(3.0 + 5.0 * (bin.cells as f64 / cells.max(1) as f64).sqrt());
    let drawn = html! {
        (UNIT.axes("score", "share yes"))
        line class="guide" x1=(UNIT.x(0.0)) y1=(UNIT.y(0.0)) x2=(UNIT.x(1.0)) y2=(UNIT.y(1.0)) {}
        path class="curve faint" d=(UNIT.path(bins.iter().map(|bin| (bin.score, bin.positive)))) {}
        @for bin in bins {
            @if let Some(interval) = bin.interval {
                line class="whisker" x1=(UNIT.x(bin.score)) x2=(UNIT.x(bin.score)) y1=(UNIT.y(interval.low)) y2=(UNIT.y(interval.high)) {}
            }
            circle class="dot" cx=(UNIT.x(bin.score)) cy=(UNIT.y(bin.positive)) r=(radius(bin)) {
                title { (format!("{} decisions at mean score {:.2}: {:.2} are yes", bin.cells, bin.score, bin.positive)) }
            }
        }
    };
    plot(&title, &description, &drawn)
}

/// Articles by score: gold yes stands on gold no; `cut` is the model's.
///
/// The vertical axis is the square root of the count, so that ten positives can be seen beside a thousand negatives.
pub(crate) fn histogram(
    label: &str,
    yes: &[u64; BARS],
    no: &[u64; BARS],
    cut: Option<f64>,
) -> Markup {
    let most = yes.iter().chain(no).copied().max().unwrap_or(1).max(1);
    let frame = Frame {
        x: (0.0, 1.0),
        y: (-(most as f64).sqrt(), (most as f64).sqrt()),
    };
    let title = format!("Scores of {label}");
    let description = format!(
        "{} gold yes above the line, {} gold no below it.",
        yes.iter().sum::<u64>(),
        no.iter().sum::<u64>()
    );
    let drawn = html! {
        (score_axis(&frame, most))
        @for at in 0..BARS {
            (bar(&frame, at, yes[at], 1.0, "yes"))
            (bar(&frame, at, no[at], -1.0, "no"))
        }
        line class="zero" x1=(frame.x(0.0)) x2=(frame.x(1.0)) y1=(frame.y(0.0)) y2=(frame.y(0.0)) {}
        @if let Some(cut) = cut {
            line class="cut" x1=(frame.x(cut)) x2=(frame.x(cut)) y1=(frame.y(frame.y.0)) y2=(frame.y(frame.y.1)) {
                title { (format!("cut at {cut:.2}")) }
            }
        }
    };
    plot(&title, &description, &drawn)
}

fn score_axis(frame: &Frame, most: u64) -> Markup {
    html! {
        @for (at, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
            text class="tick" x=(frame.x(at)) y=(tidy(HEIGHT - BOTTOM + 13.0)) text-anchor=(anchor) { (tick(at)) }
        }
        @for end in [frame.y.0, frame.y.1] {
            line class="grid" x1=(frame.x(0.0)) x2=(frame.x(1.0)) y1=(frame.y(end)) y2=(frame.y(end)) {}
            text class="tick" x=(tidy(LEFT - 5.0)) y=(frame.y(end)) dy="0.35em" text-anchor="end" { (most) }
        }
        text class="axis" x=(frame.x(0.5)) y=(tidy(HEIGHT - 4.0)) text-anchor="middle" { "score" }
        text class="axis" x="10" y="46" text-anchor="middle" transform="rotate(-90 10 46)" { "gold yes" }
        text class="axis" x="10" y="138" text-anchor="middle" transform="rotate(-90 10 138)" { "gold no" }
    }
}

fn bar(frame: &Frame, at: usize, count: u64, side: f64, class: &str) -> Markup {
    let (from, to) = (at as f64 / BARS as f64, (at + 1) as f64 / BARS as f64);
    let (zero, end) = (0.0, side * (count as f64).sqrt());
    let corners = [(from, zero), (from, end), (to, end), (to, zero)];
    html! {
        @if count > 0 {
            path class=(class) d=(frame.path(corners.into_iter()) + "Z") {
                title { (format!("{count} articles with gold {class} score {from:.2} to {to:.2}")) }
            }
        }
    }
}

/// Headline metric over articles trained on.
pub(crate) fn learning_curve(name: &str, points: &[CurvePoint]) -> Markup {
    let last = points
        .iter()
        .map(|point| point.articles)
        .max()
        .unwrap_or(1)
        .max(1) as f64;
    let frame = Frame {
        x: (0.0, last),
        y: (0.0, 1.0),
    };
    let known = points.iter().filter_map(|point| {
        point
            .estimate
            .value
            .map(|value| (point.articles as f64, value, point.estimate.interval))
    });
    let known: Vec<(f64, f64, Option<Interval>)> = known.collect();
    let drawn = html! {
        (frame.axes("articles trained on", name))
        path class="curve" d=(frame.path(known.iter().map(|point| (point.0, point.1)))) {}
        @for (x, y, interval) in &known {
            @if let Some(interval) = interval {
                line class="whisker" x1=(frame.x(*x)) x2=(frame.x(*x)) y1=(frame.y(interval.low)) y2=(frame.y(interval.high)) {}
            }
            circle class="dot" cx=(frame.x(*x)) cy=(frame.y(*y)) r="4" { title { (format!("{x:.0} articles: {y:.3}")) } }
        }
    };
    plot(
        &format!("Learning curve: {name} by articles trained on"),
        "More articles to the right.",
        &drawn,
    )
}

/// A probability from 0 to 1 with the cut marked.
pub(crate) fn score_bar(label: &str, probability: f64, cut: Option<f64>) -> Markup {
    let x = |value: f64| tidy(2.0 + (BAR - 4.0) * value.clamp(0.0, 1.0));
    let said = cut.map_or(String::new(), |cut| format!(", cut {cut:.2}"));
    html! {
        svg class="gauge" role="img" viewBox=(format!("0 0 {BAR} 16")) {
            title { (format!("{label}: probability {probability:.2}{said}")) }
            rect class="track" x="1" y="3" width=(tidy(BAR - 2.0)) height="10" rx="5" {}
            rect class="fill" x="2" y="4" width=(tidy((BAR - 4.0) * probability.clamp(0.0, 1.0))) height="8" rx="4" {}
            @if let Some(cut) = cut { line class="cut" x1=(x(cut)) x2=(x(cut)) y1="0" y2="16" {} }
        }
    }
}

/// A signed contribution: to the right of the middle it speaks for a label, to the left against it. The number stands
/// beside it, so it is hidden from screen readers.
pub(crate) fn weight_bar(weight: f64, most: f64) -> Markup {
    let half = (BAR / 2.0 - 2.0) * (weight.abs() / most).min(1.0);
    let start = if weight < 0.0 {
        BAR / 2.0 - half
    } else {
        BAR / 2.0
    };
    html! {
        svg class="gauge" aria-hidden="true" viewBox=(format!("0 0 {BAR} 16")) {
            rect class="track" x="1" y="3" width=(tidy(BAR - 2.0)) height="10" rx="5" {}
            rect class=(if weight < 0.0 { "minus" } else { "fill" }) x=(tidy(start)) y="4" width=(tidy(half)) height="8" {}
            line class="middle" x1=(tidy(BAR / 2.0)) x2=(tidy(BAR / 2.0)) y1="2" y2="14" {}
        }
    }
}
