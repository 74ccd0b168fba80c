//! Lists of very many assets.

use std::hint::black_box;
use std::time::Instant;

use integration_tests::{Cluster, Settings};
use pedl_proto::v1::asset_service_client::AssetServiceClient;
use pedl_proto::v1::{AssetFilter, AssetKind, AssetOrder, AssetState, ListAssetsRequest};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, QueryResult, Statement};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::master::{authorization, database};
use crate::report::{Report, median};

const ASSETS: u32 = 1_000_000;
/// What a list of so many is measured against.
const FEW: u32 = 10_000;
const OWNERS: u32 = 20;
/// Of the newest, how many have not ended.
const LIVE: u32 = 1000;
const PAGE: i32 = 100;
/// Of each filter; of those whose ratio is asked for, more.
const ROUNDS: usize = 20;
const RATIO_ROUNDS: usize = 200;
/// How far into a list.
const DEPTH: u32 = 100_000;

/// Whose an asset is, and in which state: as by chance, so that nothing goes along with anything else.
const OWNER: &str = "1 + n * 2654435761 / 65536 % 20";
const LIVE_STATE: &str = "CASE WHEN n % 4 THEN 'QUEUED' ELSE 'RUNNING' END";
const END: &str = "CASE n * 2246822519 / 65536 % 10 WHEN 0 THEN 'KILLED' WHEN 1 THEN 'FAILED' WHEN 2 THEN 'FAILED' \
                   ELSE 'COMPLETED' END";
/// What a team's descriptions are like.
const DESCRIPTION: &str = "CASE n % 8 \
    WHEN 0 THEN printf('python train.py --model resnet50 --lr 0.%03d --seed %d', n * 31 % 1000, n) \
    WHEN 1 THEN printf('python evaluate.py --checkpoint /data/checkpoints/%06d.pt', n) \
    WHEN 2 THEN printf('torchrun --nproc-per-node 8 pretrain.py --config llama-%d.yaml', n % 997) \
    WHEN 3 THEN printf('bash sweep.sh batch=%d dropout=0.%d', n % 512, n % 10) \
    WHEN 4 THEN 'nvidia-smi' \
    WHEN 5 THEN printf('Fine-tune BERT on SQuAD, run %d', n) \
    WHEN 6 THEN printf('python preprocess.py --shard %05d-of-10000', n % 10000) \
    ELSE printf('debug dataloader worker %d', n % 64) END";

/// What a command of a few flags is stored as.
const SPEC: &str = r#"{"argv":["python","train.py","--model","resnet50","--lr","0.1"],"container":{
    "image":"pedl-task:0.1.0","environment_variables":{"WANDB_MODE":"offline"},"bind_mounts":[{"host_path":"/data",
    "container_path":"/data","read_only":true,"propagation":"rprivate"}],"work_dir":"/work","slots":1,
    "shm_size":4294967296}}"#;

/// What the master asks for the first page of `pedl`'s own: one more than it shows, then their owner and tasks.
const FIRST_PAGE: [&str; 3] = [
    "SELECT * FROM assets WHERE owner_id = 2 ORDER BY id DESC LIMIT 101",
    "SELECT * FROM users WHERE id = 2",
    "SELECT * FROM tasks WHERE asset_id IN (SELECT id FROM assets WHERE owner_id = 2 ORDER BY id DESC LIMIT 101) \
     ORDER BY id",
];

pub fn measure(report: &mut Report) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    let (cluster, small_cluster) = (with_assets(ASSETS, &runtime), with_assets(FEW, &runtime));
    runtime.block_on(async {
        let (mut lists, mut small) = (Lists::of(&cluster).await, Lists::of(&small_cluster).await);
        filters(&mut lists, report).await;
        depth(&mut lists, report).await;
        against_sql(&mut lists, &database(&cluster, "ro").await, report).await;
        against_few(&mut lists, &mut small, report).await;
    });
}

fn with_assets(assets: u32, runtime: &tokio::runtime::Runtime) -> Cluster {
    let mut cluster = Settings::default().agents(0).start();
    cluster.kill_master();
    runtime.block_on(fill(&cluster, assets));
    cluster.start_master();
    cluster
}

/// What a person changes filters to, one after another; no page is asked for twice in turn.
async fn filters(lists: &mut Lists, report: &mut Report) {
    let mut medians = Vec::new();
    for (name, request) in changes() {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(lists.page(request.clone()).await.0);
        }
        medians.push((median(times) * 1000.0, name));
    }
    for (ms, name) in &medians {
        println!("  {name}: {ms:.1} ms");
    }
    let (worst, name) = medians.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are some");
    let detail = format!("the slowest: {name}; medians of {ROUNDS}");
    report.at_most("a change of filter over 1,000,000 assets", worst, 100.0, " ms", &detail);
}

fn changes() -> Vec<(&'static str, ListAssetsRequest)> {
    let mine = AssetFilter { kind: AssetKind::Command.into(), ..AssetFilter::default() };
    let all = AssetFilter { all_owners: true, ..AssetFilter::default() };
    let in_states = |states: &[AssetState], filter: &AssetFilter| AssetFilter {
        states: states.iter().map(|state| (*state).into()).collect(),
        ..filter.clone()
    };
    let with = |text: &str, filter: &AssetFilter| AssetFilter { text: text.into(), ..filter.clone() };
    let grace = AssetFilter { owner: "user05".into(), ..mine.clone() };
    let (failed, live) = ([AssetState::Failed], [AssetState::Queued, AssetState::Running]);
    let by = |order: AssetOrder, filter: &AssetFilter| ListAssetsRequest {
        filter: Some(filter.clone()),
        page_size: PAGE,
        page_token: String::new(),
        order: order.into(),
    };
    let newest = |filter: &AssetFilter| by(AssetOrder::Unspecified, filter);
    vec![
        ("mine", newest(&mine)),
        ("everybody's", newest(&all)),
        ("another's", newest(&grace)),
        ("oldest", by(AssetOrder::Oldest, &all)),
        ("running and queued", newest(&in_states(&live, &all))),
        ("failed", newest(&in_states(&failed, &all))),
        ("mine, failed", newest(&in_states(&failed, &mine))),
        ("a rare text", newest(&with("seed 777776", &all))),
        ("a frequent text", newest(&with("train", &all))),
        ("a frequent text in another case", newest(&with("PYTHON TRAIN", &all))),
        ("an absent text", newest(&with("quokka", &all))),
        ("an absent text of frequent pieces", newest(&with("python torchrun", &all))),
        ("a text of some thousands", newest(&with("llama-12", &all))),
        ("one letter", newest(&with("t", &all))),
        ("two letters", newest(&with("tr", &all))),
        ("two absent letters", newest(&with("zq", &all))),
        ("two letters of other scripts", newest(&with("é", &all))),
        ("another's failed with a frequent text", newest(&with("train", &in_states(&failed, &grace)))),
        ("another's with a frequent text that they never have", newest(&with("nvidia", &grace))),
        ("running with a frequent text", newest(&with("train", &in_states(&live, &all)))),
        ("by description", by(AssetOrder::Description, &all)),
        ("by description from the end, mine", by(AssetOrder::DescriptionDescending, &mine)),
        ("by description, failed with a frequent text", {
            by(AssetOrder::Description, &with("train", &in_states(&failed, &all)))
        }),
        ("by description, with a text of some thousands", by(AssetOrder::Description, &with("llama-12", &all))),
        ("ended last", by(AssetOrder::EndedLast, &all)),
        ("ended first, mine, failed", by(AssetOrder::EndedFirst, &in_states(&failed, &mine))),
        ("ended last, with a frequent text", by(AssetOrder::EndedLast, &with("train", &all))),
        ("an agent's", newest(&AssetFilter { agent: "node1".into(), ..all.clone() })),
    ]
}

/// Pages far into long lists against the first.
async fn depth(lists: &mut Lists, report: &mut Report) {
    let all = AssetFilter { all_owners: true, ..AssetFilter::default() };
    let failed = AssetFilter { states: vec![AssetState::Failed.into()], ..all.clone() };
    let orders = [
        ("newest", AssetOrder::Unspecified, all.clone()),
        ("failed by description", AssetOrder::Description, failed),
        ("ended last", AssetOrder::EndedLast, all),
    ];
    for (name, order, filter) in orders {
        let request = ListAssetsRequest { filter: Some(filter), order: order.into(), ..ListAssetsRequest::default() };
        let first = ListAssetsRequest { page_size: PAGE, ..request.clone() };
        let mut deep = ListAssetsRequest { page_size: 500, ..request };
        for _ in 0..DEPTH / 500 {
            deep.page_token = lists.page(deep.clone()).await.1;
        }
        deep.page_size = PAGE;
        let (mut of_first, mut of_deep, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..RATIO_ROUNDS {
            let (one, other) = (lists.page(first.clone()).await.0, lists.page(deep.clone()).await.0);
            of_first.push(one);
            of_deep.push(other);
            ratios.push(other / one);
        }
        let figure = format!("page after {DEPTH} assets against the first, {name}");
        report.at_most(&figure, median(ratios), 1.5, "", &medians(of_deep, of_first));
    }
}

/// A member's newest against the queries that show them, in this process.
async fn against_sql(lists: &mut Lists, database: &DatabaseConnection, report: &mut Report) {
    let request = ListAssetsRequest { page_size: PAGE, ..ListAssetsRequest::default() };
    let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=RATIO_ROUNDS {
        let start = Instant::now();
        for query in FIRST_PAGE {
            let rows = database.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await;
            rows.expect("the database is read").iter().for_each(read);
        }
        let their_time = start.elapsed().as_secs_f64();
        let (our_time, _) = lists.page(request.clone()).await;
        if round > 0 {
            ours.push(our_time);
            theirs.push(their_time);
            ratios.push(our_time / their_time);
        }
    }
    let figure = "mine newest 100 of 1,000,000 assets against the same SQL";
    report.at_most(figure, median(ratios), 2.0, "", &medians(ours, theirs));
}

/// A member's newest of very many against those of a master that has few.
async fn against_few(lists: &mut Lists, small: &mut Lists, report: &mut Report) {
    let request = ListAssetsRequest { page_size: PAGE, ..ListAssetsRequest::default() };
    let (mut of_many, mut of_few, mut ratios) = (vec![], vec![], vec![]);
    for round in 0..=RATIO_ROUNDS {
        let (few, many) = (small.page(request.clone()).await.0, lists.page(request.clone()).await.0);
        if round > 0 {
            of_few.push(few);
            of_many.push(many);
            ratios.push(many / few);
        }
    }
    let figure = "mine newest 100 of 1,000,000 assets against of 10,000";
    report.at_most(figure, median(ratios), 1.2, "", &medians(of_many, of_few));
}

fn medians(ours: Vec<f64>, theirs: Vec<f64>) -> String {
    let ms = |times| median(times) * 1000.0;
    format!("{:.2} ms against {:.2} ms, medians of {RATIO_ROUNDS}", ms(ours), ms(theirs))
}

/// Takes the values out of a row, as whoever uses it does.
fn read(row: &QueryResult) {
    for column in row.column_names() {
        let text = row.try_get::<Option<String>>("", &column).map(black_box).is_ok();
        let number = !text && row.try_get::<Option<i64>>("", &column).map(black_box).is_ok();
        assert!(text || number || row.try_get::<Vec<u8>>("", &column).map(black_box).is_ok(), "{column} is read");
    }
}

/// Beside the master, which does not run.
async fn fill(cluster: &Cluster, assets: u32) {
    let database = database(cluster, "rw").await;
    let numbers = |to: u32| {
        format!("WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {to}) ")
    };
    let second = "* 1000000";
    let live = format!("n > {}", assets - LIVE);
    let statements = [
        numbers(OWNERS)
            + "INSERT INTO users (id, username, display_name, admin, active, created_at) \
               SELECT n, printf('user%02d', n), '', 0, 1, 0 FROM numbers WHERE n > 2",
        "INSERT INTO agents (name, credential_hash, credential_used, resource_pool, pool_is_fixed, enabled, slots, \
         slot_kind, version, registered_at, last_seen_at) VALUES ('node1', X'00', 1, 'default', 1, 1, 8, 'gpu', '', 0, 0)"
            .to_owned(),
        numbers(assets)
            + &format!(
                "INSERT INTO assets (kind, owner_id, description, state, state_reason, resource_pool, spec, revision, \
                 created_at, started_at, ended_at) \
                 SELECT 'command', {OWNER}, {DESCRIPTION}, \
                 CASE WHEN {live} THEN {LIVE_STATE} ELSE {END} END, '', 'default', '{SPEC}', 0, n {second}, n {second}, \
                 CASE WHEN {live} THEN NULL ELSE (n + n * 7919 % 3600) {second} END FROM numbers"
            ),
        "INSERT INTO tasks (id, asset_id, state, state_reason, slots, resource_pool, agent_id, exit_code, revision, \
         created_at, started_at, ended_at) \
         SELECT CAST(printf('%016d', id) AS BLOB), id, state, '', 1, 'default', \
         CASE state WHEN 'QUEUED' THEN NULL ELSE 1 END, CASE state WHEN 'COMPLETED' THEN 0 WHEN 'FAILED' THEN 1 END, 0, \
         created_at, started_at, ended_at FROM assets"
            .to_owned(),
    ];
    for statement in statements {
        database.execute_unprepared(&statement).await.expect("the rows can be inserted");
    }
    database.close().await.expect("the database can be closed");
}

/// Asks the master, as `pedl`.
struct Lists {
    client: AssetServiceClient<Channel>,
    authorization: MetadataValue<Ascii>,
}

impl Lists {
    async fn of(cluster: &Cluster) -> Self {
        let channel = Channel::from_shared(cluster.url()).expect("it is a URL").connect().await;
        let channel = channel.expect("the master accepts");
        Self { authorization: authorization(channel.clone()).await, client: AssetServiceClient::new(channel) }
    }

    /// How many seconds a page took, and where the next one starts.
    async fn page(&mut self, request: ListAssetsRequest) -> (f64, String) {
        let mut request = Request::new(request);
        request.metadata_mut().insert("authorization", self.authorization.clone());
        let start = Instant::now();
        let page = self.client.list_assets(request).await.expect("the list is answered").into_inner();
        (start.elapsed().as_secs_f64(), page.next_page_token)
    }
}
