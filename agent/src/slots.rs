//! The machine's slots: what the agent offers, and which GPUs a task gets.

use std::collections::BTreeSet;
use std::time::Duration;

use pedl_proto::v1::SlotKind;
use tokio::process::Command;

use crate::config::Slots;

/// How long the driver may take to tell what there is.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What a machine offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// So many CPU slots: the master's accounting, nothing is pinned.
    Cpu(u16),
    /// These GPUs, by UUID.
    Gpus(Vec<String>),
}

impl Offer {
    /// Looks at the machine where the configuration leaves it to that.
    pub async fn find(slots: Slots) -> Self {
        match slots {
            Slots::Cpu(slots) => Self::Cpu(slots),
            Slots::Auto => match find_gpus().await {
                Some(gpus) => Self::Gpus(gpus),
                None => Self::Cpu(
                    std::thread::available_parallelism().map_or(1, |n| n.get().try_into().unwrap_or(u16::MAX)),
                ),
            },
        }
    }

    /// How many.
    pub fn slots(&self) -> i32 {
        match self {
            Self::Cpu(slots) => (*slots).into(),
            Self::Gpus(gpus) => gpus.len().try_into().unwrap_or(i32::MAX),
        }
    }

    /// Of what.
    pub const fn kind(&self) -> SlotKind {
        match self {
            Self::Cpu(_) => SlotKind::Cpu,
            Self::Gpus(_) => SlotKind::Gpu,
        }
    }

    /// Picks GPUs for a task that holds `slots`, none of them held already. None: not enough are free.
    pub fn pick<'a>(&self, slots: usize, held: impl IntoIterator<Item = &'a String>) -> Option<Vec<String>> {
        match self {
            Self::Cpu(_) => Some(vec![]),
            Self::Gpus(gpus) => {
                let held: BTreeSet<_> = held.into_iter().collect();
                let free: Vec<_> = gpus.iter().filter(|gpu| !held.contains(gpu)).take(slots).cloned().collect();
                (free.len() == slots).then_some(free)
            }
        }
    }
}

/// None where there is no driver or no GPU.
async fn find_gpus() -> Option<Vec<String>> {
    let mut command = Command::new("nvidia-smi");
    command.args(["--query-gpu=uuid", "--format=csv,noheader"]).kill_on_drop(true);
    let output = tokio::time::timeout(ANSWER_WITHIN, command.output()).await.ok()?.ok()?;
    let gpus: Vec<_> = String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_owned()).collect();
    (output.status.success() && !gpus.is_empty()).then_some(gpus)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    /// `gpus` and `held` by spaces.
    fn check(gpus: &str, held: &str, slots: usize, expected: Expect) {
        let words = |text: &str| text.split_whitespace().map(Into::into).collect::<Vec<String>>();
        let picked = Offer::Gpus(words(gpus)).pick(slots, &words(held));
        expected.assert_eq(&picked.map_or("not enough".into(), |gpus| gpus.join(" ")));
    }

    #[test]
    fn gpus_are_held_by_one_task_at_a_time() {
        check("a b c", "", 2, expect!["a b"]);
        check("a b c", "a", 2, expect!["b c"]);
        check("a b c", "a c", 2, expect!["not enough"]);
        check("a b c", "a b c", 0, expect![[""]]);
        check("a", "gone", 1, expect!["a"]);
    }

    #[test]
    fn cpu_slots_are_accounting_only() {
        assert_eq!(Offer::Cpu(1).pick(8, []), Some(vec![]));
    }
}
