//! Lists against the plainest filter there is, over assets of all sorts, page by page.

use std::cmp::Ordering;

use expect_test::expect;
use jiff::Timestamp;
use proptest::prelude::*;
use sea_orm::{ActiveModelTrait as _, Set, Statement};

use super::*;
use crate::agents::{Admission, Introduction, SlotKind};
use crate::assets::filter::Text;
use crate::assets::{NewAsset, Spec};
use crate::ids::{AgentId, TaskId, UserId};
use crate::store::assets::{create, spec_to_json};
use crate::store::tests::{command, new_command, open, user_named};
use crate::store::{Store, Tx};

const ORDERS: [Order; 6] = [
    Order { by: Key::Age, reversed: false },
    Order { by: Key::Age, reversed: true },
    Order { by: Key::Description, reversed: false },
    Order { by: Key::Description, reversed: true },
    Order { by: Key::End, reversed: false },
    Order { by: Key::End, reversed: true },
];

const DESCRIPTIONS: [&str; 9] = [
    "python train.py --lr 0.1",
    "Python TRAIN.py --lr 0.1",
    "nvidia-smi",
    "100% of_it",
    "100x ofxit",
    r#"\ and "quotes" and 'more'"#,
    "Übung macht den Meister",
    "训练 été",
    "z",
];

const OWNERS: [UserId; 3] = [UserId(1), UserId(2), UserId(3)];

/// A store with an asset of each owner, state and description, in no order, and with many ends alike; where there can be
/// an agent, every other is held by one.
async fn filled() -> Store {
    let store = open().await;
    store.write(|tx| Box::pin(fill(tx))).await.unwrap();
    store
}

async fn fill(tx: &Tx) -> Result<()> {
    crate::store::users::create(tx, user_named("ada")).await?;
    let intro = Introduction {
        name: "n1".into(),
        version: String::new(),
        slots: 1,
        slot_kind: SlotKind::Cpu,
        resource_pool: None,
    };
    let admission = Admission { resource_pool: "default".into(), pool_is_fixed: false };
    let agent = crate::store::agents::join(tx, &admission, &intro, [0; 32]).await?.id;
    let rows = OWNERS.len() * state::ALL.len() * DESCRIPTIONS.len();
    for (i, n) in (0..rows).map(|n| n * 101 % rows).enumerate() {
        insert(tx, n, agent).await?;
        if i == rows / 2 {
            index_texts(tx).await?;
        }
    }
    Ok(())
}

/// What SQLite does with each thousand assets.
async fn index_texts(tx: &Tx) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Sqlite {
        let insert = "INSERT INTO assets_text (rowid, description) SELECT id, description || '  ' FROM assets \
                      WHERE id > (SELECT COALESCE(MAX(id), 0) FROM assets_text_docsize)";
        tx.execute_unprepared(insert).await?;
    }
    Ok(())
}

async fn insert(tx: &Tx, n: usize, agent: AgentId) -> Result<()> {
    let state = state::ALL[n / DESCRIPTIONS.len() % state::ALL.len()];
    let owner = OWNERS[n / DESCRIPTIONS.len() / state::ALL.len()];
    let ended_at = state.has_ended().then_some(n as i64 % 5);
    let asset = assets::ActiveModel {
        kind: Set(Kind::Command.as_str().into()),
        owner_id: Set(owner.0),
        description: Set(DESCRIPTIONS[n % DESCRIPTIONS.len()].into()),
        state: Set(state.as_str().into()),
        state_reason: Set(String::new()),
        resource_pool: Set("default".into()),
        spec: Set(spec_to_json(&Spec::Command(command()))?),
        revision: Set(tx.revision()),
        created_at: Set(0),
        ended_at: Set(ended_at),
        ..Default::default()
    };
    let asset = asset.insert(&**tx).await?;
    let placed = n.is_multiple_of(2) && (state.is_on_agent() || state.has_ended());
    let newest = (state, placed.then_some(agent.0), ended_at);
    // Some have an older task, which an agent holds still.
    let older = n.is_multiple_of(3).then_some((State::Running, Some(agent.0), None));
    for (state, agent_id, ended_at) in older.into_iter().chain([newest]) {
        let task = tasks::ActiveModel {
            id: Set(TaskId::generate().0),
            asset_id: Set(asset.id),
            state: Set(state.as_str().into()),
            state_reason: Set(String::new()),
            slots: Set(1),
            resource_pool: Set("default".into()),
            held: Set(false),
            agent_id: Set(agent_id),
            revision: Set(tx.revision()),
            created_at: Set(0),
            ended_at: Set(ended_at),
            ..Default::default()
        };
        task.insert(&**tx).await?;
    }
    Ok(())
}

/// What a list shall hold.
fn expected(all: &[Asset], filter: &Filter, order: Order) -> Vec<i64> {
    let mut assets: Vec<&Asset> = all.iter().filter(|asset| filter.takes(asset)).collect();
    let newest = |a: &Asset, b: &Asset| b.id.cmp(&a.id);
    assets.sort_by(|a, b| match order.by {
        Key::Age => newest(a, b),
        Key::Description => a.description.as_bytes().cmp(b.description.as_bytes()).then(newest(a, b)),
        Key::End => match (a.ended_at, b.ended_at) {
            (None, None) => newest(a, b),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => other.cmp(&one).then(newest(a, b)),
        },
    });
    if order.reversed {
        assets.reverse();
    }
    assets.iter().map(|asset| asset.id.0).collect()
}

/// What a list holds, read in pages of this many.
async fn listed(store: &Store, filter: &Filter, order: Order, size: u64, few: u64) -> Vec<i64> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let assets = page(store.read(), filter, order, after.as_ref(), size, few).await.unwrap();
        ids.extend(assets.iter().map(|asset| asset.id.0));
        let Some(last) = assets.last().filter(|_| assets.len() as u64 == size) else { return ids };
        after = Some(match order.by {
            Key::Age => Position::Age(last.id),
            Key::Description => Position::Description(last.description.clone(), last.id),
            Key::End => Position::End(last.ended_at, last.id),
        });
    }
}

async fn all(store: &Store) -> Vec<Asset> {
    list(store.read(), &Filter::default(), ORDERS[0], None, 1000).await.unwrap()
}

#[tokio::test]
async fn every_filter_in_every_order() {
    let store = filled().await;
    let all = all(&store).await;
    assert_eq!(all.len(), 243);
    let states: [&[State]; 4] = [
        &[],
        &[State::Queued, State::Lost, State::Failed],
        &[State::Completed, State::Killed],
        &[State::Queued, State::Starting, State::Running, State::Paused, State::Stopping, State::Lost],
    ];
    let texts = ["", "train.PY", "TR", "0% of_", "É", "été", "训", "absent", "zq"];
    let owners = [(None, None), (Some(Kind::Command), Some(OWNERS[2])), (Some(Kind::Notebook), None)];
    let mut filters = Vec::new();
    for (kind, owner) in owners {
        for states in states {
            let plain = Filter { kind, owner, states: states.to_vec(), text: None, agent: None };
            filters.extend(texts.map(|text| Filter { text: Text::new(text), ..plain.clone() }));
            let of = |agent: &str, text| Filter { agent: Some(agent.into()), text: Text::new(text), ..plain.clone() };
            filters.extend([of("n1", ""), of("n1", "TRAIN"), of("n9", "")]);
        }
    }
    let mut some = 0;
    for filter in filters {
        for order in ORDERS {
            let expected = expected(&all, &filter, order);
            some += usize::from(!expected.is_empty());
            // Found by the text's index, and by looking through the lanes.
            let ways: &[u64] = if filter.text.is_some() { &[FEW, 0] } else { &[FEW] };
            for few in ways {
                assert_eq!(listed(&store, &filter, order, 100, *few).await, expected, "{filter:?} {order:?} {few}");
            }
        }
    }
    assert!(some > 300, "{some} lists have something in them");
}

#[tokio::test]
async fn pages_of_any_size_are_the_same_list() {
    let store = filled().await;
    let all = all(&store).await;
    let filter = Filter { states: vec![State::Running, State::Completed, State::Failed], ..Filter::default() };
    for order in ORDERS {
        for filter in [&Filter::default(), &filter, &Filter { text: Text::new("train"), ..filter.clone() }] {
            for (size, few) in [(3, FEW), (11, 0), (1000, 0)] {
                let expected = expected(&all, filter, order);
                assert_eq!(listed(&store, filter, order, size, few).await, expected, "{filter:?} {order:?} {size}");
            }
        }
    }
}

/// Texts of what descriptions are made of and of what databases take for something else.
fn text() -> impl Strategy<Value = String> {
    let pieces =
        ["a", "B", "b", "%", "_", "\\", "\"", "'", "*", " ", "  ", "é", "É", "ß", "K", "ſ", "训", "🦀", "-", "OR"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..6).prop_map(|pieces| pieces.concat())
}

/// Makes assets with these descriptions.
async fn described(tx: &Tx, descriptions: Vec<String>) -> Result<Vec<i64>> {
    let mut ids = Vec::new();
    for description in descriptions {
        ids.push(create(tx, NewAsset { description, ..new_command(OWNERS[1]) }).await?.id.0);
        if ids.len().is_multiple_of(4) {
            index_texts(tx).await?;
        }
    }
    Ok(ids)
}

#[test]
fn any_text_is_taken_literally() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = runtime.block_on(open());
    proptest!(ProptestConfig::with_cases(128), |(descriptions in prop::collection::vec(text(), 1..8), text in text())| {
        let ids = runtime.block_on(async {
            let descriptions = descriptions.clone();
            store.write(move |tx| Box::pin(described(tx, descriptions))).await.unwrap()
        });
        let filter = Filter { text: Text::new(&text), ..Filter::default() };
        for few in [FEW, 0] {
            let found = runtime.block_on(listed(&store, &filter, ORDERS[1], 1000, few));
            let found: Vec<i64> = found.into_iter().filter(|id| ids.contains(id)).collect();
            let lower = text.to_ascii_lowercase();
            let has = |description: &String| description.to_ascii_lowercase().contains(&lower);
            let expected = ids.iter().zip(&descriptions).filter(|(_, has_it)| has(has_it)).map(|(id, _)| *id);
            prop_assert_eq!(&found, &expected.collect::<Vec<_>>(), "{}", text);
        }
    });
}

#[tokio::test]
async fn each_thousand_texts_are_indexed_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("", dir.path()).await.unwrap();
    let indexed = async |more: u32| {
        let insert = format!(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {more}) INSERT INTO assets (kind, \
             owner_id, description, state, state_reason, resource_pool, spec, revision, created_at) \
             SELECT 'command', 1, 'true', 'QUEUED', '', 'default', '', 0, 0 FROM n"
        );
        store.write(|tx| Box::pin(async move { Ok(tx.execute_unprepared(&insert).await?) })).await.unwrap();
        let count = "SELECT COUNT(*) AS id FROM assets_text WHERE assets_text MATCH 'true'";
        Row::find_by_statement(Statement::from_string(DbBackend::Sqlite, count))
            .one(store.read())
            .await
            .unwrap()
            .unwrap()
            .id
    };
    assert_eq!([indexed(999).await, indexed(1).await, indexed(999).await, indexed(1500).await], [0, 1000, 1000, 3000]);
}

/// How SQLite goes about the lanes of a page in the middle, each way once.
async fn plan(store: &Store, filter: Filter, order: Order) -> String {
    let after = match order.by {
        Key::Age => Position::Age(AssetId(100)),
        Key::Description => Position::Description("nvidia-smi".into(), AssetId(100)),
        Key::End => Position::End(Some(Timestamp::UNIX_EPOCH), AssetId(100)),
    };
    let list =
        List { backend: DbBackend::Sqlite, filter: &filter, way: Way::of(order), after: Some(&after), limit: 10 };
    let Statement { sql, values, db_backend } = DbBackend::Sqlite.build(&list.merged().unwrap());
    let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {sql}"), values, db_backend };
    let rows = store.read().query_all_raw(explain).await.unwrap();
    let mut steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    steps.retain(|step| step.contains("assets") || step.contains("B-TREE"));
    steps.sort();
    steps.dedup();
    steps.iter().map(|step| format!("{step}\n")).collect()
}

#[tokio::test]
async fn a_lane_of_what_has_ended_is_a_range_of_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("", dir.path()).await.unwrap();
    let mut plans = String::new();
    for owner in [None, Some(OWNERS[1])] {
        for order in ORDERS {
            let filter = Filter { owner, states: vec![State::Failed, State::Killed], ..Filter::default() };
            plans += &format!("{order:?}\n{}", plan(&store, filter, order).await);
        }
    }
    expect![[r#"
        Order { by: Age, reversed: false }
        SEARCH assets USING COVERING INDEX assets_by_state (kind=? AND state=? AND id<?)
        Order { by: Age, reversed: true }
        SEARCH assets USING COVERING INDEX assets_by_state (kind=? AND state=? AND id>?)
        Order { by: Description, reversed: false }
        SEARCH assets USING INDEX ended_assets_by_description (kind=? AND state=? AND description=? AND id<?)
        SEARCH assets USING INDEX ended_assets_by_description (kind=? AND state=? AND description>?)
        Order { by: Description, reversed: true }
        SEARCH assets USING INDEX ended_assets_by_description (kind=? AND state=? AND description<?)
        SEARCH assets USING INDEX ended_assets_by_description (kind=? AND state=? AND description=? AND id>?)
        Order { by: End, reversed: false }
        SEARCH assets USING COVERING INDEX ended_assets_by_end (kind=? AND state=? AND ended_at=? AND id<?)
        SEARCH assets USING COVERING INDEX ended_assets_by_end (kind=? AND state=? AND ended_at>? AND ended_at<?)
        Order { by: End, reversed: true }
        SEARCH assets USING COVERING INDEX ended_assets_by_end (kind=? AND state=? AND ended_at=? AND id>?)
        SEARCH assets USING COVERING INDEX ended_assets_by_end (kind=? AND state=? AND ended_at>?)
        Order { by: Age, reversed: false }
        SEARCH assets USING COVERING INDEX assets_by_owner_and_state (owner_id=? AND kind=? AND state=? AND id<?)
        Order { by: Age, reversed: true }
        SEARCH assets USING COVERING INDEX assets_by_owner_and_state (owner_id=? AND kind=? AND state=? AND id>?)
        Order { by: Description, reversed: false }
        SEARCH assets USING INDEX ended_assets_by_owner_and_description (owner_id=? AND kind=? AND state=? AND description=? AND id<?)
        SEARCH assets USING INDEX ended_assets_by_owner_and_description (owner_id=? AND kind=? AND state=? AND description>?)
        Order { by: Description, reversed: true }
        SEARCH assets USING INDEX ended_assets_by_owner_and_description (owner_id=? AND kind=? AND state=? AND description<?)
        SEARCH assets USING INDEX ended_assets_by_owner_and_description (owner_id=? AND kind=? AND state=? AND description=? AND id>?)
        Order { by: End, reversed: false }
        SEARCH assets USING COVERING INDEX ended_assets_by_owner_and_end (owner_id=? AND kind=? AND state=? AND ended_at=? AND id<?)
        SEARCH assets USING COVERING INDEX ended_assets_by_owner_and_end (owner_id=? AND kind=? AND state=? AND ended_at>? AND ended_at<?)
        Order { by: End, reversed: true }
        SEARCH assets USING COVERING INDEX ended_assets_by_owner_and_end (owner_id=? AND kind=? AND state=? AND ended_at=? AND id>?)
        SEARCH assets USING COVERING INDEX ended_assets_by_owner_and_end (owner_id=? AND kind=? AND state=? AND ended_at>?)
    "#]].assert_eq(&plans);
}
