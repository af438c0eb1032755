//! The names of the calls, for the ledger and for faults.

/// The address without its version tells the room, the form's action what is asked of it.
pub(super) fn name(path: &str, action: &str) -> &'static str {
    if path == "/msp/about.php" {
        return "about";
    }
    let room = path.trim_matches('/').split_once("/fo/").map_or("", |(_, room)| room);
    match (room, action) {
        ("session", "login") => "session.login",
        ("session", "logout") => "session.logout",
        ("scan", "list") => "scans.list",
        ("scan", "launch") => "scans.launch",
        ("scan", "pause") => "scans.pause",
        ("scan", "resume") => "scans.resume",
        ("scan", "cancel") => "scans.cancel",
        ("scan", "delete") => "scans.delete",
        ("scan", "fetch") => "scans.fetch",
        ("asset/host", _) => "hosts.list",
        ("asset/host/vm/detection", _) => "detections.list",
        ("asset/group", _) => "groups.list",
        ("knowledge_base/vuln", _) => "knowledge_base.list",
        ("subscription/option_profile/vm", _) => "option_profiles.list",
        ("appliance", _) => "appliances.list",
        ("schedule/scan", _) => "schedules.list",
        ("activity_log", _) => "activity_log.list",
        _ => "unknown",
    }
}
