//! What an inventory says its asset is made of. A whole list takes the place of the source's list before, so nothing but
//! a whole one is taken: a document that breaks off, or in which one entry cannot be read, changes no list.

use std::collections::BTreeMap;
use std::fs::File;

use scanhelm_core::activity::{Event, NewActivity};
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::{ComponentRecord, components_in_words, united};
use scanhelm_core::ids::{AssetId, ComponentId};
use scanhelm_core::import::Import;
use scanhelm_core::permission::Actor;
use scanhelm_core::scan::Scan;
use scanhelm_core::text::single_line;
use scanhelm_core::{Error, Result};
use scanhelm_formats::{ReadError, ReadOptions};
use scanhelm_store::{AssetRow, ComponentChanges, ComponentList, NewComponent};
use serde_json::{Value, json};

use super::batch::asset_row;
use super::pipeline::{Frame, Source};
use crate::Hub;
use crate::jobs::JobContext;

/// Bytes of what is sorted and searched by.
const LONGEST_NAME: usize = 300;
const LONGEST_PURL: usize = 1_000;
/// Of one component.
const MOST_LICENSES: usize = 50;
const MOST_LOCATIONS: usize = 100;

/// What one source lists of one asset.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) asset: AssetRecord,
    pub(crate) components: Vec<ComponentRecord>,
}

/// What a report lists as parts of its subject; `None` where it is no inventory. Or why its list cannot be taken.
pub(super) async fn listed(source: Source) -> Result<std::result::Result<Option<Vec<ComponentRecord>>, String>> {
    read(source, |file, options| scanhelm_formats::components(Box::new(file), options)).await
}

/// The same of a run of scanners: what each of them lists.
pub(super) async fn listed_by_scanner(
    source: Source,
) -> Result<std::result::Result<BTreeMap<String, Vec<ComponentRecord>>, String>> {
    read(source, |file, options| scanhelm_formats::components_of_run(Box::new(file), options)).await
}

async fn read<Listed: Default + Send + 'static>(
    source: Source,
    list: fn(File, &ReadOptions) -> std::result::Result<Listed, ReadError>,
) -> Result<std::result::Result<Listed, String>> {
    let Source::File { path, options } = source else { return Ok(Ok(Listed::default())) };
    tokio::task::spawn_blocking(move || {
        let file = File::open(&path).map_err(Error::internal)?;
        Ok(list(file, &options).map_err(|error| format!("its components were not taken: {error}")))
    })
    .await
    .map_err(Error::internal)?
}

/// Of a scanner that may have looked at a part only, or in a run that does not speak for the asset: such a list is told
/// of and not taken.
pub(super) async fn take_in_whole(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &Import,
    frame: &Frame,
    inventory: Inventory,
) -> Result<()> {
    if frame.covers {
        return take_in(hub, context, scan, import, frame, inventory).await;
    }
    let listed = components_in_words(inventory.components.len() as u64);
    let asset = single_line(&inventory.asset.name, LONGEST_NAME);
    let message = format!("{listed} of {asset} were not taken: the scan does not speak for all of it.");
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let data = json!({"import_id": import.id, "components": 0});
    transaction.append_activity(activity(hub, scan, message, data)).await?;
    transaction.commit().await?;
    hub.committed();
    Ok(())
}

/// Takes the list in, and tells in the feed what changed.
pub(super) async fn take_in(
    hub: &Hub,
    context: &JobContext,
    scan: &Scan,
    import: &Import,
    frame: &Frame,
    inventory: Inventory,
) -> Result<()> {
    let components: Vec<NewComponent> = united(inventory.components.into_iter().filter_map(bounded))
        .into_iter()
        .map(|record| NewComponent { id: ComponentId::new(hub.ids()), record })
        .collect();
    let transaction = hub.store().begin().await?;
    transaction.fence(&context.lease).await?;
    let row: AssetRow = asset_row(hub, &inventory.asset, frame.seen_at);
    let assets = transaction.upsert_assets(import.company_id, std::slice::from_ref(&row)).await?;
    let list = ComponentList {
        company_id: import.company_id,
        asset_id: assets.get(&row.identity).copied().unwrap_or(AssetId(row.id.0)),
        source: frame.source.clone(),
        scan_id: import.scan_id,
        run_id: import.run_id,
        listed_at: frame.seen_at,
    };
    let changes = transaction.replace_components(&list, &components).await?;
    let data = json!({"import_id": import.id, "asset_id": list.asset_id, "components": components.len()});
    let message = told(&row.name, components.len(), changes);
    transaction.append_activity(activity(hub, scan, message, data)).await?;
    transaction.commit().await?;
    hub.committed();
    Ok(())
}

fn activity(hub: &Hub, scan: &Scan, message: String, data: Value) -> NewActivity {
    NewActivity {
        company_id: scan.company_id,
        scan_id: scan.id,
        at: hub.now(),
        actor: Actor::System,
        event: Event::ImportProgress,
        message,
        data,
    }
}

fn told(asset: &str, listed: usize, changes: Option<ComponentChanges>) -> String {
    match changes {
        Some(ComponentChanges { added, gone, .. }) => {
            format!("{listed} components of {asset}: {added} new, {gone} gone.")
        }
        None => format!("{listed} components of {asset} were passed over: a newer list is known."),
    }
}

/// In lengths that an index holds and a page shows. `None`: it has no name.
fn bounded(record: ComponentRecord) -> Option<ComponentRecord> {
    let line = |text: Option<String>, limit| text.map(|text| single_line(&text, limit)).filter(|text| !text.is_empty());
    let lines = |texts: Vec<String>, most| {
        texts.into_iter().filter_map(|text| line(Some(text), LONGEST_NAME)).take(most).collect::<Vec<_>>()
    };
    Some(ComponentRecord {
        name: line(Some(record.name), LONGEST_NAME)?,
        version: line(record.version, LONGEST_NAME),
        kind: record.kind,
        group: line(record.group, LONGEST_NAME),
        // Cut it would be another package.
        purl: record.purl.filter(|purl| purl.len() <= LONGEST_PURL && single_line(purl, LONGEST_PURL) == *purl),
        cpe: line(record.cpe, LONGEST_NAME),
        licenses: lines(record.licenses, MOST_LICENSES),
        locations: lines(record.locations, MOST_LOCATIONS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_component_is_cut_to_what_an_index_holds() {
        let long = "ü".repeat(5_000);
        let hostile = ComponentRecord {
            name: format!("a\0b\n{long}"),
            version: Some(" ".to_owned()),
            group: Some(long.clone()),
            purl: Some(format!("pkg:npm/{long}")),
            licenses: vec![long.clone(); 500],
            locations: vec![String::new(), long],
            ..ComponentRecord::default()
        };
        let kept = bounded(hostile).unwrap();
        assert!(kept.name.starts_with("a b ü") && kept.identity().len() < 1_000, "{}", kept.identity());
        assert_eq!((kept.version, kept.purl, kept.licenses.len(), kept.locations.len()), (None, None, 50, 1));
        assert!(bounded(ComponentRecord { name: "\u{202E}".to_owned(), ..ComponentRecord::default() }).is_none());
    }
}
