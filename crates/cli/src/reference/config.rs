//! The settings as a page.

use super::cell;
use crate::settings::{FILE_NAME, Setting, table};

pub(super) fn page() -> String {
    let mut page = format!(
        "# Settings\n\nThis page is printed by `scanhelm reference config`.\n\n\
         Settings come from defaults, then the file `{FILE_NAME}` (named by `--config`, or in the data folder, or in the \
         working folder), then the environment, then flags; the later one wins. A name that is not on this page is an \
         error. `scanhelm config show` tells what is in force and why. Durations are a number and a unit: `500ms`, \
         `30s`, `5m`, `2h`. In the environment the elements of a list are separated by commas.\n"
    );
    let settings = table();
    for section in settings.chunk_by(|a, b| a.section == b.section) {
        let Some(Setting { section: name, section_about, .. }) = section.first() else { continue };
        page.push_str(&format!("\n## [{name}]\n\n{}\n\n", cell(section_about)));
        page.push_str("| key | type | default | environment | meaning |\n|---|---|---|---|---|\n");
        for setting in section {
            let default = match setting.default.as_str() {
                "" => "empty".to_owned(),
                text => format!("`{}`", cell(text)),
            };
            page.push_str(&format!(
                "| `{}` | {} | {default} | `{}` | {} |\n",
                setting.key,
                setting.kind,
                setting.variable(),
                cell(setting.about)
            ));
        }
    }
    page
}
