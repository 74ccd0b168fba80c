//! Taking agents out of service, in one transaction with all that follows from it.

use super::Agent;
use crate::assets::{Task, lifecycle};
use crate::error::Result;
use crate::store::{self, Tx};
use crate::users::Username;

/// What a disabling came to.
pub struct Disabled {
    pub agent: Agent,
    /// The tasks that are to stop.
    pub killed: Vec<Task>,
    /// How many tasks go on to their end.
    pub going_on: usize,
}

/// Keeps new tasks from an agent, and kills what it has in the name of `kill`; or, with `None`, lets that go on.
pub async fn disable(tx: &Tx, name: &str, kill: Option<&Username>) -> Result<Disabled> {
    let agent = store::agents::set_enabled(tx, name, false).await?;
    let mut tasks = store::tasks::on_agent(&**tx, agent.id).await?;
    // What stops already does so by somebody else's word.
    tasks.retain(|task| task.state.can_be_killed());
    let Some(by) = kill else {
        return Ok(Disabled { agent, killed: Vec::new(), going_on: tasks.len() });
    };
    let mut killed = Vec::new();
    for task in tasks {
        let reason = format!("killed by {by}: agent {} was disabled", agent.name);
        killed.push(lifecycle::kill_task(tx, task.id, reason).await?);
    }
    Ok(Disabled { agent, killed, going_on: 0 })
}

#[cfg(test)]
mod tests {
    use crate::agents::{Admission, Introduction, SlotKind};
    use crate::assets::lifecycle::RunAs;
    use crate::assets::state::State;
    use crate::assets::{Asset, PlacedOn};
    use crate::ids::{AssetId, UserId};
    use crate::store::Store;
    use crate::store::tests::{new_command, open};
    use crate::users::AgentUser;

    use super::*;

    fn intro(slots: u32, pool: Option<&str>) -> Introduction {
        let resource_pool = pool.map(Into::into);
        Introduction { name: "n1".into(), version: String::new(), slots, slot_kind: SlotKind::Cpu, resource_pool }
    }

    async fn with_agent() -> (Store, Agent) {
        let store = open().await;
        let intro = intro(4, None);
        let admission = Admission { resource_pool: "default".into(), pool_is_fixed: false };
        let join =
            store.write(|tx| Box::pin(async move { store::agents::join(tx, &admission, &intro, [0; 32]).await }));
        let agent = join.await.unwrap();
        (store, agent)
    }

    async fn queued(store: &Store) -> Asset {
        store.write(|tx| Box::pin(store::assets::create(tx, new_command(UserId(2))))).await.unwrap()
    }

    /// Whether the asset has got a place on the agent.
    async fn place(store: &Store, agent: &Agent, asset: &Asset) -> bool {
        let (task, on) = (asset.latest_task.id, PlacedOn { id: agent.id, name: agent.name.clone() });
        let run_as = RunAs { default: AgentUser::root(), minimum_uid: 0 };
        store.write(move |tx| Box::pin(lifecycle::place(tx, task, on, run_as))).await.unwrap()
    }

    async fn disabled(store: &Store, by: Option<&str>) -> Disabled {
        let by = by.map(|name| Username::parse(name).unwrap());
        store.write(|tx| Box::pin(async move { disable(tx, "n1", by.as_ref()).await })).await.unwrap()
    }

    async fn state(store: &Store, asset: AssetId) -> (State, String) {
        let asset = store::assets::get(store.read(), asset).await.unwrap();
        (asset.state, asset.state_reason)
    }

    #[tokio::test]
    async fn what_an_agent_has_goes_on_or_is_killed_once() {
        let (store, agent) = with_agent().await;
        let (first, second) = (queued(&store).await, queued(&store).await);
        assert!(place(&store, &agent, &first).await && place(&store, &agent, &second).await);
        let by = Username::parse("ada").unwrap();
        let (id, killed_before) = (first.id, first);
        store.write(|tx| Box::pin(async move { lifecycle::kill(tx, &killed_before, &by).await })).await.unwrap();

        let drained = disabled(&store, None).await;
        assert_eq!((drained.agent.enabled, drained.killed.len(), drained.going_on), (false, 0, 1));
        assert_eq!(state(&store, second.id).await.0, State::Starting);
        let used = store::tasks::uses(store.read()).await.unwrap()[&agent.id];
        assert_eq!((used.tasks, used.slots, used.going_on), (2, 2, 1));

        assert_eq!(disabled(&store, Some("admin")).await.killed.len(), 1);
        assert_eq!(state(&store, second.id).await, (State::Stopping, "killed by admin: agent n1 was disabled".into()));
        assert_eq!(state(&store, id).await, (State::Stopping, "killed by ada".into()), "that was said before");
        assert_eq!(disabled(&store, Some("admin")).await.killed.len(), 0, "it stops already");
        assert_eq!(store::tasks::uses(store.read()).await.unwrap()[&agent.id].going_on, 0);
    }

    #[tokio::test]
    async fn nothing_is_placed_where_it_does_not_fit_any_more() {
        let (store, agent) = with_agent().await;
        let asset = queued(&store).await;
        let register = async |slots, pool: &str| {
            let (id, intro) = (agent.id, intro(slots, Some(pool)));
            store.write(move |tx| Box::pin(async move { store::agents::update(tx, id, &intro).await })).await.unwrap();
        };
        for (slots, pool, fits) in [(0, "default", false), (4, "other", false), (1, "default", true)] {
            register(slots, pool).await;
            assert_eq!(place(&store, &agent, &asset).await, fits, "{slots} slots in {pool}");
        }
    }

    #[tokio::test]
    async fn nothing_is_placed_on_an_agent_that_was_disabled_meanwhile() {
        let (store, agent) = with_agent().await;
        let asset = queued(&store).await;
        disabled(&store, None).await;
        assert!(!place(&store, &agent, &asset).await);
        assert_eq!(state(&store, asset.id).await.0, State::Queued);
        store.write(|tx| Box::pin(store::agents::set_enabled(tx, "n1", true))).await.unwrap();
        assert!(place(&store, &agent, &asset).await);
    }
}
