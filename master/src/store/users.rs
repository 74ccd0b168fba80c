//! Accounts.

use jiff::Timestamp;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, SqlErr,
};

use super::Tx;
use super::columns::{from_gids_text, from_micros, to_gids_text, to_micros};
use super::entities::users;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::users::{AgentUser, Umask, UnixName, User, Username};

/// An account to be.
pub struct NewUser {
    pub username: Username,
    pub display_name: String,
    pub admin: bool,
}

/// An account, and its password's hash where it has a password.
#[derive(Debug)]
pub struct Credentials {
    pub user: User,
    pub password_hash: Option<String>,
}

/// Creates an active account with a blank password.
pub async fn create(tx: &Tx, new: NewUser) -> Result<User> {
    let row = users::ActiveModel {
        username: Set(new.username.as_str().into()),
        display_name: Set(new.display_name),
        admin: Set(new.admin),
        active: Set(true),
        created_at: Set(to_micros(Timestamp::now())),
        ..Default::default()
    };
    match row.insert(&**tx).await {
        Ok(row) => Ok(from_row(row)),
        Err(error) if is_taken(&error) => Err(Error::UserExists(new.username)),
        Err(error) => Err(error.into()),
    }
}

pub async fn get(db: &impl ConnectionTrait, username: &Username) -> Result<User> {
    Ok(from_row(get_row(db, username).await?))
}

pub async fn get_by_id(db: &impl ConnectionTrait, id: UserId) -> Result<User> {
    let row = users::Entity::find_by_id(id.0).one(db).await?;
    row.map(from_row).ok_or_else(|| Error::Internal(format!("account {id} is gone")))
}

pub async fn find_credentials(db: &impl ConnectionTrait, username: &Username) -> Result<Option<Credentials>> {
    let row = find_row(db, username).await?;
    Ok(row.map(|mut row| Credentials { password_hash: row.password_hash.take(), user: from_row(row) }))
}

/// The accounts after `after`, by name.
pub async fn list(db: &impl ConnectionTrait, after: Option<&Username>, limit: u64) -> Result<Vec<User>> {
    let mut query = users::Entity::find().order_by_asc(users::Column::Username).limit(limit);
    if let Some(after) = after {
        query = query.filter(users::Column::Username.gt(after.as_str()));
    }
    Ok(query.all(db).await?.into_iter().map(from_row).collect())
}

/// Active accounts that anyone can log in to.
pub async fn list_blank(db: &impl ConnectionTrait) -> Result<Vec<User>> {
    let query = users::Entity::find()
        .filter(users::Column::Active.eq(true))
        .filter(users::Column::PasswordHash.is_null())
        .order_by_asc(users::Column::Username);
    Ok(query.all(db).await?.into_iter().map(from_row).collect())
}

/// What is to change of an account.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub username: Option<Username>,
    pub display_name: Option<String>,
    pub admin: Option<bool>,
    pub active: Option<bool>,
}

pub async fn update(tx: &Tx, username: &Username, changes: Changes) -> Result<User> {
    let mut row = get_row(&**tx, username).await?.into_active_model();
    let Changes { username: name, display_name, admin, active } = changes;
    if let Some(name) = &name {
        row.username = Set(name.as_str().into());
    }
    if let Some(display_name) = display_name {
        row.display_name = Set(display_name);
    }
    if let Some(admin) = admin {
        row.admin = Set(admin);
    }
    if let Some(active) = active {
        row.active = Set(active);
    }
    if !row.is_changed() {
        return get(&**tx, username).await;
    }
    match (row.update(&**tx).await, name) {
        (Ok(row), _) => Ok(from_row(row)),
        (Err(error), Some(name)) if is_taken(&error) => Err(Error::UserExists(name)),
        (Err(error), _) => Err(error.into()),
    }
}

/// Sets a password's hash, where it is still `from`; answers the account, or none where it was not.
pub async fn set_password(tx: &Tx, id: UserId, from: Option<String>, to: Option<String>) -> Result<Option<User>> {
    let row = users::Entity::find_by_id(id.0).one(&**tx).await?.filter(|row| row.password_hash == from);
    let Some(row) = row else { return Ok(None) };
    if from == to {
        return Ok(Some(from_row(row)));
    }
    let mut row = row.into_active_model();
    row.password_hash = Set(to);
    Ok(Some(from_row(row.update(&**tx).await?)))
}

pub async fn count_active_admins(db: &impl ConnectionTrait) -> Result<u64> {
    let admins = users::Entity::find().filter(users::Column::Active.eq(true)).filter(users::Column::Admin.eq(true));
    Ok(admins.count(db).await?)
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Links an account, or, with `None`, takes its link away.
pub async fn link_agent_user(tx: &Tx, username: &Username, link: Option<AgentUser>) -> Result<User> {
    let mut row = get_row(&**tx, username).await?.into_active_model();
    let link = link.as_ref();
    row.agent_user = Set(link.map(|link| link.user.as_str().into()));
    row.agent_uid = Set(link.map(|link| link.uid.into()));
    row.agent_group = Set(link.map(|link| link.group.as_str().into()));
    row.agent_gid = Set(link.map(|link| link.gid.into()));
    row.agent_supplementary_gids = Set(link.map(|link| to_gids_text(&link.supplementary_gids)));
    row.agent_umask = Set(link.and_then(|link| link.umask).map(Umask::bits));
    Ok(from_row(row.update(&**tx).await?))
}

async fn get_row(db: &impl ConnectionTrait, username: &Username) -> Result<users::Model> {
    find_row(db, username).await?.ok_or_else(|| Error::UserNotFound(username.clone()))
}

async fn find_row(db: &impl ConnectionTrait, username: &Username) -> Result<Option<users::Model>> {
    Ok(users::Entity::find().filter(users::Column::Username.eq(username.as_str())).one(db).await?)
}

pub(super) fn from_row(row: users::Model) -> User {
    User {
        id: UserId(row.id),
        username: Username::from_store(row.username),
        display_name: row.display_name,
        admin: row.admin,
        active: row.active,
        agent_user: agent_user(
            (row.agent_user, row.agent_uid),
            (row.agent_group, row.agent_gid),
            row.agent_supplementary_gids,
            row.agent_umask,
        ),
        created_at: from_micros(row.created_at),
    }
}

/// An agent user from its columns: user and group are set together; without the others, a link has none of them.
pub(super) fn agent_user(
    (user, uid): (Option<String>, Option<i64>),
    (group, gid): (Option<String>, Option<i64>),
    supplementary_gids: Option<String>,
    umask: Option<i32>,
) -> Option<AgentUser> {
    Some(AgentUser {
        user: UnixName::from_store(user?),
        uid: u32::try_from(uid?).ok()?,
        group: UnixName::from_store(group?),
        gid: u32::try_from(gid?).ok()?,
        supplementary_gids: from_gids_text(&supplementary_gids.unwrap_or_default()),
        umask: umask.and_then(|bits| Umask::parse(bits.into()).ok()),
    })
}

#[cfg(test)]
mod tests {
    use crate::store::tests::{open, user_named};

    use super::*;

    #[tokio::test]
    async fn a_fresh_cluster_has_two_accounts_with_blank_passwords() {
        let store = open().await;
        let blank = list_blank(store.read()).await.unwrap();
        let shown: Vec<_> = blank.iter().map(|user| (user.username.as_str(), user.admin)).collect();
        assert_eq!(shown, [("admin", true), ("pedl", false)]);
    }

    #[tokio::test]
    async fn lists_go_on_where_the_last_page_ended() {
        let store = open().await;
        for name in ["ada", "bob", "cy"] {
            store.write(move |tx| Box::pin(create(tx, user_named(name)))).await.unwrap();
        }
        let after = Username::parse("admin").unwrap();
        let page = list(store.read(), Some(&after), 2).await.unwrap();
        assert_eq!(page.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["bob", "cy"]);
    }

    #[tokio::test]
    async fn a_link_replaces_the_one_before() {
        let store = open().await;
        let ada = Username::parse("ada").unwrap();
        store.write(|tx| Box::pin(create(tx, user_named("ada")))).await.unwrap();
        let plain = AgentUser { uid: 1234, ..AgentUser::root() };
        let largest = u32::MAX >> 1;
        let full = AgentUser {
            uid: largest,
            supplementary_gids: vec![largest; 64],
            umask: Umask::parse(0).ok(),
            ..AgentUser::root()
        };
        for link in [Some(plain.clone()), Some(full), Some(plain), None, None] {
            let (name, expected) = (ada.clone(), link.clone());
            store.write(|tx| Box::pin(async move { link_agent_user(tx, &name, link).await })).await.unwrap();
            assert_eq!(get(store.read(), &ada).await.unwrap().agent_user, expected);
        }
        let nobody = Username::parse("nobody").unwrap();
        let link = store.write(|tx| Box::pin(async move { link_agent_user(tx, &nobody, None).await })).await;
        assert!(matches!(link, Err(Error::UserNotFound(_))));
    }
}
