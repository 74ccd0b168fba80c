//! Parses what an asset shall run.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use pedl_proto::v1;
use prost::Message as _;

use super::fields::{Fields, is_one_line};
use crate::assets::bounds::is_absolute;
use crate::assets::spec::{BindMount, Capability, CommandSpec, ContainerSpec, Propagation};
use crate::assets::{DEFAULT_POOL, NewAsset, Spec};
use crate::config::ContainerDefaults;
use crate::error::{Error, Result};
use crate::ids::UserId;

/// What a command may take in a message, all in all: as much as Linux lets one argument be (`MAX_ARG_STRLEN`), so that an
/// agent's whole set fits into one message.
const MAX_SPEC: usize = 128 << 10;

const MAX_DESCRIPTION: usize = 256;
const MAX_REQUEST_ID: usize = 64;
const MAX_SLOTS: i32 = 4096;
const MAX_CAPABILITIES: usize = 64;

/// 1 second to 10 years of 365.25 days, as the command line counts them: no task is meant to run longer, and what is
/// later still could not be told as a time.
const RUN_TIMES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(10 * 31_557_600);

/// Where no description was given, this much of the spec is.
const SUMMARY: usize = 80;

/// Parses a request for an asset, and completes it with the cluster's defaults.
pub fn parse(request: v1::CreateAssetRequest, owner: UserId, defaults: &ContainerDefaults) -> Result<NewAsset> {
    let mut fields = Fields::default();
    let v1::CreateAssetRequest { request_id, description, resource_pool, validate_only: _, spec } = request;
    let Some(v1::create_asset_request::Spec::Command(command)) = spec else {
        return Err(Error::invalid("spec", "is required: say what to run"));
    };
    // What may be wrong with more is not gathered.
    let size = command.encoded_len();
    if size > MAX_SPEC {
        return Err(Error::invalid("command", format!("is {size} bytes: at most {MAX_SPEC} are taken")));
    }

    let one_line = is_one_line(&description) && description.chars().count() <= MAX_DESCRIPTION;
    fields.check(one_line, "description", format!("must be one line of at most {MAX_DESCRIPTION} characters"));
    fields.check(
        is_one_line(&request_id) && request_id.len() <= MAX_REQUEST_ID,
        "request_id",
        format!("must be one line of at most {MAX_REQUEST_ID} characters"),
    );
    let resource_pool = parse_pool(&mut fields, resource_pool);
    let command = parse_command(&mut fields, command);
    fields.finish()?;

    let command = CommandSpec { container: command.container.complete(defaults), ..command };
    let description = match description.trim() {
        "" => command.summary(SUMMARY),
        description => description.to_owned(),
    };
    let request_id = Some(request_id).filter(|id| !id.is_empty());
    Ok(NewAsset { owner, request_id, description, resource_pool, spec: Spec::Command(command) })
}

/// A pool's name; empty: the default one.
pub fn parse_pool(fields: &mut Fields, pool: String) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let good = pool.len() <= 64 && pool.chars().all(allowed);
    fields.check(good, "resource_pool", "must be 1 to 64 of the characters a-z A-Z 0-9 . _ -");
    if pool.is_empty() { DEFAULT_POOL.into() } else { pool }
}

fn parse_command(fields: &mut Fields, command: v1::CommandSpec) -> CommandSpec {
    let v1::CommandSpec { argv, container, max_run_time } = command;
    let container = parse_container(fields, container.unwrap_or_default());
    fields.check(argv.first().is_some_and(|word| !word.is_empty()), "command.argv", "must name a program to run");
    fields.check(!argv.iter().any(|word| word.contains('\0')), "command.argv", "must not contain NUL characters");
    CommandSpec { argv, container, max_run_time: max_run_time.and_then(|time| parse_run_time(fields, time)) }
}

fn parse_run_time(fields: &mut Fields, time: prost_types::Duration) -> Option<Duration> {
    let bounded = Duration::try_from(time).ok().filter(|time| RUN_TIMES.contains(time));
    fields.check(bounded.is_some(), "max_run_time", "must be 1 second to 10 years");
    bounded
}

fn parse_container(fields: &mut Fields, container: v1::ContainerSpec) -> ContainerSpec {
    let v1::ContainerSpec {
        image,
        environment_variables,
        bind_mounts,
        work_dir,
        slots,
        shm_size,
        memory,
        cpus,
        add_capabilities,
        read_only_root,
    } = container;
    let absolute = work_dir.is_empty() || is_absolute(&work_dir);
    fields.check(absolute, "work_dir", "must be an absolute path");
    let slots = slots.unwrap_or(1);
    fields.check((0..=MAX_SLOTS).contains(&slots), "slots", format!("must be 0 to {MAX_SLOTS}, not {slots}"));
    fields.check(shm_size >= 0, "shm_size", "must not be negative");
    let spec = ContainerSpec {
        image,
        environment_variables: environment_variables.into_iter().collect(),
        bind_mounts: parse_bind_mounts(fields, bind_mounts),
        work_dir,
        slots: u32::try_from(slots).unwrap_or(0),
        shm_size: u64::try_from(shm_size).unwrap_or(0),
        // Less than nothing is too little.
        memory: (memory != 0).then(|| u64::try_from(memory).unwrap_or(0)),
        cpus: (cpus != 0.0).then_some(cpus),
        add_capabilities: parse_capabilities(fields, &add_capabilities),
        read_only_root,
    };
    for violation in spec.parts().violations() {
        fields.check(false, violation.field, violation.description);
    }
    spec
}

fn parse_capabilities(fields: &mut Fields, names: &[String]) -> BTreeSet<Capability> {
    if names.len() > MAX_CAPABILITIES {
        fields.check(false, "add_capabilities", format!("must be at most {MAX_CAPABILITIES}"));
        return BTreeSet::new();
    }
    let parse = |(i, name): (usize, &String)| fields.take(Capability::parse(name), &format!("add_capabilities[{i}]"));
    names.iter().enumerate().filter_map(parse).collect()
}

fn parse_bind_mounts(fields: &mut Fields, mounts: Vec<v1::BindMount>) -> Vec<BindMount> {
    let parse = |(i, mount): (usize, v1::BindMount)| {
        let v1::BindMount { host_path, container_path, read_only, propagation } = mount;
        let propagation = fields.take(parse_propagation(propagation), &format!("bind_mounts[{i}].propagation"));
        BindMount { host_path, container_path, read_only, propagation: propagation.unwrap_or_default() }
    };
    mounts.into_iter().enumerate().map(parse).collect()
}

fn parse_propagation(propagation: i32) -> Result<Propagation, &'static str> {
    match v1::MountPropagation::try_from(propagation) {
        Ok(v1::MountPropagation::Unspecified | v1::MountPropagation::Rprivate) => Ok(Propagation::Rprivate),
        Ok(v1::MountPropagation::Rslave) => Ok(Propagation::Rslave),
        Err(_) => Err("must be rprivate or rslave"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::convert::container_to_proto;
    use super::*;

    fn show(change: impl FnOnce(&mut v1::CreateAssetRequest, &mut v1::CommandSpec)) -> String {
        let mut request = v1::CreateAssetRequest::default();
        let mut command = v1::CommandSpec {
            argv: vec!["true".into()],
            container: Some(v1::ContainerSpec::default()),
            max_run_time: None,
        };
        change(&mut request, &mut command);
        request.spec = Some(v1::create_asset_request::Spec::Command(command));
        match parse(request, UserId(1), &ContainerDefaults::default()) {
            Ok(new) => format!("{} in {}\n", new.description, new.resource_pool),
            Err(error) => format!("{error}\n"),
        }
    }

    fn show_container(change: impl FnOnce(&mut v1::ContainerSpec)) -> String {
        show(|_, command| change(command.container.as_mut().unwrap()))
    }

    fn show_run_time(seconds: i64, nanos: i32) -> String {
        show(|_, command| command.max_run_time = Some(prost_types::Duration { seconds, nanos }))
    }

    fn mount(host_path: &str, container_path: &str) -> v1::BindMount {
        v1::BindMount {
            host_path: host_path.into(),
            container_path: container_path.into(),
            read_only: false,
            propagation: 0,
        }
    }

    #[test]
    fn what_is_left_empty_is_filled_in() {
        let shown = [show(|_, _| {}), show(|request, _| request.description = " my run ".into())];
        expect![[r#"
            true in default
            my run in default
        "#]]
        .assert_eq(&shown.concat());
    }

    #[test]
    fn run_times_within_their_bounds_are_kept() {
        let kept = |seconds, nanos| {
            let max_run_time = Some(prost_types::Duration { seconds, nanos });
            let mut fields = Fields::default();
            let argv = vec!["true".into()];
            let command = parse_command(&mut fields, v1::CommandSpec { argv, container: None, max_run_time });
            fields.finish().unwrap();
            command.max_run_time.unwrap()
        };
        assert_eq!(kept(1, 0), Duration::from_secs(1));
        assert_eq!(kept(90, 500_000_000), Duration::from_millis(90_500));
        assert_eq!(kept(315_576_000, 0), *RUN_TIMES.end());
    }

    #[test]
    fn what_a_container_asks_for_is_kept() {
        let defaults = ContainerDefaults::default();
        let container = v1::ContainerSpec {
            bind_mounts: vec![v1::BindMount { propagation: 2, ..mount("/a", "/b") }, mount("/c", "b")],
            memory: 6 << 20,
            cpus: 0.01,
            add_capabilities: vec!["cap_sys_ptrace".into(), "BPF".into(), "SYS_PTRACE".into()],
            read_only_root: Some(true),
            ..v1::ContainerSpec::default()
        };
        let mut fields = Fields::default();
        let parsed = parse_container(&mut fields, container);
        fields.finish().unwrap();
        let told = container_to_proto(parsed.complete(&defaults));
        let propagations: Vec<_> = told.bind_mounts.iter().map(|mount| mount.propagation().as_str_name()).collect();
        assert_eq!(propagations, ["MOUNT_PROPAGATION_RSLAVE", "MOUNT_PROPAGATION_RPRIVATE"]);
        assert_eq!((told.memory, told.cpus, told.read_only_root), (6 << 20, 0.01, Some(true)));
        assert_eq!(told.add_capabilities, ["BPF", "SYS_PTRACE"]);
    }

    #[test]
    fn each_bound_is_told() {
        let shown = [
            show(|_, command| command.argv.clear()),
            show(|_, command| command.argv = vec!["a\0".into()]),
            show(|_, command| command.argv.push("x".repeat(200_000))),
            show(|request, _| request.description = "a\nb".into()),
            show(|request, _| request.resource_pool = "a b".into()),
            show_container(|c| c.image = "a b".into()),
            show_container(|c| c.slots = Some(-1)),
            show_container(|c| c.work_dir = "here".into()),
            show_container(|c| c.environment_variables = [("A=B".into(), String::new())].into()),
            show_container(|c| c.bind_mounts = vec![mount("data", "/data"), mount("/data", "/")]),
            show_container(|c| c.bind_mounts = vec![mount("/a", "/data"), mount("/b", "/data")]),
            show_container(|c| c.bind_mounts = vec![mount("/a", "/data/"), mount("/b", "//data/.")]),
            show_container(|c| c.bind_mounts = vec![mount("/a", "data"), mount("/b", "./data/"), mount("/c", "/./")]),
            show_container(|c| c.bind_mounts = vec![mount("/a", "/b"); 65]),
            show_container(|c| c.bind_mounts = vec![v1::BindMount { propagation: 3, ..mount("/a", "/b") }]),
            show_container(|c| {
                c.bind_mounts = vec![v1::BindMount { propagation: 2, read_only: true, ..mount("/a", "/b") }]
            }),
            show_container(|c| c.memory = (6 << 20) - 1),
            show_container(|c| c.memory = -1),
            show_container(|c| c.cpus = 0.009),
            show_container(|c| c.cpus = 4096.1),
            show_container(|c| c.cpus = f64::NAN),
            show_container(|c| c.cpus = f64::INFINITY),
            show_container(|c| c.add_capabilities = vec!["CAP_ALL".into(), "SYS PTRACE".into()]),
            show_container(|c| c.add_capabilities = vec!["BPF".into(); 65]),
            show_run_time(0, 999_999_999),
            show_run_time(0, 0),
            show_run_time(-7200, 0),
            show_run_time(315_576_000, 1),
            show_run_time(i64::MAX, i32::MAX),
        ];
        expect![[r#"
            command.argv must name a program to run
            command.argv must not contain NUL characters
            command is 200012 bytes: at most 131072 are taken
            description must be one line of at most 256 characters
            resource_pool must be 1 to 64 of the characters a-z A-Z 0-9 . _ -
            image must be an image's name, without spaces, of at most 512 characters
            slots must be 0 to 4096, not -1
            work_dir must be an absolute path
            environment_variables["A=B"] must have a name without `=`, and no NUL characters
            bind_mounts[0].host_path must be an absolute path on the agent's host; bind_mounts[1].container_path must be a path in the container other than `/`
            bind_mounts[1].container_path `/data` is mounted twice
            bind_mounts[1].container_path `//data/.` is mounted twice
            bind_mounts[1].container_path `./data/` is mounted twice; bind_mounts[2].container_path must be a path in the container other than `/`
            bind_mounts must be at most 64
            bind_mounts[0].propagation must be rprivate or rslave
            bind_mounts[0].propagation must be rprivate where the mount is read-only: what the host mounts later would be writable
            memory must be at least 6MiB (6291456 bytes)
            memory must be at least 6MiB (6291456 bytes)
            cpus must be 0.01 to 4096
            cpus must be 0.01 to 4096
            cpus must be 0.01 to 4096
            cpus must be 0.01 to 4096
            add_capabilities[0] must not be ALL: name each; add_capabilities[1] must be a capability's name, such as SYS_PTRACE
            add_capabilities must be at most 64
            max_run_time must be 1 second to 10 years
            max_run_time must be 1 second to 10 years
            max_run_time must be 1 second to 10 years
            max_run_time must be 1 second to 10 years
            max_run_time must be 1 second to 10 years
        "#]].assert_eq(&shown.concat());
    }
}
