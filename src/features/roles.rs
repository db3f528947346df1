//! Tables of word forms by language and role: `lang,role,forms`, the forms of a cell separated by `|`, below a header.

use crate::text::Lang;

/// Role and forms of every row of one language, in the order of the table.
pub(super) fn roles(table: &str, lang: Lang) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let code = lang.code();
    table.lines().skip(1).filter_map(move |line| {
        let mut cells = line.split(',');
        let own = cells.next() == Some(code);
        let (role, forms) = (cells.next()?, cells.next()?);
        own.then(|| (role, forms.split('|').collect()))
    })
}
