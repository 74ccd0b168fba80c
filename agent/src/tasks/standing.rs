//! Where a task stands: as Docker says, and as its first process noted, which knows what Docker missed.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pedl_init::Note;

use super::Tools;
use crate::assignment::TaskId;
use crate::docker::{Phase, Refusal};

/// What nobody saw is told as: Docker has this word for it, too.
pub const NOBODY_SAW: i32 = 255;

/// 128+9: the first process was killed, and with it all others.
const KILLED: i32 = 137;

impl Tools {
    /// Looks where a task stands; none without a container.
    pub async fn find(&self, task: &TaskId) -> Result<Option<Phase>, Refusal> {
        let Some(phase) = self.docker.find(task).await? else { return Ok(None) };
        let dir = self.dirs.of(task);
        let began = |note| !matches!(note, None | Some(Note::Blank));
        let runs = phase == Phase::Created && began(dir.noted()) && self.docker.has_processes(task).await?;
        // Last: it may have ended just now.
        Ok(Some(judge(phase, dir.noted(), runs, Timestamp::now())))
    }
}

/// How a program ended whose container is gone; none where it had not.
pub fn ended(note: Note) -> Option<Phase> {
    matches!(note, Note::Ended { .. }).then(|| judge(Phase::Created, Some(note), false, Timestamp::now()))
}

/// `runs`: whether a container that was never started, by Docker's word, has processes all the same.
fn judge(phase: Phase, note: Option<Note>, runs: bool, now: Timestamp) -> Phase {
    let exited = |started_at: Timestamp, ended_at: Timestamp, code, out_of_memory| Phase::Exited {
        started_at: started_at.min(ended_at),
        ended_at,
        code,
        out_of_memory,
    };
    match (phase, note) {
        // dockerd ended between the start and its own note of it. The program's user may have noted an end.
        (Phase::Created, Some(Note::Began { at } | Note::Ended { began_at: at, .. })) if runs => {
            Phase::Running { started_at: time(at).min(now) }
        }
        (Phase::Created, Some(Note::Unable { .. })) if runs => Phase::Running { started_at: now },
        (Phase::Created, Some(Note::Began { at })) => exited(time(at).min(now), now, NOBODY_SAW, false),
        (Phase::Created, Some(Note::Ended { began_at, at, code })) => {
            exited(time(began_at), time(at).min(now), code, false)
        }
        (Phase::Created, Some(Note::Unable { .. })) => exited(now, now, NOBODY_SAW, false),
        // Docker may have seen neither the end nor the code, and says something.
        (Phase::Exited { started_at, ended_at, out_of_memory, .. }, Some(Note::Ended { at, code, .. })) => {
            // The program's user may have written any time.
            exited(started_at, time(at).min(ended_at), code, out_of_memory)
        }
        (Phase::Exited { started_at, ended_at, code, out_of_memory }, Some(Note::Began { .. })) if code != KILLED => {
            exited(started_at, ended_at, NOBODY_SAW, out_of_memory)
        }
        (Phase::Created | Phase::Running { .. } | Phase::Exited { .. }, _) => phase,
    }
}

fn time(since_epoch: Duration) -> Timestamp {
    SignedDuration::try_from(since_epoch).ok().and_then(|time| Timestamp::from_duration(time).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const BEGAN: Note = Note::Began { at: Duration::from_secs(100) };
    const ENDED: Note = Note::Ended { began_at: Duration::from_secs(100), at: Duration::from_secs(130), code: 41 };

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn exited(code: i32) -> Phase {
        Phase::Exited { started_at: second(101), ended_at: second(150), code, out_of_memory: false }
    }

    /// As `code from start to end`, in seconds.
    fn check(phase: Phase, note: Option<Note>, runs: bool, expected: Expect) {
        expected.assert_eq(&match judge(phase, note, runs, second(200)) {
            Phase::Created => "created".into(),
            Phase::Running { started_at } => format!("runs since {}", started_at.as_second()),
            Phase::Exited { started_at, ended_at, code, .. } => {
                format!("{code} from {} to {}", started_at.as_second(), ended_at.as_second())
            }
        });
    }

    #[test]
    fn the_note_knows_what_docker_missed() {
        for (docker, expected) in [
            (0, expect!["41 from 101 to 130"]),
            (41, expect!["41 from 101 to 130"]),
            (255, expect!["41 from 101 to 130"]),
        ] {
            check(exited(docker), Some(ENDED), false, expected);
        }
        check(Phase::Created, Some(ENDED), false, expect!["41 from 100 to 130"]);
        for note in [BEGAN, ENDED] {
            check(Phase::Created, Some(note), true, expect!["runs since 100"]);
        }
        check(Phase::Created, Some(Note::Unable { errno: 2 }), true, expect!["runs since 200"]);
        check(Phase::Created, Some(BEGAN), false, expect!["255 from 100 to 200"]);
    }

    #[test]
    fn without_an_end_on_it_only_a_kill_is_believed() {
        check(exited(137), Some(BEGAN), false, expect!["137 from 101 to 150"]);
        check(exited(0), Some(BEGAN), false, expect!["255 from 101 to 150"]);
    }

    #[test]
    fn else_docker_is_believed() {
        let running = Phase::Running { started_at: second(101) };
        for note in [None, Some(Note::Blank)] {
            check(Phase::Created, note, false, expect!["created"]);
        }
        for note in [None, Some(Note::Blank), Some(Note::Unable { errno: 2 })] {
            check(exited(127), note, false, expect!["127 from 101 to 150"]);
        }
        for note in [Some(BEGAN), Some(ENDED)] {
            check(running, note, false, expect!["runs since 101"]);
        }
    }
}
