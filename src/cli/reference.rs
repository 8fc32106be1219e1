//! docs/cli.md, the reference of the command line, matches the definition of the command line.
use super::Cli;
use crate::config::tests::reference::{cell, compare};
use clap::{Arg, ArgAction, Command, CommandFactory};
use std::fmt::Write as _;

/// Adds `command` and its subcommands. `above` is the command line before its name.
fn describe(command: &mut Command, above: &str, text: &mut String) {
    let path = format!("{above} {}", command.get_name()).trim().to_owned();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut usage = command.clone().bin_name(path.clone());
    let usage = usage.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    writeln!(text, "\n### `{path}`\n\n{}\n\n```\n{usage}\n```", sentence(&about)).unwrap();
    let arguments: Vec<_> = command.get_arguments().filter(|a| !a.is_hide_set()).collect();
    if !arguments.is_empty() {
        text.push_str("\n| argument | default | meaning |\n| --- | --- | --- |\n");
        for argument in arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let default = default(argument);
            writeln!(text, "| `{}` | {default} | {} |", name(argument), cell(&help)).unwrap();
        }
    }
    let below: Vec<_> = command.get_subcommands_mut().collect();
    for command in below {
        describe(command, &path, text);
    }
}

fn sentence(about: &str) -> String {
    let about = cell(about);
    if about.ends_with('.') { about } else { about + "." }
}

fn name(argument: &Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first());
    let takes = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    match (argument.get_long(), value) {
        (Some(long), Some(value)) if takes => format!("--{long} <{value}>"),
        (Some(long), _) => format!("--{long}"),
        (None, Some(value)) => format!("<{value}>"),
        (None, None) => format!("<{}>", argument.get_id().as_str().to_uppercase()),
    }
}

fn default(argument: &Arg) -> String {
    let values = argument.get_default_values();
    let takes = matches!(argument.get_action(), ArgAction::Set);
    match values.first().and_then(|value| value.to_str()) {
        Some(value) if takes => format!("`{value}`"),
        _ => String::new(),
    }
}

#[test]
fn cli_md_lists_every_command_and_argument() {
    let mut text = String::new();
    describe(&mut Cli::command(), "", &mut text);
    text.push('\n');
    compare("cli.md", &text);
}
