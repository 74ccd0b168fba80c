//! The tables' history. A migration that has been released never changes.

mod m0001_foundation;
mod m0001_logs;
mod m0002_groups_and_umask;
mod m0002_log_sizes;
mod m0003_accounts;
mod m0004_lists;
mod m0005_asset_events;

use sea_orm::sea_query::Alias;
use sea_orm::{DatabaseConnection, DynIden};
use sea_orm_migration::sea_query::IntoIden;
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

use super::OpenError;

/// Everything but logs.
pub struct MainMigrator;

#[async_trait::async_trait]
impl MigratorTrait for MainMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_foundation::Migration),
            Box::new(m0002_groups_and_umask::Migration),
            Box::new(m0003_accounts::Migration),
            Box::new(m0004_lists::Migration),
            Box::new(m0005_asset_events::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("migrations").into_iden()
    }
}

/// Logs, which have a file of their own on SQLite.
pub struct LogMigrator;

#[async_trait::async_trait]
impl MigratorTrait for LogMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_logs::Migration), Box::new(m0002_log_sizes::Migration)]
    }

    fn migration_table_name() -> DynIden {
        Alias::new("log_migrations").into_iden()
    }
}

/// Applies what is missing; refuses a database that a newer master has written.
pub async fn migrate<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), OpenError> {
    let known: Vec<String> = M::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let applied = M::get_migration_models(db).await?;
    if let Some(newer) = applied.into_iter().find(|migration| !known.contains(&migration.version)) {
        return Err(OpenError::Newer(newer.version));
    }
    Ok(M::up(db, None).await?)
}
