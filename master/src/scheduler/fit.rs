//! Which waiting task goes where. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ids::{AgentId, TaskId};

/// Tasks that one agent takes: as many specs of the largest size still fit into the message that brings them.
const MAX_TASKS: u32 = 256;

/// A task that waits for a place.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub task: TaskId,
    pub pool: String,
    pub slots: u32,
}

/// An agent that takes tasks.
#[derive(Clone, Debug)]
pub struct Room {
    pub agent: AgentId,
    pub pool: String,
    pub slots: u32,
    pub used: u32,
    /// How many tasks it has, those without slots too.
    pub tasks: u32,
}

impl Room {
    fn free(&self) -> u32 {
        self.slots.saturating_sub(self.used)
    }
}

/// What becomes of a waiting task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Place { task: TaskId, agent: AgentId },
    Wait { task: TaskId, reason: Reason },
}

/// Why a task waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The pool has no agent that is connected and enabled.
    NoAgent { pool: String },
    /// No agent of the pool has so many slots.
    TooLarge { slots: u32, largest: u32, pool: String },
    /// The slots are held by others, or, for a task without, the agents have as many tasks as they take.
    NoRoom { slots: u32, pool: String },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAgent { pool } => {
                write!(f, "no agent is connected and enabled in resource pool `{pool}`")
            }
            Self::TooLarge { slots, largest, pool } => {
                write!(f, "needs {slots} slots, but no agent in resource pool `{pool}` has more than {largest}")
            }
            Self::NoRoom { slots: 0, pool } => {
                write!(f, "waits for an agent with fewer than {MAX_TASKS} tasks in resource pool `{pool}`")
            }
            Self::NoRoom { slots: 1, pool } => write!(f, "waits for a free slot in resource pool `{pool}`"),
            Self::NoRoom { slots, pool } => write!(f, "waits for {slots} free slots in resource pool `{pool}`"),
        }
    }
}

/// Decides for each waiting task, first come first served. Where one must wait for room, those behind it in its pool
/// wait too, lest a stream of small tasks starve a large one; a task without slots never waits for room, nor does
/// one that cannot fit hold up the others. Slots are packed: the agent with the fewest free ones that suffice takes
/// the task, so that large gaps stay.
pub fn fit(queue: &[Waiting], rooms: &[Room]) -> Vec<Decision> {
    let mut rooms = rooms.to_vec();
    let mut full_pools = BTreeSet::new();
    let mut largest: BTreeMap<String, u32> = BTreeMap::new();
    for room in &rooms {
        let most = largest.entry(room.pool.clone()).or_default();
        *most = (*most).max(room.slots);
    }

    let mut decide = |waiting: &Waiting| {
        let (pool, slots) = (waiting.pool.clone(), waiting.slots);
        let Some(&largest) = largest.get(&pool) else {
            return Err(Reason::NoAgent { pool });
        };
        if slots > largest {
            return Err(Reason::TooLarge { slots, largest, pool });
        }
        let roomy = rooms.iter_mut().filter(|room| room.pool == pool && room.free() >= slots && room.tasks < MAX_TASKS);
        let best = match slots {
            0 => roomy.min_by_key(|room| room.tasks),
            _ if full_pools.contains(&pool) => None,
            _ => roomy.min_by_key(|room| (room.free(), room.tasks)),
        };
        let Some(best) = best else {
            if slots > 0 {
                full_pools.insert(pool.clone());
            }
            return Err(Reason::NoRoom { slots, pool });
        };
        best.used += slots;
        best.tasks += 1;
        Ok(best.agent)
    };

    queue
        .iter()
        .map(|waiting| match decide(waiting) {
            Ok(agent) => Decision::Place { task: waiting.task, agent },
            Err(reason) => Decision::Wait { task: waiting.task, reason },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use uuid::Uuid;

    use super::*;

    /// `queue`: `TASK:SLOTS[@POOL]`; `rooms`: `AGENT:USED/SLOTS[@POOL]`, with one task for each used slot.
    fn check(queue: &str, rooms: &str, expected: Expect) {
        let pool = |text: &str| text.split_once('@').map_or("default", |(_, pool)| pool).to_owned();
        let plain = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        let name = |text: &str| text.split(':').next().unwrap_or_default().to_owned();
        let words: Vec<&str> = queue.split_whitespace().collect();
        let agents: Vec<&str> = rooms.split_whitespace().collect();
        let waiting: Vec<Waiting> = words
            .iter()
            .zip(1..)
            .map(|(word, n)| Waiting {
                task: TaskId(Uuid::from_u128(n)),
                pool: pool(word),
                slots: plain(word).split_once(':').unwrap().1.parse().unwrap(),
            })
            .collect();
        let rooms: Vec<Room> = agents
            .iter()
            .zip(1..)
            .map(|(word, n)| {
                let plain = plain(word);
                let (used, slots) = plain.split_once(':').unwrap().1.split_once('/').unwrap();
                let used = used.parse().unwrap();
                Room { agent: AgentId(n), pool: pool(word), slots: slots.parse().unwrap(), used, tasks: used }
            })
            .collect();
        let mut shown = String::new();
        for (decision, word) in fit(&waiting, &rooms).into_iter().zip(words) {
            let what = match decision {
                Decision::Place { agent, .. } => format!("→ {}", name(agents[agent.0 as usize - 1])),
                Decision::Wait { reason, .. } => reason.to_string(),
            };
            shown += &format!("{} {what}\n", name(word));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn first_come_first_served() {
        check(
            "a:1 b:1 c:1",
            "n:0/2",
            expect![[r#"
            a → n
            b → n
            c waits for a free slot in resource pool `default`
        "#]],
        );
    }

    #[test]
    fn slots_are_packed() {
        check(
            "a:2 b:1 c:4",
            "n:0/4 m:1/4",
            expect![[r#"
            a → m
            b → m
            c → n
        "#]],
        );
    }

    #[test]
    fn small_tasks_do_not_starve_a_large_one() {
        check(
            "a:4 b:1 c:0",
            "n:1/4",
            expect![[r#"
            a waits for 4 free slots in resource pool `default`
            b waits for a free slot in resource pool `default`
            c → n
        "#]],
        );
    }

    #[test]
    fn what_cannot_fit_holds_up_nobody() {
        check(
            "a:8 b:1",
            "n:0/4 m:0/2",
            expect![[r#"
            a needs 8 slots, but no agent in resource pool `default` has more than 4
            b → m
        "#]],
        );
    }

    #[test]
    fn tasks_without_slots_spread() {
        check(
            "a:0 b:0 c:0",
            "n:2/2 m:0/2",
            expect![[r#"
            a → m
            b → m
            c → n
        "#]],
        );
    }

    #[test]
    fn an_agent_takes_so_many_tasks() {
        check(
            "a:0 b:0 c:1",
            "n:255/300",
            expect![[r#"
            a → n
            b waits for an agent with fewer than 256 tasks in resource pool `default`
            c waits for a free slot in resource pool `default`
        "#]],
        );
    }

    #[test]
    fn pools_are_apart() {
        check(
            "a:1@gpu b:1 c:1@none",
            "n:0/1 m:1/1@gpu",
            expect![[r#"
            a waits for a free slot in resource pool `gpu`
            b → n
            c no agent is connected and enabled in resource pool `none`
        "#]],
        );
    }
}
