//! Text out of the HTML that web scanners write into their reports. What is shown to people is text: nothing of a
//! report is ever rendered.

use crate::weakness::push_new;
use crate::xml::unescape;

/// The text with line breaks where paragraphs and list items end, without markup, scripts and styles. A `<` that begins
/// no tag is text.
pub(crate) fn text_of(html: &str) -> String {
    let mut raw = String::with_capacity(html.len());
    let mut rest = html;
    // Behind the last `>` there is no tag: without this, each `<` there would search to the end again.
    let behind_tags = html.rfind('>').map_or(html.len(), |at| html.len() - at - 1);
    while let Some((before, after)) = rest.split_once('<') {
        raw.push_str(before);
        let tag = (after.len() > behind_tags && is_tag(after)).then(|| after.split_once('>')).flatten();
        let Some((tag, following)) = tag else {
            raw.push('<');
            rest = after;
            continue;
        };
        let name = name_of(tag);
        rest = match name.as_str() {
            "script" | "style" => behind_end_of(&name, following),
            _ => following,
        };
        if matches!(
            name.as_str(),
            "p" | "br" | "li" | "div" | "ul" | "ol" | "pre" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
        ) {
            raw.push('\n');
        }
    }
    raw.push_str(rest);
    let mut text = String::with_capacity(raw.len());
    unescape(&raw.replace("&nbsp;", " "), &mut text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// The web addresses that its links lead to, each once, in order.
pub(crate) fn links_of(html: &str) -> Vec<String> {
    let mut links = Vec::new();
    for (at, _) in html.match_indices("href=") {
        let Some(value) = html.get(at + "href=".len()..) else { continue };
        let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) else { continue };
        let Some((link, _)) = value.get(1..).and_then(|value| value.split_once(quote)) else { continue };
        let mut address = String::new();
        unescape(link.trim(), &mut address);
        if address.starts_with("https://") || address.starts_with("http://") {
            push_new(&mut links, address);
        }
    }
    links
}

/// What may follow `<` in a tag: `p class="x"`, `/p`, `br/`, `!--`.
fn is_tag(inside: &str) -> bool {
    inside.strip_prefix('/').unwrap_or(inside).starts_with(|first: char| first.is_ascii_alphabetic() || first == '!')
}

fn name_of(tag: &str) -> String {
    let tag = tag.strip_prefix('/').unwrap_or(tag);
    tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn behind_end_of<'a>(name: &str, html: &'a str) -> &'a str {
    let ends = |at: usize| html.get(at + 2..at + 2 + name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    let at = html.match_indices("</").map(|(at, _)| at).find(|at| ends(*at));
    at.and_then(|at| html.get(at..)?.split_once('>')).map_or("", |(_, behind)| behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_lines_and_nothing_is_kept_of_scripts() {
        let html = "<p>One &amp; <em>two</em>.</p>\n<ul><li>a &lt; b</li><li>c</li></ul><script>alert(1)</script>1 < 2";
        assert_eq!(text_of(html), "One & two.\na < b\nc\n1 < 2");
        assert_eq!(text_of("<script>never ends"), "");
        assert_eq!(text_of("a<SCRIPT>x</SCRIPT >b<style>y</styl"), "ab");
        assert_eq!(text_of("plain &#32;text"), "plain  text");
    }

    #[test]
    fn hostile_markup_takes_no_more_time_than_its_length() {
        for piece in ["<a", "<script></script>", "<style>x</style><", "&", "<!"] {
            let begun = std::time::Instant::now();
            let html = piece.repeat(200_000);
            assert!(text_of(&html).len() <= html.len());
            assert!(begun.elapsed().as_secs() < 5, "{piece}");
        }
    }

    #[test]
    fn only_web_addresses_are_links() {
        let html = r#"<a href='https://a.example/?x=1&amp;y'>A</a><a href="javascript:alert(1)">B</a><a href=x>"#;
        assert_eq!(links_of(html), ["https://a.example/?x=1&y"]);
    }
}
