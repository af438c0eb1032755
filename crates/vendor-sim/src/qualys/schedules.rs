//! The scans that launch themselves. They can be listed; making and changing them is not simulated.

use axum::response::Response;

use super::answer::{Call, Refused, xml};
use super::document::datetime;
use super::holdings::{listing, profile};

pub(super) fn list(call: &Call) -> Result<Response, Refused> {
    listing(call)?;
    call.only_parameters(&["id", "active", "show_notifications", "scan_type"])?;
    let active = call.parameter("active").map(|_| call.switch("active", true)).transpose()?;
    let state = call.state();
    let mut document = call.document("SCHEDULE_SCAN_LIST_OUTPUT");
    document.open("SCHEDULE_SCAN_LIST");
    for scheduled in &state.schedules {
        let fits = active.is_none_or(|active| active == scheduled.schedule.enabled)
            && call.parameter("id").is_none_or(|id| id == scheduled.id.to_string());
        if !fits {
            continue;
        }
        document.open("SCAN");
        document.number("ID", scheduled.id);
        document.flag("ACTIVE", scheduled.schedule.enabled);
        document.cdata("TITLE", &scheduled.order.title);
        document.text("USER_LOGIN", &scheduled.order.user);
        document.cdata("TARGET", &scheduled.order.target);
        document.text("ISCANNER_NAME", scheduled.order.appliance);
        if let Some(profile) = profile(scheduled.order.profile) {
            document.open("OPTION_PROFILE");
            document.cdata("TITLE", profile.title);
            document.flag("DEFAULT_FLAG", profile.default);
            document.close("OPTION_PROFILE");
        }
        document.open("SCHEDULE");
        if let Some(next) = scheduled.schedule.next() {
            document.text("NEXTLAUNCH_UTC", &datetime(next));
        }
        document.close("SCHEDULE");
        document.close("SCAN");
    }
    document.close("SCHEDULE_SCAN_LIST");
    Ok(xml(document.finish()))
}
