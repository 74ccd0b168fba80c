//! What the container of a simulated task does. It is said by the words of its command, as a real program's flags would.

use std::time::Duration;

use pedl_proto::v1::create_asset_request::Spec;
use pedl_proto::v1::{CommandSpec, CreateAssetRequest, LogEntry, LogSource};

/// The first word.
const NAME: &str = "simulate";

/// What a container does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How long it runs, from when the master has on record that it does.
    pub run_for: Duration,
    /// What it exits with, when it is not stopped before.
    pub exit_code: i32,
    /// How many lines it prints: the first half at its start, the others at its end.
    pub lines: u32,
}

impl Program {
    /// Asks for a command that does this.
    pub fn request(self, request_id: &str, description: &str) -> CreateAssetRequest {
        let words = [self.run_for.as_millis().to_string(), self.exit_code.to_string(), self.lines.to_string()];
        let argv = std::iter::once(NAME.to_owned()).chain(words).collect();
        CreateAssetRequest {
            request_id: request_id.into(),
            description: description.into(),
            spec: Some(Spec::Command(CommandSpec { argv, ..CommandSpec::default() })),
            ..CreateAssetRequest::default()
        }
    }

    /// What these words ask for; of what is no such command, nothing at all.
    pub(super) fn parse(argv: &[String]) -> Self {
        let word = |place: usize| argv.get(place).and_then(|word| word.parse::<u32>().ok()).unwrap_or_default();
        if argv.first().is_none_or(|name| name != NAME) {
            return Self::default();
        }
        Self {
            run_for: Duration::from_millis(word(1).into()),
            exit_code: i32::try_from(word(2)).unwrap_or_default(),
            lines: word(3),
        }
    }

    /// The entry of its log with that number, the same each time that it is sent.
    pub(super) fn entry(number: u32) -> LogEntry {
        LogEntry {
            offset: number.into(),
            // Some time that is later in later entries.
            time: Some(prost_types::Timestamp { seconds: 1_700_000_000 + i64::from(number), nanos: 0 }),
            source: LogSource::Stdout.into(),
            data: format!("step {number} loss {:.4}\n", 1.0 / f64::from(number + 1)).into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_what_was_asked_for() {
        let program = Program { run_for: Duration::from_millis(250), exit_code: 3, lines: 10 };
        let Some(Spec::Command(command)) = program.request("r", "d").spec else { panic!("it is a command") };
        assert_eq!(Program::parse(&command.argv), program);
        assert_eq!(Program::parse(&["true".into()]), Program::default());
    }
}
