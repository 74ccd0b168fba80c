//! What can be done with an asset of any kind: describe it, show its configuration, kill it.

use clap::Args as ClapArgs;
use jiff::Timestamp;
use pedl_proto::v1::{self, AssetKind, GetAssetRequest, KillAssetRequest};

use crate::args::Global;
use crate::client::Client;
use crate::command_config::{CommandConfig, Environment};
use crate::error::{Error, say};
use crate::output::{self, Format};
use crate::{record, time};

/// Which asset.
#[derive(Debug, ClapArgs)]
pub struct Id {
    /// Its number
    #[arg(value_name = "ID", value_parser = parse_id)]
    pub id: i64,
}

/// Which assets.
#[derive(Debug, ClapArgs)]
pub struct Ids {
    /// Their numbers
    #[arg(required = true, value_name = "ID", value_parser = parse_id)]
    ids: Vec<i64>,
}

/// Reads a number that a list has shown.
pub fn parse_id(text: &str) -> Result<i64, String> {
    let id = text.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| "give its number, as `list` shows it".to_string())
}

/// Tells all that is known of an asset.
pub async fn describe(global: &Global, kind: AssetKind, id: Id) -> Result<(), Error> {
    let asset = get(&mut Client::connect(global).await?, kind, id.id).await?;
    let details = record::AssetDetails::from(&asset);
    global.output.one(&details, || describe_as_facts(&details, Timestamp::now()))
}

fn describe_as_facts(details: &record::AssetDetails, now: Timestamp) -> String {
    let record::AssetDetails { asset, task_id, run_as, redacted, spec } = details;
    let moment = |moment: Option<Timestamp>| moment.map(|moment| time::exact_and_relative(moment, now));
    let config = &spec.config;
    let mounts = config.bind_mounts.iter().flatten().map(ToString::to_string).collect::<Vec<_>>();
    output::facts([
        ("ID", Some(asset.id.to_string())),
        ("Kind", Some(asset.kind.clone())),
        ("Description", Some(asset.description.clone())),
        ("Owner", Some(asset.owner.clone())),
        ("State", Some(asset.state.clone())),
        ("Reason", asset.state_reason.clone()),
        ("Exit code", asset.exit_code.map(|code| code.to_string())),
        ("Agent", asset.agent.clone()),
        ("Resource pool", Some(asset.resource_pool.clone())),
        ("Runs as", run_as.as_ref().map(ToString::to_string)),
        ("Created", moment(asset.created_at)),
        ("Started", moment(asset.started_at)),
        ("Ended", moment(asset.ended_at)),
        ("Task", task_id.clone()),
        ("Command", Some(in_shell_words(&spec.argv))),
        ("Image", config.image.clone()),
        ("Slots", config.slots.map(|slots| slots.to_string())),
        ("Work dir", config.work_dir.clone()),
        ("Bind mounts", Some(mounts.join(", ")).filter(|mounts| !mounts.is_empty())),
        ("Environment", environment(&config.environment_variables, *redacted)),
        ("Shared memory", config.shm_size.map(|size| size.to_string())),
        ("Memory", config.memory.map(|size| size.to_string())),
        ("CPUs", config.cpus.map(|cpus| cpus.to_string())),
        ("Max run time", config.max_run_time.map(|time| time.to_string())),
        ("Capabilities", config.add_capabilities.as_ref().map(|names| names.join(" "))),
        ("Image files", config.read_only_root.filter(|read_only| *read_only).map(|_| "read-only".to_string())),
    ])
}

fn environment(variables: &Environment, redacted: bool) -> Option<String> {
    let remark = if redacted { " (only the owner and administrators see the values)" } else { "" };
    Some(format!("{variables}{remark}")).filter(|text| !text.is_empty())
}

/// Prints an asset's configuration as `--config-file` takes it.
pub async fn config(global: &Global, kind: AssetKind, id: Id) -> Result<(), Error> {
    let asset = get(&mut Client::connect(global).await?, kind, id.id).await?;
    if asset.redacted {
        say("values of environment variables are left out: only the owner and administrators see them");
    }
    print_config(global, &asset)
}

/// Prints the configuration of an asset, which may be one that is not there yet.
pub fn print_config(global: &Global, asset: &v1::Asset) -> Result<(), Error> {
    let config = CommandConfig::of(asset);
    match global.output {
        // A table of a configuration is the file that it comes from.
        Format::Table => Format::Yaml.one(&config, String::new),
        Format::Json | Format::Yaml | Format::Csv => global.output.one(&config, String::new),
    }
}

/// Kills assets and tells the exit code. One that cannot be killed does not save the others.
pub async fn kill(global: &Global, kind: AssetKind, ids: Ids) -> Result<u8, Error> {
    let mut client = Client::connect(global).await?;
    let mut killed = Vec::new();
    let mut first_failure = None;
    for id in ids.ids {
        let request = KillAssetRequest { id, kind: kind.into() };
        match client.call(async |api| api.assets().kill_asset(request).await).await {
            Ok(answer) => killed.push(record::Asset::from(&answer.asset.unwrap_or_default())),
            Err(err) => {
                err.say();
                first_failure.get_or_insert(err.exit_code());
            }
        }
    }
    match global.output {
        Format::Table => killed.iter().for_each(|asset| say(format!("{} {}: {}", asset.kind, asset.id, asset.state))),
        Format::Json | Format::Yaml | Format::Csv => global.output.list(&killed, String::new)?,
    }
    Ok(first_failure.unwrap_or(0))
}

/// Reads an asset, which must be of this kind.
pub async fn get(client: &mut Client, kind: AssetKind, id: i64) -> Result<v1::Asset, Error> {
    let request = GetAssetRequest { id, kind: kind.into() };
    let answer = client.call(async |api| api.assets().get_asset(request).await).await?;
    Ok(answer.asset.unwrap_or_default())
}

/// Words as one would type them into a shell.
fn in_shell_words(words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    let quoted = words.iter().map(|word| match !word.is_empty() && word.chars().all(plain) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words() {
        let words = ["sh", "-c", "echo 'a' $B", "", "x=1"].map(String::from);
        assert_eq!(in_shell_words(&words), r"sh -c 'echo '\''a'\'' $B' '' x=1");
    }
}
