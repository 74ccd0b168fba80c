//! Jobs that share commits, fail, and wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait as _, DbBackend, ExprTrait as _, Statement, StatementBuilder, Value};

use super::Tx;
use crate::error::Error;
use crate::ids::UserId;
use crate::store::Store;
use crate::store::tests::{open, user_named};
use crate::store::users::{self, NewUser};

#[tokio::test]
async fn a_job_that_fails_undoes_itself_alone() {
    let store = open().await;
    let good = store.write(|tx| Box::pin(users::create(tx, user_named("good"))));
    let bad = store.write(|tx| {
        Box::pin(async {
            users::create(tx, user_named("half")).await?;
            Err::<(), _>(Error::Internal("on purpose".into()))
        })
    });
    let panics = store.write(|tx| {
        Box::pin(async {
            users::create(tx, user_named("lost")).await?;
            panic!("on purpose");
            #[expect(unreachable_code, reason = "gives the block its type")]
            Ok(())
        })
    });
    let twice = store.write(|tx| Box::pin(users::create(tx, user_named("admin"))));
    let (good, bad, panics, twice) = tokio::join!(good, bad, panics, twice);
    assert!(good.is_ok() && bad.is_err() && panics.is_err());
    assert!(matches!(twice, Err(Error::UserExists(_))), "{twice:?}");

    let names: Vec<_> = users::list(store.read(), None, 10).await.unwrap().into_iter().map(|u| u.username).collect();
    assert_eq!(names.iter().map(|n| n.as_str()).collect::<Vec<_>>(), ["admin", "good", "pedl"]);
}

#[tokio::test]
async fn a_checked_job_that_fails_half_way_keeps_nothing_of_its_commit() {
    let store = open().await;
    let refused = store.write_checked(|tx| {
        Box::pin(async {
            users::list(&**tx, None, 1).await?;
            Err::<(), _>(Error::Internal("on purpose".into()))
        })
    });
    let good = store.write_checked(|tx| Box::pin(users::create(tx, user_named("good"))));
    let (refused, good) = tokio::join!(refused, good);
    assert!(refused.is_err() && good.is_ok(), "one that has only looked spoils nothing");

    let broken = store.write_checked(|tx| {
        Box::pin(async {
            users::create(tx, user_named("half")).await?;
            Err::<(), _>(Error::Internal("on purpose".into()))
        })
    });
    let beside = store.write(|tx| Box::pin(users::create(tx, user_named("beside"))));
    let (broken, beside) = tokio::join!(broken, beside);
    assert!(broken.is_err() && beside.is_err(), "they share a commit");
    store.write(|tx| Box::pin(users::create(tx, user_named("later")))).await.unwrap();
    let names = users::list(store.read(), None, 10).await.unwrap();
    let names: Vec<_> = names.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(names, ["admin", "good", "later", "pedl"]);
}

#[tokio::test]
async fn what_waits_is_seen_by_what_comes_after_it_and_goes_with_its_own_job_alone() {
    let store = open().await;
    let rename = |id: i64, to: &str| {
        Query::update().table("users").value("display_name", to).and_where(Expr::col("id").eq(id)).to_owned()
    };
    let name = async |tx: &Tx, id| users::get_by_id(&**tx, UserId(id)).await.map(|user| user.display_name);
    let kept = store.write_checked(move |tx| {
        Box::pin(async move {
            for n in 0..9 {
                tx.execute_soon(&rename(1, &format!("kept {n}"))).await?;
            }
            let numbered = "UPDATE users SET display_name = $2 WHERE id = $1";
            let values: [Value; 2] = [1.into(), "kept 9".into()];
            Ok(tx.execute_soon(&Given(numbered, values.to_vec())).await?)
        })
    });
    let undone = store.write(move |tx| {
        Box::pin(async move {
            assert_eq!(name(tx, 1).await?, "kept 9", "of the job before it");
            tx.execute_soon(&rename(1, "undone")).await?;
            tx.execute_soon(&rename(2, "undone")).await?;
            assert_eq!(name(tx, 2).await?, "undone");
            tx.execute_soon(&rename(2, "undone, too")).await?;
            Err::<(), _>(Error::Internal("on purpose".into()))
        })
    });
    let again = store.write_checked(move |tx| {
        Box::pin(async move {
            tx.execute_soon(&rename(1, "kept 10")).await?;
            users::create(tx, user_named("new")).await
        })
    });
    let refused = store.write_checked(|tx| {
        Box::pin(async {
            tx.execute_unprepared("SELECT 1").await?;
            Err::<(), _>(Error::Internal("it has only looked".into()))
        })
    });
    let (kept, undone, again, refused) = tokio::join!(kept, undone, again, refused);
    assert!(kept.is_ok() && undone.is_err() && refused.is_err());
    assert_eq!(again.unwrap().username.as_str(), "new", "the row of the statement itself");
    let names = users::list(store.read(), None, 10).await.unwrap();
    assert_eq!(names.iter().map(|user| &*user.display_name).collect::<Vec<_>>(), ["kept 10", "", ""]);

    // Its failure is the commit's.
    let broken = store.write_checked(|tx| {
        Box::pin(async { Ok(tx.execute_soon(&Given("UPDATE nowhere SET nothing = 0", vec![])).await?) })
    });
    let beside = store.write_checked(move |tx| Box::pin(async move { name(tx, 1).await }));
    let (broken, beside) = tokio::join!(broken, beside);
    assert!(matches!((broken, beside), (Err(Error::StoreUnavailable), Err(Error::Database(_)))));
}

/// A statement by its text and values.
struct Given(&'static str, Vec<Value>);

impl StatementBuilder for Given {
    fn build(&self, backend: &DbBackend) -> Statement {
        Statement::from_sql_and_values(*backend, self.0, self.1.clone())
    }
}

#[tokio::test]
async fn a_rehearsal_tells_and_changes_nothing() {
    let store = open().await;
    let rehearsed = store.rehearse(|tx| Box::pin(users::create(tx, user_named("ada"))));
    let refused = store.rehearse(|tx| Box::pin(users::create(tx, user_named("admin"))));
    let (rehearsed, refused) = tokio::join!(rehearsed, refused);
    assert_eq!(rehearsed.unwrap().username.as_str(), "ada");
    assert!(matches!(refused, Err(Error::UserExists(_))), "{refused:?}");
    assert_eq!(users::list(store.read(), None, 10).await.unwrap().len(), 2);
    store.write(|tx| Box::pin(users::create(tx, user_named("ada")))).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open("", dir.path()).await.unwrap();
    // A database that may not grow fails as one on a full disk does; the bound is the connection's own.
    store
        .write(|tx| {
            Box::pin(async {
                tx.execute_unprepared("PRAGMA max_page_count = 1").await?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let filled = store.write(|tx| {
        Box::pin(async {
            let name = "x".repeat(100_000);
            users::create(tx, NewUser { display_name: name, ..user_named("large") }).await
        })
    });
    assert!(matches!(filled.await, Err(Error::StoreFull)));
    for n in 0..3 {
        store.write(move |tx| Box::pin(users::create(tx, user_named(&format!("u{n}"))))).await.unwrap();
    }
    // Another connection, as after a restart, sees what was acknowledged.
    let read = users::list(store.read(), None, 10).await.unwrap();
    assert_eq!(read.len(), 5, "{read:?}");
}

#[tokio::test]
async fn waiting_jobs_share_a_commit() {
    let store = open().await;
    let before = *store.revisions().borrow();
    let done = Arc::new(AtomicUsize::new(0));
    let jobs = (0..200).map(|n| {
        let (store, done) = (store.clone(), done.clone());
        async move {
            store.write(move |tx| Box::pin(users::create(tx, user_named(&format!("u{n}"))))).await.unwrap();
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    futures::future::join_all(jobs).await;
    assert_eq!(done.load(Ordering::Relaxed), 200);
    let commits = *store.revisions().borrow() - before;
    assert!(commits < 20, "{commits} commits for 200 jobs that waited at once");
}
