//! Reports and comparisons as one HTML file each: no network, no other files, nothing of the data run as code.

mod article;
mod comparison;
mod data;
mod parts;
mod plots;
mod report;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

pub use article::explanation_html;
pub use comparison::{comparison_html, ranking_html};
pub use report::report_html;

const STYLE: &str = include_str!("../assets/report.css");
const SCRIPT: &str = include_str!("../assets/report.js");

/// A whole page. `data` is JSON for the script, already safe inside a script element; a page without has no script.
fn page(title: &str, body: &Markup, data: Option<&str>) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                @if let Some(data) = data {
                    script type="application/json" id="data" { (PreEscaped(data)) }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    };
    markup.into_string()
}

/// Only this style and this script run; nothing is fetched, framed or sent.
fn policy() -> String {
    let source = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let (style, script) = (source(STYLE), source(SCRIPT));
    format!(
        "default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_assets_cannot_end_their_elements() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
    }

    #[test]
    fn the_assets_use_no_unsafe_sink_and_no_network() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "fetch(",
            "http:",
            "https:",
            "url(",
        ] {
            let svg_namespace = SCRIPT.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !svg_namespace.contains(word) && !STYLE.contains(word),
                "{word}"
            );
        }
    }
}
