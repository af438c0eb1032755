//! The command line as a page.

use clap::{Arg, Command};

use super::cell;

pub(super) fn page(mut program: Command) -> String {
    program.build();
    let mut page = "# Command line\n\nThis page is printed by `scanhelm reference cli`.\n".to_owned();
    section(&program, "", &mut page);
    page
}

fn section(command: &Command, parents: &str, page: &mut String) {
    let name =
        if parents.is_empty() { command.get_name().to_owned() } else { format!("{parents} {}", command.get_name()) };
    page.push_str(&format!("\n## {name}\n\n"));
    if let Some(about) = command.get_about() {
        page.push_str(&format!("{about}.\n\n"));
    }
    let usage = command.clone().bin_name(&name).render_usage().to_string();
    page.push_str(&format!("```text\n{}\n```\n", usage.trim_start_matches("Usage: ")));
    let listed: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version"))
        .collect();
    if !listed.is_empty() {
        page.push_str("\n| argument | meaning |\n|---|---|\n");
        for argument in listed {
            page.push_str(&format!("| {} | {} |\n", spelled(argument), meaning(argument)));
        }
    }
    if let Some(after) = command.get_after_help() {
        page.push_str(&format!("\n```text\n{}\n```\n", after.to_string().trim_end()));
    }
    let children: Vec<&Command> =
        command.get_subcommands().filter(|child| child.get_name() != "help" && !child.is_hide_set()).collect();
    for child in children {
        section(child, &name, page);
    }
}

fn spelled(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    let takes = argument.get_action().takes_values();
    let value = names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" ");
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let flags: Vec<String> = long.into_iter().chain(short).collect();
    let spelled = match (flags.is_empty(), takes) {
        (true, _) => value,
        (false, true) => format!("{} {value}", flags.join(", ")),
        (false, false) => flags.join(", "),
    };
    format!("`{}`", cell(&spelled))
}

fn meaning(argument: &Arg) -> String {
    let mut parts = vec![argument.get_help().map(|help| help.to_string()).unwrap_or_default()];
    let words: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if argument.get_action().takes_values() && !words.is_empty() {
        parts.push(format!("one of {}", words.join(", ")));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        parts.push(format!("default {}", defaults.join(", ")));
    }
    if let Some(variable) = argument.get_env() {
        parts.push(format!("environment `{}`", variable.to_string_lossy()));
    }
    cell(&parts.join("; "))
}
