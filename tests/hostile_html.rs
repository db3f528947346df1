//! No text of a report can become markup, in any place it is shown.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use article_toolkit::article::{Task, TaskKind};
use article_toolkit::evaluate::{
    ArticleOutcome, CompareOptions, Evidence, Report, ReportInput, ReportOptions, Resampling,
    Sentence, TaskOutcomes,
};
use article_toolkit::render;

const PAYLOADS: [&str; 24] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=\"alert(1)",
    "<!--",
    "--><script>",
    "<![CDATA[",
    "]]>",
    "<svg onload=alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "\u{2028}alert(1)\u{2029}",
    "\u{202e}txt.exe",
    "\u{0}\u{1b}[2J\u{7f}\u{9b}",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "\\u003cscript\\u003e \\\" \\\\",
    "<textarea><plaintext><noscript>",
    "<template><iframe srcdoc='<script>'>",
];

fn report(text: &str, turned: bool) -> Report {
    let labels = vec![format!("a{text}"), format!("b{text}")];
    let multi = TaskOutcomes {
        task: Task {
            name: format!("t{text}"),
            kind: TaskKind::Multi,
            labels: labels.clone(),
        },
        thresholds: vec![0.5; 2],
        gold: vec![vec![Some(true), Some(false)]; 12],
        scores: vec![vec![0.4, 0.6]; 12],
        decided: vec![vec![turned, true]; 12],
    };
    let single = TaskOutcomes {
        task: Task {
            name: format!("s{text}"),
            kind: TaskKind::Single,
            labels,
        },
        thresholds: vec![],
        gold: vec![vec![Some(true), Some(false)]; 12],
        scores: vec![vec![0.4, 0.6]; 12],
        decided: vec![vec![turned, !turned]; 12],
    };
    let input = ReportInput {
        title: format!("report {text}"),
        method: format!("m{text}"),
        articles: (0..12).map(|row| article(row, text)).collect(),
        tasks: vec![multi, single],
        settings: BTreeMap::from([(format!("k{text}"), format!("v{text}{turned}"))]),
        model: format!("{turned}{text}"),
    };
    let resampling = Resampling {
        resamples: 100,
        ..Resampling::default()
    };
    let mut report = Report::build(
        input,
        &ReportOptions {
            resampling,
            headline: None,
        },
    )
    .unwrap();
    let outcomes: Vec<TaskOutcomes> = report
        .tasks
        .iter()
        .map(|task| task.outcomes.clone())
        .collect();
    report.add_baseline(&format!("n{text}"), &outcomes).unwrap();
    report
}

fn article(row: usize, text: &str) -> ArticleOutcome {
    let label = format!("a{text}");
    ArticleOutcome {
        id: format!("{row}{text}"),
        title: text.into(),
        digest: String::new(),
        group: row as u32,
        slices: BTreeMap::from([(format!("k{text}"), format!("v{text}"))]),
        evidence: vec![Evidence {
            task: Some(format!("t{text}")),
            label: label.clone(),
            text: text.into(),
            concept: Some(text.into()),
            weight: 1.0,
        }],
        sentences: vec![Sentence {
            task: Some(format!("t{text}")),
            label,
            text: text.into(),
        }],
    }
}

fn pages(text: &str) -> [String; 3] {
    let (one, other) = (report(text, false), report(text, true));
    let resampling = Resampling {
        resamples: 100,
        ..Resampling::default()
    };
    let options = CompareOptions {
        resampling,
        common: false,
    };
    let comparison = one.compare(&other, &options).unwrap();
    let ranking = one.rank(&[&other, &one], &options).unwrap();
    [
        render::report_html(&one, &[]),
        render::comparison_html(&comparison),
        render::ranking_html(&ranking),
    ]
}

/// Every `<` starts markup: as many as in a harmless page means the same elements. Quotes end attributes; those of the
/// data block are JSON, which the browser reads as text.
fn signs(page: &str) -> [usize; 2] {
    let (head, rest) = page
        .split_once("<script type=\"application/json\"")
        .unwrap();
    let (_, tail) = rest.split_once("</script>").unwrap();
    [
        page.matches('<').count(),
        head.matches('"').count() + tail.matches('"').count(),
    ]
}

#[test]
fn every_payload_gives_the_elements_of_a_harmless_text() {
    let harmless = pages("x").map(|page| signs(&page));
    for payload in PAYLOADS {
        for (page, expected) in pages(payload).iter().zip(harmless) {
            assert_eq!(signs(page), expected, "{payload}");
            assert!(page.contains("http-equiv=\"Content-Security-Policy\""));
        }
    }
}

#[test]
fn the_data_block_gives_the_text_back_exactly() {
    for payload in PAYLOADS {
        let page = render::report_html(&report(payload, false), &[]);
        let (_, rest) = page
            .split_once("<script type=\"application/json\" id=\"data\">")
            .unwrap();
        let data: serde_json::Value =
            serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
        assert_eq!(data["articles"][0][1], payload);
    }
}

#[test]
fn terminal_text_carries_no_control_characters() {
    for payload in PAYLOADS {
        let (one, other) = (report(payload, false), report(payload, true));
        let comparison = one.compare(&other, &CompareOptions::default()).unwrap();
        let texts = [
            render::report_text(&one, 100),
            render::comparison_text(&comparison, 100),
            render::comparison_markdown(&comparison),
        ];
        for text in texts {
            let bad = text
                .chars()
                .find(|letter| letter.is_control() && *letter != '\n');
            assert_eq!(bad, None, "{payload}");
            assert!(!text.contains(['\u{202e}', '\u{2028}']));
        }
        assert!(
            !render::comparison_markdown(&comparison).contains("<script"),
            "{payload}"
        );
    }
}
