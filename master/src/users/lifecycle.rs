//! What becomes of accounts, in one transaction with all that follows from it.

use super::{ADMIN, DEFAULT, User, Username};
use crate::assets::{Task, lifecycle};
use crate::auth::token::TokenHash;
use crate::error::{Error, Result};
use crate::store::users::Changes;
use crate::store::{self, Tx};

/// What a deactivation ended.
pub struct Deactivated {
    pub user: User,
    /// The tokens of the sessions that are no more.
    pub ended: Vec<TokenHash>,
    /// The tasks that are to stop.
    pub killed: Vec<Task>,
    /// How many of its assets have not ended and are left as they are.
    pub left: usize,
}

/// Changes an account; answers it with the tokens whose owner is not who they were.
pub async fn update(tx: &Tx, username: &Username, changes: Changes) -> Result<(User, Vec<TokenHash>)> {
    let fixed = [ADMIN, DEFAULT].contains(&username.as_str());
    if fixed && changes.username.as_ref().is_some_and(|name| name != username) {
        return Err(Error::NameIsFixed(username.clone()));
    }
    let user = store::users::update(tx, username, changes).await?;
    if user.username != *username {
        store::cluster::note_new_name(tx).await?;
    }
    keep_an_admin(tx).await?;
    let tokens = store::sessions::hashes_of_user(tx, user.id).await?;
    Ok((user, tokens))
}

/// Lets an account act again; what its deactivation ended stays ended.
pub async fn activate(tx: &Tx, username: &Username) -> Result<User> {
    let user = store::users::update(tx, username, Changes { active: Some(true), ..Changes::default() }).await?;
    store::tasks::hold_of_user(tx, user.id, None).await?;
    Ok(user)
}

/// Keeps an account from acting, and, where asked, kills what it runs in the name of `by`.
pub async fn deactivate(tx: &Tx, username: &Username, kill_tasks: Option<&Username>) -> Result<Deactivated> {
    let user = store::users::update(tx, username, Changes { active: Some(false), ..Changes::default() }).await?;
    keep_an_admin(tx).await?;
    let ended = store::sessions::delete_of_user(tx, user.id, None).await?;
    let mut killed = Vec::new();
    let mut left = store::assets::live_of_user(&**tx, user.id).await?;
    if let Some(by) = kill_tasks {
        for asset in left.drain(..) {
            killed.push(lifecycle::kill(tx, &asset, by).await?);
        }
    }
    store::tasks::hold_of_user(tx, user.id, Some(&format!("waits for its owner, {username}, to be active again")))
        .await?;
    Ok(Deactivated { user, ended, killed, left: left.len() })
}

/// A cluster without an administrator could not be administered any more.
async fn keep_an_admin(tx: &Tx) -> Result<()> {
    if store::users::count_active_admins(&**tx).await? == 0 { Err(Error::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::assets::state::State;
    use crate::auth::caller::SessionKind;
    use crate::auth::token::{Kind, Token};
    use crate::store::Store;
    use crate::store::sessions::NewSession;
    use crate::store::tests::{new_command, open, user_named};

    use super::*;

    fn name(text: &str) -> Username {
        Username::parse(text).unwrap()
    }

    async fn with_ada() -> (Store, User) {
        let store = open().await;
        let ada = store.write(|tx| Box::pin(store::users::create(tx, user_named("ada")))).await.unwrap();
        (store, ada)
    }

    async fn changed(store: &Store, who: &str, changes: Changes) -> Result<User> {
        let who = name(who);
        store.write(|tx| Box::pin(async move { Ok(update(tx, &who, changes).await?.0) })).await
    }

    #[tokio::test]
    async fn names_display_names_and_roles_change() {
        let (store, _) = with_ada().await;
        let changes = Changes {
            username: Some(name("lovelace")),
            display_name: Some("Ada".into()),
            admin: Some(true),
            active: None,
        };
        let ada = changed(&store, "ada", changes).await.unwrap();
        assert_eq!((ada.username.as_str(), ada.display_name.as_str(), ada.admin), ("lovelace", "Ada", true));
        let unchanged = changed(&store, "lovelace", Changes::default()).await.unwrap();
        assert_eq!(unchanged.username, ada.username);
        let taken = Changes { username: Some(name("admin")), ..Changes::default() };
        assert!(matches!(changed(&store, "lovelace", taken).await, Err(Error::UserExists(_))));
        assert!(matches!(changed(&store, "ada", Changes::default()).await, Err(Error::UserNotFound(_))));
    }

    #[tokio::test]
    async fn two_names_are_fixed() {
        let (store, _) = with_ada().await;
        for fixed in [ADMIN, DEFAULT] {
            let other = Changes { username: Some(name("other")), ..Changes::default() };
            assert!(matches!(changed(&store, fixed, other).await, Err(Error::NameIsFixed(_))));
            let same = Changes { username: Some(name(fixed)), ..Changes::default() };
            changed(&store, fixed, same).await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_administrator_stays() {
        let (store, _) = with_ada().await;
        let demoted = || Changes { admin: Some(false), ..Changes::default() };
        let gone = || store.write(|tx| Box::pin(async move { deactivate(tx, &name(ADMIN), None).await.map(drop) }));
        assert!(matches!(changed(&store, ADMIN, demoted()).await, Err(Error::LastAdmin)));
        assert!(matches!(gone().await, Err(Error::LastAdmin)));
        changed(&store, "ada", Changes { admin: Some(true), ..Changes::default() }).await.unwrap();
        gone().await.unwrap();
        assert!(matches!(changed(&store, "ada", demoted()).await, Err(Error::LastAdmin)));
    }

    #[tokio::test]
    async fn a_deactivation_ends_sessions_and_holds_the_queue_until_activation() {
        let (store, ada) = with_ada().await;
        let hash = Token::generate(Kind::Session).hash();
        let new = NewSession {
            user: ada.id,
            token: hash,
            kind: SessionKind::AccessToken,
            name: String::new(),
            address: String::new(),
            expires_at: Timestamp::now() + std::time::Duration::from_secs(60),
        };
        store.write(|tx| Box::pin(store::sessions::create(tx, new))).await.unwrap();
        let id = ada.id;
        let asset = store.write(move |tx| Box::pin(store::assets::create(tx, new_command(id)))).await.unwrap();

        let gone = store.write(|tx| Box::pin(async { deactivate(tx, &name("ada"), None).await })).await.unwrap();
        assert_eq!((gone.ended, gone.killed.len(), gone.left, gone.user.active), (vec![hash], 0, 1, false));
        assert!(store::tasks::oldest_queued(store.read(), 1).await.unwrap().is_empty());
        let reason = async || store::assets::get(store.read(), asset.id).await.unwrap().state_reason;
        assert_eq!(reason().await, "waits for its owner, ada, to be active again");
        let task = asset.latest_task.id;
        store.write(|tx| Box::pin(async { deactivate(tx, &name("ada"), None).await.map(drop) })).await.unwrap();
        let told = store::asset_events::list(store.read(), asset.id, None, 10).await.unwrap();
        let told: Vec<_> = told.iter().map(|event| (event.state, event.reason.as_str())).collect();
        let held = (State::Queued, "waits for its owner, ada, to be active again");
        assert_eq!(told, [held, (State::Queued, "")], "newest first, and once");
        let late = "no agent is connected".to_owned();
        store.write(move |tx| Box::pin(lifecycle::explain(tx, task, late))).await.unwrap();
        assert_eq!(reason().await, "waits for its owner, ada, to be active again", "who read the queue before is late");
        let create = store.write(move |tx| Box::pin(store::assets::create(tx, new_command(id)))).await;
        assert!(matches!(create, Err(Error::TokenInvalid)), "a call that was on its way comes too late");

        store.write(|tx| Box::pin(async { activate(tx, &name("ada")).await })).await.unwrap();
        assert!(!store::tasks::oldest_queued(store.read(), 1).await.unwrap().is_empty());
        assert_eq!(reason().await, "");
        assert!(store::sessions::find(store.read(), &hash).await.unwrap().is_none(), "what has ended stays ended");
    }

    #[tokio::test]
    async fn a_deactivation_is_rehearsed_by_the_same_rules() {
        let (store, ada) = with_ada().await;
        let id = ada.id;
        let asset = store.write(move |tx| Box::pin(store::assets::create(tx, new_command(id)))).await.unwrap();
        let rehearsed = async |who: &'static str, by: Option<&'static str>| {
            let (who, by) = (name(who), by.map(name));
            store.rehearse(|tx| Box::pin(async move { deactivate(tx, &who, by.as_ref()).await })).await
        };
        let told = rehearsed("ada", Some(ADMIN)).await.unwrap();
        assert_eq!((told.killed.len(), told.left, told.user.active), (1, 0, false));
        assert_eq!(rehearsed("ada", None).await.unwrap().left, 1);
        assert!(matches!(rehearsed(ADMIN, None).await, Err(Error::LastAdmin)));
        assert!(store::users::get(store.read(), &name("ada")).await.unwrap().active);
        let asset = store::assets::get(store.read(), asset.id).await.unwrap();
        assert_eq!((asset.state, asset.state_reason.as_str()), (State::Queued, ""));
    }

    #[tokio::test]
    async fn a_deactivation_kills_where_asked() {
        let (store, ada) = with_ada().await;
        let id = ada.id;
        let asset = store.write(move |tx| Box::pin(store::assets::create(tx, new_command(id)))).await.unwrap();
        let by = name(ADMIN);
        let gone = store.write(|tx| Box::pin(async move { deactivate(tx, &name("ada"), Some(&by)).await }));
        let gone = gone.await.unwrap();
        assert_eq!((gone.killed.len(), gone.left), (1, 0));
        let asset = store::assets::get(store.read(), asset.id).await.unwrap();
        assert_eq!((asset.state, asset.state_reason.as_str()), (State::Killed, "killed by admin"));
    }
}
