//! A report or comparison as terminal text, Markdown or HTML.
