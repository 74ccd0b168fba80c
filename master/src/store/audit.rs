//! Who did what to whom.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::Tx;
use super::columns::{from_micros, to_micros};
use super::entities::audit_events;
use crate::audit::{Event, Filter, Recorded};
use crate::error::Result;

/// In characters. What callers say is cut, so that a row is of bounded size.
const MAX_TEXT: usize = 500;

/// Puts an event on record, in the transaction that does what it tells.
pub async fn record(tx: &Tx, event: Event) -> Result<()> {
    // On one line: it is read on terminals.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let cut = |text: String| text.chars().map(plain).take(MAX_TEXT).collect::<String>();
    let row = audit_events::ActiveModel {
        time: Set(to_micros(Timestamp::now())),
        actor: Set(cut(event.actor.name)),
        address: Set(event.actor.address.map(|address| address.to_string()).unwrap_or_default()),
        action: Set(event.action.as_str().into()),
        target: Set(cut(event.target)),
        succeeded: Set(event.succeeded),
        detail: Set(cut(event.detail)),
        ..Default::default()
    };
    row.insert(&**tx).await?;
    Ok(())
}

/// The events before `before`, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Recorded>> {
    let Filter { username, action, since, until } = filter;
    let mut query = audit_events::Entity::find().order_by_desc(audit_events::Column::Id).limit(limit);
    if let Some(username) = username {
        let by = audit_events::Column::Actor.eq(username.as_str());
        query = query.filter(Condition::any().add(by).add(audit_events::Column::Target.eq(username.as_str())));
    }
    if let Some(action) = action {
        query = match action.strip_suffix('.') {
            // Actions are letters, dots and dashes; "/" is what follows the dot.
            Some(kind) => query.filter(audit_events::Column::Action.between(action.clone(), format!("{kind}/"))),
            None => query.filter(audit_events::Column::Action.eq(action.as_str())),
        };
    }
    if let Some(since) = since {
        query = query.filter(audit_events::Column::Time.gte(to_micros(*since)));
    }
    if let Some(until) = until {
        query = query.filter(audit_events::Column::Time.lt(to_micros(*until)));
    }
    if let Some(before) = before {
        query = query.filter(audit_events::Column::Id.lt(before));
    }
    Ok(query.all(db).await?.into_iter().map(from_row).collect())
}

fn from_row(row: audit_events::Model) -> Recorded {
    Recorded {
        id: row.id,
        time: from_micros(row.time),
        actor: row.actor,
        address: row.address,
        action: row.action,
        target: row.target,
        succeeded: row.succeeded,
        detail: row.detail,
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::{Action, Actor};
    use crate::store::tests::open;

    use super::*;

    #[tokio::test]
    async fn each_filter_finds_its_own() {
        let store = open().await;
        let actor = |name: &str| Actor { name: name.into(), address: Some([127, 0, 0, 1].into()) };
        let events = [
            actor("admin").did(Action::CreateUser, "ada"),
            actor("ada").did(Action::Login, "ada").failed("no"),
            actor("admin").did(Action::DeactivateUser, "bob").with("2 sessions ended"),
            actor("ada").did(Action::KillAsset, 7),
        ];
        for event in events {
            store.write(|tx| Box::pin(record(tx, event))).await.unwrap();
        }
        let shown = async |filter: Filter| {
            let events = list(store.read(), &filter, None, 10).await.unwrap();
            events.iter().map(|event| format!("{} {} {}", event.actor, event.action, event.target)).collect::<Vec<_>>()
        };
        let by_name = Filter { username: Some("ada".into()), ..Filter::default() };
        assert_eq!(shown(by_name).await, ["ada asset.kill 7", "ada session.login ada", "admin user.create ada"]);
        let kind = Filter { action: Some("user.".into()), ..Filter::default() };
        assert_eq!(shown(kind).await, ["admin user.deactivate bob", "admin user.create ada"]);
        let one = Filter { action: Some("asset.kill".into()), ..Filter::default() };
        assert_eq!(shown(one).await, ["ada asset.kill 7"]);
        let later = Filter { since: Some(Timestamp::now() + std::time::Duration::from_secs(60)), ..Filter::default() };
        assert!(shown(later).await.is_empty());
        let all = list(store.read(), &Filter::default(), None, 10).await.unwrap();
        let earlier = Filter { until: Some(all[1].time), ..Filter::default() };
        assert_eq!(shown(earlier).await, ["ada session.login ada", "admin user.create ada"], "up to it, without it");
        let between = Filter { since: Some(all[2].time), until: Some(all[1].time), ..Filter::default() };
        assert_eq!(shown(between).await, ["ada session.login ada"]);
        let older = list(store.read(), &Filter::default(), Some(3), 1).await.unwrap();
        assert_eq!((older[0].id, older[0].succeeded, older[0].detail.as_str()), (2, false, "no"));
    }

    #[tokio::test]
    async fn a_row_is_of_bounded_size() {
        let store = open().await;
        let event = Actor { name: "ü".repeat(5000), address: None }.did(Action::Login, "x".repeat(5000));
        store.write(|tx| Box::pin(record(tx, event))).await.unwrap();
        let row = list(store.read(), &Filter::default(), None, 1).await.unwrap().remove(0);
        assert_eq!((row.actor.chars().count(), row.target.len()), (MAX_TEXT, MAX_TEXT));
    }
}
