//! The main text of a web page, by the readability algorithm of the crate `dom_smoothie`.
//!
//! What the algorithm leaves in (comment forms, lists of other articles) goes to the same [`super::Cleaner`] as plain text.

use dom_smoothie::{Config, Readability, ReadabilityError, TextMode};
use serde::{Deserialize, Serialize};

/// What a web page says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Title of the article, if the page names one.
    pub title: Option<String>,
    /// Main text, paragraphs parted by line ends.
    pub text: String,
    /// Publication time as the page writes it.
    pub published: Option<String>,
    /// Name of the site.
    pub site: Option<String>,
    /// No main text was found and `text` is all text of the page.
    pub whole_page: bool,
}

/// A page that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The extraction crate refused the page.
    #[error("no article in this page: {0}")]
    Unreadable(String),
}

/// Most elements a page may have: more is no article.
const MAX_ELEMENTS: usize = 200_000;

/// Finds the main text of a page.
///
/// # Errors
/// [`HtmlError::Unreadable`] where the page has too many elements or no text at all.
pub fn extract(html: &str) -> Result<Page, HtmlError> {
    let config = Config {
        text_mode: TextMode::Formatted,
        max_elements_to_parse: MAX_ELEMENTS,
        ..Config::default()
    };
    let mut reader = Readability::new(html, None, Some(config)).map_err(unreadable)?;
    match reader.parse() {
        Ok(article) => Ok(Page {
            title: Some(article.title).filter(|title| !title.trim().is_empty()),
            text: article.text_content.to_string(),
            published: article.published_time,
            site: article.site_name,
            whole_page: false,
        }),
        Err(ReadabilityError::GrabFailed) => whole_page(html),
        Err(error) => Err(unreadable(error)),
    }
}

fn unreadable(error: ReadabilityError) -> HtmlError {
    HtmlError::Unreadable(error.to_string())
}

/// All text of a page too short for the algorithm.
fn whole_page(html: &str) -> Result<Page, HtmlError> {
    let document = dom_query::Document::from(html);
    document
        .select("script, style, noscript, nav, form, header, footer")
        .remove();
    let title = document.select("title").text().trim().to_owned();
    let text = document.select("body").formatted_text().to_string();
    if text.trim().is_empty() {
        return Err(HtmlError::Unreadable("it has no text".to_owned()));
    }
    Ok(Page {
        title: Some(title).filter(|title| !title.is_empty()),
        text,
        whole_page: true,
        ..Page::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn page(paragraphs: usize) -> String {
        let body = "<p>متن این خبر درباره گفتگوی دو کشور است، و این جمله برای آزمون نوشته شده است، با چند بند دیگر.</p>".repeat(paragraphs);
        format!(
            "<html><head><title>عنوان خبر</title></head><body><nav><a href='/'>خانه</a></nav><article><h1>عنوان خبر</h1>{body}</article>\
             <footer>تماس با ما</footer></body></html>"
        )
    }

    #[test]
    fn the_main_text_is_found() {
        let found = extract(&page(12)).unwrap();
        assert_eq!(found.title.as_deref(), Some("عنوان خبر"));
        assert_eq!(found.text.matches("متن این خبر").count(), 12);
        assert!(found.text.lines().count() >= 12);
        assert!(!found.text.contains("تماس با ما"));
    }

    #[test]
    fn a_short_page_is_taken_whole_and_an_empty_one_is_an_error() {
        assert!(extract(&page(1)).unwrap().text.contains("متن این خبر"));
        assert!(extract("<html><body></body></html>").is_err());
        assert!(extract("").is_err());
    }
}
