//! Lists of assets by state, description and end, texts in descriptions, and watches.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Whole or not at all, on SQLite too.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let renamed = big_integer("names_revision").default(0).take();
        manager.alter_table(Table::alter().table("cluster").add_column(renamed).take()).await?;
        let text = if manager.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        for sql in [text, INDEXES] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

/// By description and by end only what has ended: that is written once for each asset, and no change of state before it
/// touches those four. An order with two keys is a range of an index where the second runs as it does there, or both do
/// the other way.
const INDEXES: &str = "
    CREATE INDEX assets_by_revision ON assets (revision, id);
    CREATE INDEX assets_by_state ON assets (kind, state, id);
    CREATE INDEX assets_by_owner_and_state ON assets (owner_id, kind, state, id);
    CREATE INDEX ended_assets_by_description
        ON assets (kind, state, description, id DESC) WHERE ended_at IS NOT NULL;
    CREATE INDEX ended_assets_by_owner_and_description
        ON assets (owner_id, kind, state, description, id DESC) WHERE ended_at IS NOT NULL;
    CREATE INDEX ended_assets_by_end
        ON assets (kind, state, ended_at, id) WHERE ended_at IS NOT NULL;
    CREATE INDEX ended_assets_by_owner_and_end
        ON assets (owner_id, kind, state, ended_at, id) WHERE ended_at IS NOT NULL;
";

/// The index keeps no text, but for each three letters where they are. Two blanks at the end let the last letter begin
/// three, too: so what is shorter than three is found as the beginning of some. A description never changes and no asset
/// is removed, so there is nothing to take out again.
///
/// A thousand assets are put in at once, since that costs a tenth of putting them in one by one (measured: 13 against
/// 330 µs each). Who looks for a text looks at those beyond the last that is in the index, too.
const SQLITE: &str = "
    CREATE VIRTUAL TABLE assets_text USING fts5 (description, content='', tokenize='trigram');
    CREATE VIRTUAL TABLE assets_text_words USING fts5vocab (assets_text, instance);
    INSERT INTO assets_text (rowid, description) SELECT id, description || '  ' FROM assets;
    CREATE TRIGGER assets_text_insert AFTER INSERT ON assets
    WHEN new.id >= 1000 + (SELECT COALESCE(MAX(id), 0) FROM assets_text_docsize) BEGIN
        INSERT INTO assets_text (rowid, description) SELECT id, description || '  ' FROM assets
            WHERE id > (SELECT COALESCE(MAX(id), 0) FROM assets_text_docsize);
    END;
";

/// The collation \"C\" compares bytes and folds A to Z alone, as SQLite does. Where the extension is not installed, or may
/// not be, texts are looked for in all rows.
const POSTGRES: &str = "
    ALTER TABLE assets ALTER COLUMN description TYPE text COLLATE \"C\";
    DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX assets_by_text ON assets USING gin (description gin_trgm_ops);
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR undefined_object OR feature_not_supported THEN
        RAISE WARNING 'lists of assets by text will be slow without the extension pg_trgm: %', SQLERRM;
    END $$;
";
