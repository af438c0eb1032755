//! What a subscription has before it scans: scanner appliances, option profiles and asset groups.

use axum::response::Response;

use super::answer::{Call, Refused, xml};
use super::document::{Document, datetime};

pub(super) const EXTERNAL: &str = "External";
pub(super) const INITIAL_OPTIONS: u32 = 301_001;

#[derive(Debug)]
pub(super) struct Appliance {
    pub(super) id: u32,
    pub(super) name: &'static str,
    online: bool,
}

pub(super) const APPLIANCES: [Appliance; 3] = [
    Appliance { id: 41_101, name: "fra-dc-01", online: true },
    Appliance { id: 41_102, name: "fra-dc-02", online: true },
    Appliance { id: 41_103, name: "almaty-office", online: false },
];

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) id: u32,
    pub(super) title: &'static str,
    pub(super) default: bool,
}

pub(super) const PROFILES: [Profile; 2] = [
    Profile { id: INITIAL_OPTIONS, title: "Initial Options", default: true },
    Profile { id: 301_002, title: "Authenticated Patch Audit", default: false },
];

#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: u32,
    pub(super) title: &'static str,
    pub(super) addresses: &'static str,
}

pub(super) const GROUPS: [Group; 2] = [
    Group { id: 51_001, title: "Web farm", addresses: "10.40.1.10-10.40.1.15" },
    Group { id: 51_002, title: "Branch office", addresses: "10.40.2.0/28" },
];

pub(super) fn profile(id: u32) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.id == id)
}

/// Scanner appliances. The vendor's own, "External", are not among them.
pub(super) fn appliances(call: &Call) -> Result<Response, Refused> {
    call.only_parameters(&["output_mode", "scan_detail", "show_tags", "type", "ids", "name", "busy"])?;
    listing(call)?;
    let full = match call.parameter("output_mode") {
        None | Some("brief") => false,
        Some("full") => true,
        Some(other) => return Err(Refused::invalid("output_mode", other, "must be brief or full")),
    };
    let state = call.state();
    let mut document = call.document("APPLIANCE_LIST_OUTPUT");
    document.open("APPLIANCE_LIST");
    for appliance in APPLIANCES.iter().filter(|one| call.parameter("name").is_none_or(|name| one.name.contains(name))) {
        let busy = state.scans.values().filter(|scan| scan.appliance == appliance.name);
        let running = busy.filter(|scan| scan.state(call.now) == "Running").count();
        document.open("APPLIANCE");
        document.number("ID", appliance.id);
        document.text("UUID", &state.draw.of("appliance").with(u64::from(appliance.id)).uuid());
        document.text("NAME", appliance.name);
        document.number("NETWORK_ID", 0);
        document.text("SOFTWARE_VERSION", "2.7");
        document.number("RUNNING_SLICES_COUNT", running);
        document.number("RUNNING_SCAN_COUNT", running);
        document.text("STATUS", if appliance.online { "Online" } else { "Offline" });
        if full {
            document.text("MODEL_NUMBER", "cvscanner");
            document.text("TYPE", "Virtual");
            document.text("ML_LATEST", "12.17.55-1");
            document.text("ML_VERSION", "12.17.55-1");
            document.text("VULNSIGS_LATEST", "2.6.200-3");
            document.text("VULNSIGS_VERSION", "2.6.200-3");
            document.number("HEARTBEATS_MISSED", if appliance.online { 0 } else { 412 });
            document.text("SS_CONNECTION", if appliance.online { "Online" } else { "Offline" });
            document.text("LAST_UPDATED_DATE", &datetime(call.now));
            document.number("POLLING_INTERVAL", "180 seconds");
            document.text("USER_LOGIN", state.access.username());
        }
        document.close("APPLIANCE");
    }
    document.close("APPLIANCE_LIST");
    Ok(xml(document.finish()))
}

pub(super) fn option_profiles(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    let definition = "/api/2.0/fo/subscription/option_profile/option_profile_info.dtd";
    let mut document = Document::bare("OPTION_PROFILES", &call.origin, definition);
    for profile in &PROFILES {
        document.open("OPTION_PROFILE");
        document.open("BASIC_INFO");
        document.number("ID", profile.id);
        document.cdata("GROUP_NAME", profile.title);
        document.text("GROUP_TYPE", "user");
        document.text("USER_ID", call.state().access.username());
        document.flag("IS_DEFAULT", profile.default);
        document.flag("IS_GLOBAL", true);
        document.close("BASIC_INFO");
        document.close("OPTION_PROFILE");
    }
    Ok(xml(document.finish()))
}

pub(super) fn groups(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    let mut document = call.document("ASSET_GROUP_LIST_OUTPUT");
    document.open("ASSET_GROUP_LIST");
    for group in &GROUPS {
        document.open("ASSET_GROUP");
        document.number("ID", group.id);
        document.cdata("TITLE", group.title);
        document.open("IP_SET");
        document.text(if group.addresses.contains('-') { "IP_RANGE" } else { "IP" }, group.addresses);
        document.close("IP_SET");
        document.close("ASSET_GROUP");
    }
    document.close("ASSET_GROUP_LIST");
    Ok(xml(document.finish()))
}

/// For calls that know one action only.
pub(super) fn listing(call: &Call) -> Result<(), Refused> {
    match call.needed("action")? {
        "list" => Ok(()),
        other => Err(Refused::invalid("action", other, "this simulator knows list")),
    }
}
