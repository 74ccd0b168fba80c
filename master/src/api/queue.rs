//! The queue: who waits for a place, and how many get one before.

use pedl_proto::v1::{ListQueueRequest, ListQueueResponse, QueueEntry};

use super::Api;
use super::assets::shown_to;
use super::fields::Fields;
use super::page::Page;
use super::spec::parse_pool;
use crate::assets::Task;
use crate::auth::caller::Member;
use crate::error::{Error, Result};
use crate::ids::TaskId;
use crate::store;

/// A task's place in its pool's queue. A page token carries the last one's: so the next page counts on from there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turn {
    pool: String,
    task: TaskId,
    /// From 1.
    position: i64,
}

impl Turn {
    fn parse(key: &str) -> Option<Self> {
        let (position, rest) = key.split_once(' ')?;
        let (task, pool) = rest.split_once(' ')?;
        Some(Self { pool: pool.into(), task: TaskId(task.parse().ok()?), position: position.parse().ok()? })
    }

    /// The turns of `tasks`, which are sorted by pool and follow `last`.
    fn number(last: Option<Self>, tasks: &[Task]) -> Vec<Self> {
        let next = |last: &mut Option<Self>, task: &Task| {
            let before = last.as_ref().filter(|last| last.pool == task.resource_pool).map_or(0, |last| last.position);
            let turn = Self { pool: task.resource_pool.clone(), task: task.id, position: before.saturating_add(1) };
            *last = Some(turn.clone());
            Some(turn)
        };
        tasks.iter().scan(last, next).collect()
    }
}

impl Api {
    pub(super) async fn read_queue(&self, member: &Member, request: ListQueueRequest) -> Result<ListQueueResponse> {
        let ListQueueRequest { resource_pool, page_size, page_token } = request;
        let pool = match resource_pool.is_empty() {
            true => None,
            false => Some(named_pool(resource_pool)?),
        };
        let page = Page::parse(page_size, &page_token, format!("queue {pool:?}"))?;
        let after = page.after.as_deref().map(|key| Turn::parse(key).ok_or(Error::InvalidPageToken)).transpose()?;
        let behind = after.as_ref().map(|turn| (turn.pool.as_str(), turn.task));
        let tasks = store::tasks::queue(self.store.read(), pool.as_deref(), behind, page.limit()).await?;
        let mut assets =
            store::assets::find_many(self.store.read(), tasks.iter().map(|task| task.asset).collect()).await?;
        let turns = Turn::number(after, &tasks);
        // One that has got its place meanwhile is shown where it stood.
        let entry = |(task, turn): (&Task, &Turn)| {
            let asset = assets.remove(&task.asset)?;
            Some(QueueEntry { asset: Some(shown_to(member, asset)), position: turn.position })
        };
        let mut entries: Vec<_> = tasks.iter().zip(&turns).filter_map(entry).collect();
        let next_page_token = page.cut(&mut entries, key);
        Ok(ListQueueResponse { entries, next_page_token })
    }
}

fn named_pool(name: String) -> Result<String> {
    let mut fields = Fields::default();
    let pool = parse_pool(&mut fields, name);
    fields.finish()?;
    Ok(pool)
}

/// What [`Turn::parse`] reads.
fn key(entry: &QueueEntry) -> String {
    let asset = entry.asset.as_ref();
    let task = asset.and_then(|asset| asset.latest_task.as_ref()).map_or("", |task| &task.id);
    format!("{} {task} {}", entry.position, asset.map_or("", |asset| &asset.resource_pool))
}

#[cfg(test)]
mod tests {
    use pedl_proto::v1;
    use uuid::Uuid;

    use super::*;
    use crate::store::tests::command_of;

    fn task(id: u128, pool: &str) -> Task {
        Task { id: TaskId(Uuid::from_u128(id)), resource_pool: pool.into(), ..command_of(2).latest_task }
    }

    fn positions(last: Option<Turn>, tasks: &[Task]) -> Vec<i64> {
        Turn::number(last, tasks).into_iter().map(|turn| turn.position).collect()
    }

    #[test]
    fn positions_count_on_from_page_to_page_and_anew_in_each_pool() {
        let tasks = [task(1, "a"), task(4, "a"), task(2, "b"), task(3, "b"), task(5, "c")];
        assert_eq!(positions(None, &tasks), [1, 2, 1, 2, 1]);
        let whole = Turn::number(None, &tasks);
        for (at, last) in whole.iter().enumerate() {
            let rest = &tasks[at + 1..];
            assert_eq!(Turn::number(Some(last.clone()), rest), whole[at + 1..], "after {last:?}");
        }
    }

    #[test]
    fn a_page_token_holds_the_last_turn() {
        let asset = v1::Asset {
            resource_pool: "big.pool".into(),
            latest_task: Some(v1::Task { id: TaskId(Uuid::from_u128(7)).to_string(), ..v1::Task::default() }),
            ..v1::Asset::default()
        };
        let read = Turn::parse(&key(&QueueEntry { asset: Some(asset), position: 42 }));
        assert_eq!(read, Some(Turn { pool: "big.pool".into(), task: TaskId(Uuid::from_u128(7)), position: 42 }));
        for forged in ["", "1", "1 2", "x y z", "1 no-task default"] {
            assert_eq!(Turn::parse(forged), None, "{forged}");
        }
    }
}
