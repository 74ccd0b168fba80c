//! Lists of many accounts.

use std::hint::black_box;
use std::time::Instant;

use integration_tests::{Cluster, Settings};
use pedl_proto::v1::ListUsersRequest;
use pedl_proto::v1::user_service_client::UserServiceClient;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::master::{authorization, database};
use crate::report::{Report, median};

const USERS: u32 = 100_000;
const PAGE: i32 = 100;
const ROUNDS: usize = 200;

/// What the master asks for the first page: one more than it shows.
const FIRST_PAGE: &str = "SELECT * FROM users ORDER BY username LIMIT 101";

pub fn measure(report: &mut Report) {
    let mut cluster = Settings::default().agents(0).start();
    cluster.kill_master();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
    runtime.block_on(fill(&cluster));
    cluster.start_master();
    runtime.block_on(async {
        let database = database(&cluster, "ro").await;
        let channel = Channel::from_shared(cluster.url()).expect("it is a URL").connect().await;
        let mut lists = Lists::open(channel.expect("the master accepts")).await;
        let (mut ours, mut theirs, mut ratios) = (vec![], vec![], vec![]);
        for round in 0..=ROUNDS {
            let start = Instant::now();
            let rows = database.query_all_raw(Statement::from_string(DbBackend::Sqlite, FIRST_PAGE)).await;
            assert_eq!(rows.expect("the database is read").iter().map(read).count(), 101);
            let their_time = start.elapsed().as_secs_f64();
            let (our_time, _) = lists.page(String::new()).await;
            if round > 0 {
                ours.push(our_time);
                theirs.push(their_time);
                ratios.push(our_time / their_time);
            }
        }
        let ms = |times| median(times) * 1000.0;
        let detail = format!("{:.2} ms against {:.2} ms, medians of {ROUNDS}", ms(ours), ms(theirs));
        report.at_most("first page of 100,000 users against the same SQL", median(ratios), 2.0, "", &detail);

        let last_page = lists.last_page().await;
        let (mut first, mut last, mut ratios) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            let (of_first, of_last) = (lists.page(String::new()).await.0, lists.page(last_page.clone()).await.0);
            first.push(of_first);
            last.push(of_last);
            ratios.push(of_last / of_first);
        }
        let detail = format!("{:.2} ms against {:.2} ms, medians of {ROUNDS}", ms(last), ms(first));
        report.at_most("last full page of 100,000 users against the first", median(ratios), 1.1, "", &detail);
    });
}

/// Takes the values out of a row, as whoever uses it does.
fn read(row: &QueryResult) {
    for name in ["id", "created_at"] {
        black_box(row.try_get::<i64>("", name).expect("it is a number"));
    }
    for name in ["username", "display_name"] {
        black_box(row.try_get::<String>("", name).expect("it is a text"));
    }
    for name in ["admin", "active"] {
        black_box(row.try_get::<bool>("", name).expect("it is true or false"));
    }
    for name in ["password_hash", "agent_user", "agent_group", "agent_supplementary_gids"] {
        black_box(row.try_get::<Option<String>>("", name).expect("it is a text or null"));
    }
    for name in ["agent_uid", "agent_gid", "agent_umask"] {
        black_box(row.try_get::<Option<i64>>("", name).expect("it is a number or null"));
    }
}

/// Beside the master, which does not run.
async fn fill(cluster: &Cluster) {
    let database = database(cluster, "rw").await;
    let rows = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {USERS}) \
         INSERT INTO users (username, display_name, admin, active, created_at) \
         SELECT printf('user%06d', n), 'A User', 0, 1, 0 FROM numbers"
    );
    database.execute_unprepared(&rows).await.expect("the rows can be inserted");
    database.close().await.expect("the database can be closed");
}

/// Asks the master.
struct Lists {
    client: UserServiceClient<Channel>,
    authorization: MetadataValue<Ascii>,
}

impl Lists {
    async fn open(channel: Channel) -> Self {
        Self { authorization: authorization(channel.clone()).await, client: UserServiceClient::new(channel) }
    }

    /// How many seconds a page took, and where the next one starts.
    async fn page(&mut self, page_token: String) -> (f64, String) {
        let mut request = Request::new(ListUsersRequest { page_size: PAGE, page_token });
        request.metadata_mut().insert("authorization", self.authorization.clone());
        let start = Instant::now();
        let page = self.client.list_users(request).await.expect("the list is answered").into_inner();
        (start.elapsed().as_secs_f64(), page.next_page_token)
    }

    /// Where the last page starts that has one after it.
    async fn last_page(&mut self) -> String {
        let (mut before, mut last) = (String::new(), String::new());
        loop {
            let (_, next) = self.page(last.clone()).await;
            if next.is_empty() {
                return before;
            }
            before = std::mem::replace(&mut last, next);
        }
    }
}
