//! Watches of a real store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use pedl_proto::v1::AssetState;
use proptest::prelude::*;
use tonic::Code;

use super::*;
use crate::assets::lifecycle;
use crate::assets::order::{Key, Order};
use crate::assets::state::State;
use crate::assets::{NewAsset, Spec};
use crate::ids::UserId;
use crate::store::tests::{command, member, new_command, open, user_named};
use crate::store::users::Changes;
use crate::users::Username;

/// `pedl`.
const PEDL: UserId = UserId(2);

async fn watch(store: &Store, filter: Filter, cursor: &str) -> Result<WatchStream> {
    stream(store.clone(), CancellationToken::new(), member(2, false), filter, cursor).await
}

async fn created(store: &Store) -> Asset {
    store.write(|tx| Box::pin(store::assets::create(tx, new_command(PEDL)))).await.unwrap()
}

/// Ends an asset that waits in the queue.
async fn killed(store: &Store, asset: Asset) {
    let by = Username::parse("pedl").unwrap();
    store.write(|tx| Box::pin(async move { lifecycle::kill(tx, &asset, &by).await })).await.unwrap();
}

/// Changes why an asset waits.
async fn explained(store: &Store, asset: &Asset, why: String) {
    let task = asset.latest_task.id;
    store.write(move |tx| Box::pin(lifecycle::explain(tx, task, why))).await.unwrap();
}

async fn now(store: &Store) -> String {
    Cursor::at(store::cluster::identity(store.read()).await.unwrap()).encode()
}

fn in_state(state: State) -> Filter {
    Filter { states: vec![state], ..Filter::default() }
}

fn ids(news: &WatchAssetsResponse) -> Vec<i64> {
    news.assets.iter().map(|asset| asset.id).collect()
}

/// The next that is told, which must be there.
async fn next(stream: &mut WatchStream) -> WatchAssetsResponse {
    stream.next().await.unwrap().unwrap()
}

/// Why a cursor is not taken.
async fn refused(store: &Store, cursor: &str) -> bool {
    matches!(watch(store, Filter::default(), cursor).await, Err(Error::CursorUnknown))
}

#[tokio::test]
async fn nothing_is_missed_between_a_list_and_its_watch() {
    let store = open().await;
    let done = Arc::new(AtomicBool::new(false));
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                let asset = created(&store).await;
                match (writer + n) % 3 {
                    0 => {}
                    1 => explained(&store, &asset, format!("waits for {n}")).await,
                    _ => killed(&store, asset).await,
                }
            }
        })
    });
    let writers = futures::future::join_all(writers.collect::<Vec<_>>());
    let reader = {
        let (store, done) = (store.clone(), done.clone());
        tokio::spawn(async move {
            // In the midst of it.
            store.revisions().wait_for(|revision| *revision > 10).await.unwrap();
            let cursor = now(&store).await;
            let newest = Order { by: Key::Age, reversed: false };
            let list = store::assets::list::list(store.read(), &Filter::default(), newest, None, 1000).await.unwrap();
            let told = list.into_iter().map(|asset| shown_to(&member(2, false), asset));
            let mut known: BTreeMap<i64, _> = told.map(|asset| (asset.id, asset)).collect();
            let mut stream = watch(&store, Filter::default(), &cursor).await.unwrap();
            loop {
                let finished = done.load(Ordering::Relaxed);
                let news = timeout(Duration::from_secs(1), stream.next()).await;
                let Ok(news) = news else { if finished { return known } else { continue } };
                known.extend(news.unwrap().unwrap().assets.into_iter().map(|asset| (asset.id, asset)));
            }
        })
    };
    writers.await.into_iter().for_each(|writer| writer.unwrap());
    done.store(true, Ordering::Relaxed);
    let known = reader.await.unwrap();
    assert_eq!(known.len(), 200);
    for (id, asset) in known {
        let truly = store::assets::get(store.read(), AssetId(id)).await.unwrap();
        assert_eq!(asset, shown_to(&member(2, false), truly));
    }
}

#[tokio::test]
async fn changes_in_quick_succession_are_told_together() {
    let store = open().await;
    let asset = created(&store).await;
    let mut stream = watch(&store, Filter::default(), "").await.unwrap();
    let start = Instant::now();
    assert_eq!(ids(&next(&mut stream).await), [0; 0], "the first brings the cursor alone");
    let (last, changes) = ("waits for the 200th", 200);
    let writer = async {
        for n in 0..changes {
            explained(&store, &asset, format!("waits for the {n}th")).await;
        }
        explained(&store, &asset, last.into()).await;
    };
    let reader = async {
        let mut told = 1;
        loop {
            let news = next(&mut stream).await;
            told += 1;
            assert_eq!(ids(&news), [asset.id.0]);
            if news.assets[0].state_reason == last {
                return told;
            }
        }
    };
    let (told, ()) = tokio::join!(reader, writer);
    let most = start.elapsed().as_millis() / PACE.as_millis() + 1;
    assert!(told <= most, "told {told} times in {:?}", start.elapsed());
}

#[tokio::test]
async fn what_leaves_the_filter_is_told_once() {
    let store = open().await;
    let (one, other) = (created(&store).await, created(&store).await);
    let cursor = now(&store).await;
    let mut stream = watch(&store, in_state(State::Running), &cursor).await.unwrap();
    next(&mut stream).await;
    // It is never running, and told as removed by its first change alone.
    explained(&store, &one, "waits".into()).await;
    assert_eq!(next(&mut stream).await.removed_ids, [one.id.0]);
    explained(&store, &one, "still waits".into()).await;
    killed(&store, one).await;
    killed(&store, other.clone()).await;
    assert_eq!(next(&mut stream).await.removed_ids, [other.id.0]);

    let mut stream = watch(&store, in_state(State::Queued), "").await.unwrap();
    next(&mut stream).await;
    let third = created(&store).await;
    assert_eq!(ids(&next(&mut stream).await), [third.id.0]);
    killed(&store, third.clone()).await;
    let news = next(&mut stream).await;
    assert_eq!((news.removed_ids.as_slice(), news.assets.len()), ([third.id.0].as_slice(), 0));
}

#[tokio::test]
async fn others_than_the_filter_can_take_are_not_told_at_all() {
    let store = open().await;
    let mut stream = watch(&store, Filter { owner: Some(PEDL), ..Filter::default() }, "").await.unwrap();
    next(&mut stream).await;
    store.write(|tx| Box::pin(store::assets::create(tx, new_command(UserId(1))))).await.unwrap();
    let own = created(&store).await;
    let news = next(&mut stream).await;
    assert_eq!((ids(&news), news.removed_ids.len()), (vec![own.id.0], 0));
}

#[tokio::test]
async fn a_watch_goes_on_where_another_broke() {
    let store = open().await;
    let mut stream = watch(&store, Filter::default(), "").await.unwrap();
    let first = next(&mut stream).await.cursor;
    let asset = created(&store).await;
    let news = next(&mut stream).await;
    assert_eq!(ids(&news), [asset.id.0]);
    drop(stream);
    let other = created(&store).await;
    killed(&store, asset.clone()).await;
    let mut again = watch(&store, Filter::default(), &news.cursor).await.unwrap();
    let since = next(&mut again).await;
    assert_eq!(ids(&since), [other.id.0, asset.id.0], "in the order in which they changed");
    assert_eq!(since.assets[1].state(), AssetState::Killed);
    // From further back it is the same; each is told once.
    let mut again = watch(&store, Filter::default(), &first).await.unwrap();
    assert_eq!(ids(&next(&mut again).await), [other.id.0, asset.id.0]);
}

#[tokio::test]
async fn a_lagging_watch_is_told_all_in_pieces() {
    let store = open().await;
    let cursor = now(&store).await;
    // More than are read at once, all of one commit; some do not fit into one message together.
    let large = |n: usize| {
        let mut command = command();
        command.argv = vec!["x".repeat(if n.is_multiple_of(100) { 500_000 } else { 1 })];
        NewAsset { spec: Spec::Command(command), ..new_command(PEDL) }
    };
    // More than are read at once, all of one commit, some of which do not fit into one message together.
    let count = BATCH + BATCH / 2;
    let made: Vec<i64> = store
        .write(move |tx| {
            Box::pin(async move {
                let mut made = Vec::new();
                for n in 0..count {
                    made.push(store::assets::create(tx, large(n)).await?.id.0);
                }
                Ok(made)
            })
        })
        .await
        .unwrap();
    let mut stream = watch(&store, Filter::default(), &cursor).await.unwrap();
    let mut told = Vec::new();
    let mut cursors = Vec::new();
    while told.len() < count {
        let news = next(&mut stream).await;
        assert!(news.encoded_len() < 4 << 20, "it is as large as clients take");
        told.extend(ids(&news));
        cursors.push((told.len(), news.cursor));
    }
    assert_eq!(told, made, "each once");
    // Also within a commit a cursor leads on.
    for (told, cursor) in cursors {
        let mut again = watch(&store, Filter::default(), &cursor).await.unwrap();
        let rest = ids(&next(&mut again).await);
        assert!(made[told..].starts_with(&rest) && rest.is_empty() == (told == count));
    }
}

#[tokio::test]
async fn a_cursor_of_elsewhere_is_not_taken() {
    let (store, other) = (open().await, open().await);
    let elsewhere = now(&other).await;
    assert!(refused(&store, &elsewhere).await);
    assert!(refused(&store, "no cursor").await);
    let mut of_the_future = Cursor::decode(&now(&store).await).unwrap();
    of_the_future.seen.revision += 1;
    assert!(refused(&store, &of_the_future.encode()).await);
    created(&store).await;
    assert!(!refused(&store, &of_the_future.encode()).await);
    let mut of_another_life = of_the_future;
    of_another_life.epoch += 1;
    assert!(refused(&store, &of_another_life.encode()).await);
}

#[tokio::test]
async fn a_new_name_ends_watches_and_their_cursors() {
    let store = open().await;
    store.write(|tx| Box::pin(store::users::create(tx, user_named("ada")))).await.unwrap();
    let mut stream = watch(&store, Filter::default(), "").await.unwrap();
    let cursor = next(&mut stream).await.cursor;
    let ada = Username::parse("ada").unwrap();
    let change = |changes: Changes| {
        let ada = ada.clone();
        store.write(|tx| Box::pin(async move { crate::users::lifecycle::update(tx, &ada, changes).await.map(|_| ()) }))
    };
    change(Changes { display_name: Some("Ada".into()), ..Changes::default() }).await.unwrap();
    assert!(!refused(&store, &cursor).await);
    change(Changes { username: Some(Username::parse("lovelace").unwrap()), ..Changes::default() }).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap_err().code(), Code::OutOfRange);
    assert!(refused(&store, &cursor).await);
    assert!(!refused(&store, &now(&store).await).await);
}

#[tokio::test]
async fn a_watch_ends_with_the_master() {
    let store = open().await;
    let shutdown = CancellationToken::new();
    let mut stream = stream(store, shutdown.clone(), member(2, false), Filter::default(), "").await.unwrap();
    next(&mut stream).await;
    shutdown.cancel();
    assert_eq!(stream.next().await.unwrap().unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn anothers_environment_is_shown_to_administrators_for_as_long_as_they_are() {
    let store = open().await;
    let mut stream =
        stream(store.clone(), CancellationToken::new(), member(1, true), Filter::default(), "").await.unwrap();
    next(&mut stream).await;
    created(&store).await;
    assert!(!next(&mut stream).await.assets[0].redacted);
    store
        .write(|tx| {
            Box::pin(async move {
                let name = |name| Username::parse(name).unwrap();
                let role = |admin| Changes { admin: Some(admin), ..Changes::default() };
                store::users::update(tx, &name("pedl"), role(true)).await?;
                store::users::update(tx, &name("admin"), role(false)).await
            })
        })
        .await
        .unwrap();
    created(&store).await;
    assert!(next(&mut stream).await.assets[0].redacted);
}

proptest! {
    #[test]
    fn decoding_takes_anything(text in ".*") {
        prop_assert_eq!(Cursor::decode(&text), None);
    }
}
