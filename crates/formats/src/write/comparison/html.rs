//! A page of what changed: the new findings with all that is known of them, the others as lists.

use std::io::{self, Write};

use super::super::escaped::Escaped;
use super::super::html::{begin, write_finding, write_scanners};
use super::super::order::Findings;
use super::{Changes, groups, not_checked, summary};

pub(super) fn write(output: &mut dyn Write, changes: &Changes<'_>, new: &Findings<'_>) -> io::Result<()> {
    let compared = changes.compared;
    begin(output, &format!("Changes: {}", changes.heading.name), &changes.heading.tool)?;
    writeln!(output, "<p><b>{}</b></p>", summary(compared))?;
    if let Some(trouble) = changes.trouble {
        writeln!(output, "<p><b>Nothing is called fixed</b>: {}</p>", Escaped(trouble))?;
    }
    if let Some(unchecked) = not_checked(compared) {
        writeln!(output, "<p>{unchecked}</p>")?;
    }
    write_scanners(output, &changes.heading.scanners)?;
    new.each(|entry| write_finding(output, entry))?;
    for (change, known) in groups(compared).into_iter().filter(|(change, _)| *change != "new") {
        if known.is_empty() {
            continue;
        }
        writeln!(output, "<details>\n<summary>{}: {}</summary>\n<ul>", change.replace('_', " "), known.len())?;
        for known in known {
            writeln!(
                output,
                "<li><span class=\"severity {severity}\">{severity}</span> {} <span class=\"dim\">{} {} {}</span></li>",
                Escaped(&known.title),
                Escaped(&known.location),
                Escaped(&known.scanner),
                Escaped(&known.rule),
                severity = known.severity,
            )?;
        }
        writeln!(output, "</ul>\n</details>")?;
    }
    writeln!(output, "</body>\n</html>")
}
