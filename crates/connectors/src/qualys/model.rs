//! Qualys' wire types. What the hub concludes from must be there (a reference, a state, the time of an answer); the rest
//! may be missing.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct SimpleReturn {
    #[serde(rename = "RESPONSE")]
    pub(super) response: SimpleResponse,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct SimpleResponse {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default, rename = "ITEM_LIST")]
    items: Items,
}

#[derive(Debug, Default, Deserialize)]
struct Items {
    #[serde(default, rename = "ITEM")]
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Item {
    key: String,
    #[serde(default)]
    value: String,
}

impl SimpleReturn {
    pub(super) fn item(&self, key: &str) -> Option<&str> {
        let items = &self.response.items.items;
        items.iter().find(|item| item.key.trim() == key).map(|item| item.value.trim())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ScanListOutput {
    #[serde(rename = "RESPONSE")]
    pub(super) response: ScanListResponse,
}

#[derive(Debug, Deserialize)]
pub(super) struct ScanListResponse {
    /// When Qualys answered; each answer has it.
    #[serde(rename = "DATETIME")]
    pub(super) _at: String,
    /// Left out when there is no scan.
    #[serde(default, rename = "SCAN_LIST")]
    list: ScanListing,
    #[serde(default, rename = "WARNING")]
    warning: Option<Warning>,
}

impl ScanListResponse {
    pub(super) fn into_scans(self) -> Vec<ListedScan> {
        self.list.scans
    }

    /// Address of the next page of a list that was cut.
    pub(super) fn next_page(&self) -> Option<&str> {
        self.warning.as_ref().map(|warning| warning.url.trim()).filter(|url| !url.is_empty())
    }
}

#[derive(Debug, Default, Deserialize)]
struct ScanListing {
    #[serde(default, rename = "SCAN")]
    scans: Vec<ListedScan>,
}

#[derive(Debug, Deserialize)]
struct Warning {
    #[serde(default, rename = "URL")]
    url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct ListedScan {
    #[serde(rename = "REF")]
    pub(super) reference: String,
    #[serde(default, rename = "TYPE")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) client: Option<Client>,
    #[serde(default)]
    pub(super) user_login: String,
    #[serde(default)]
    pub(super) launch_datetime: String,
    #[serde(default)]
    pub(super) duration: String,
    #[serde(default)]
    pub(super) processing_priority: String,
    #[serde(default)]
    pub(super) processed: Option<String>,
    pub(super) status: Status,
    #[serde(default)]
    pub(super) target: String,
    #[serde(default)]
    pub(super) option_profile: Option<Titled>,
    #[serde(default)]
    pub(super) asset_group_title_list: AssetGroups,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct Status {
    pub(super) state: String,
    #[serde(default)]
    pub(super) sub_state: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Client {
    #[serde(default, rename = "NAME")]
    pub(super) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Titled {
    #[serde(default, rename = "TITLE")]
    pub(super) title: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct AssetGroups {
    #[serde(default, rename = "ASSET_GROUP_TITLE")]
    pub(super) titles: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ApplianceListOutput {
    #[serde(rename = "RESPONSE")]
    pub(super) response: ApplianceListResponse,
}

#[derive(Debug, Deserialize)]
pub(super) struct ApplianceListResponse {
    #[serde(default, rename = "APPLIANCE_LIST")]
    pub(super) list: Appliances,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Appliances {
    #[serde(default, rename = "APPLIANCE")]
    pub(super) appliances: Vec<Appliance>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct Appliance {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) software_version: String,
}

/// Root of the list of option profiles.
#[derive(Debug, Deserialize)]
pub(super) struct OptionProfiles {
    #[serde(default, rename = "OPTION_PROFILE")]
    pub(super) profiles: Vec<OptionProfile>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OptionProfile {
    #[serde(rename = "BASIC_INFO")]
    pub(super) basic: BasicInfo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) struct BasicInfo {
    pub(super) id: String,
    /// The title.
    #[serde(default)]
    pub(super) group_name: String,
    #[serde(default)]
    pub(super) is_default: String,
}
