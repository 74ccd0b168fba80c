//! What clients call. Each call is timed to its answer; one that goes on, to its first one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use integration_tests::Client;
use integration_tests::fleet::Program;
use pedl_proto::v1::{
    AssetFilter, GetAssetRequest, GetCurrentSessionRequest, KillAssetRequest, ListAssetsRequest, LogoutRequest,
    ReadLogsRequest, WatchAssetsRequest,
};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tonic::{Code, Response, Status};

use crate::promises::{Known, Promises};
use crate::tally::Tally;

/// How long an answer may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
const WATCHED_FOR: Duration = Duration::from_secs(5);
/// Calls of one sort under way at most; those beyond are counted and not made.
const UNDER_WAY: usize = 200;
const LINES: u32 = 20;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Create,
    ListMine,
    ListAll,
    Watch,
    Describe,
    Follow,
    Kill,
    Login,
}

impl Sort {
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::ListMine,
        Self::ListAll,
        Self::Watch,
        Self::Describe,
        Self::Follow,
        Self::Kill,
        Self::Login,
    ];
}

/// What all who call share.
pub struct Calls {
    pub url: String,
    pub members: Vec<String>,
    pub clients: Vec<Client>,
    pub run_for: Duration,
    pub tally: Arc<Tally>,
    pub promises: Arc<Promises>,
}

impl Calls {
    /// Makes calls of a sort, so many a second whatever becomes of them, for ever.
    pub async fn keep_calling(self: Arc<Self>, sort: Sort, rate: f64) {
        if rate <= 0.0 {
            return;
        }
        let room = Arc::new(Semaphore::new(UNDER_WAY));
        let mut pace = interval(Duration::from_secs_f64(1.0 / rate));
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for number in 0.. {
            pace.tick().await;
            let Ok(permit) = room.clone().try_acquire_owned() else {
                self.tally.skipped(sort);
                continue;
            };
            let calls = self.clone();
            tokio::spawn(async move {
                let start = Instant::now();
                if let Err(status) = calls.call(sort, number, start).await {
                    calls.tally.failed(sort, &status);
                }
                drop(permit);
            });
        }
    }

    async fn call(&self, sort: Sort, number: usize, start: Instant) -> Result<(), Status> {
        let client = &self.clients[number % self.clients.len()];
        match sort {
            Sort::Create => self.create(client, number, start).await,
            Sort::ListMine => self.list(client, false, start).await.map(drop),
            Sort::ListAll => self.list(client, true, start).await.map(drop),
            Sort::Watch => self.watch(client, start).await,
            Sort::Describe => self.describe(client, start).await,
            Sort::Follow => self.follow(client, start).await,
            Sort::Kill => self.kill(start).await,
            Sort::Login => self.login(number, start).await,
        }
    }

    async fn create(&self, client: &Client, number: usize, start: Instant) -> Result<(), Status> {
        let exit_code = [0, 0, 0, 3, 41][number % 5];
        let program = Program { run_for: self.run_for, exit_code, lines: LINES };
        let request = client.request(program.request("", &format!("load {number}")));
        let asset = answer(client.assets.clone().create_asset(request)).await?.asset;
        self.tally.answered(Sort::Create, start);
        let asset = asset.ok_or_else(|| Status::internal("no asset came back"))?;
        let task = asset.latest_task.map(|task| task.id).unwrap_or_default();
        self.promises
            .acknowledge(asset.id, Known { exit_code, killed: false, client: number % self.clients.len(), task });
        Ok(())
    }

    async fn list(&self, client: &Client, all_owners: bool, start: Instant) -> Result<String, Status> {
        let filter = Some(AssetFilter { all_owners, ..AssetFilter::default() });
        let request = client.request(ListAssetsRequest { filter, page_size: 100, ..ListAssetsRequest::default() });
        let page = answer(client.assets.clone().list_assets(request)).await?;
        self.tally.answered(if all_owners { Sort::ListAll } else { Sort::ListMine }, start);
        Ok(page.watch_cursor)
    }

    async fn watch(&self, client: &Client, start: Instant) -> Result<(), Status> {
        let cursor = self.list(client, true, start).await?;
        let filter = Some(AssetFilter { all_owners: true, ..AssetFilter::default() });
        let start = Instant::now();
        let watch = client.request(WatchAssetsRequest { filter, cursor });
        let mut changes = answer(client.assets.clone().watch_assets(watch)).await?;
        self.tally.answered(Sort::Watch, start);
        let reading = async {
            while changes.message().await?.is_some() {}
            Ok(())
        };
        timeout(WATCHED_FOR, reading).await.unwrap_or(Ok(()))
    }

    async fn describe(&self, client: &Client, start: Instant) -> Result<(), Status> {
        let Some((id, _)) = self.promises.any() else { return Ok(()) };
        let request = client.request(GetAssetRequest { id, ..GetAssetRequest::default() });
        match answer(client.assets.clone().get_asset(request)).await {
            Err(status) if status.code() == Code::NotFound => self.promises.lost(id),
            Err(status) => return Err(status),
            Ok(_) => self.tally.answered(Sort::Describe, start),
        }
        Ok(())
    }

    async fn follow(&self, client: &Client, start: Instant) -> Result<(), Status> {
        let Some((id, task_id)) = self.promises.newest() else { return Ok(()) };
        let request = client.request(ReadLogsRequest { task_id, follow: true, ..ReadLogsRequest::default() });
        let mut log = answer(client.assets.clone().read_logs(request)).await?;
        let mut next = 0;
        while let Some(response) = log.message().await? {
            if next == 0 {
                self.tally.answered(Sort::Follow, start);
            }
            for entry in response.entries {
                if entry.offset != next {
                    self.promises
                        .broke(format!("the log of asset {id} goes on with {} after {next} entries", entry.offset));
                }
                next = entry.offset + 1;
            }
        }
        Ok(())
    }

    async fn kill(&self, start: Instant) -> Result<(), Status> {
        let Some((id, client)) = self.promises.to_kill() else { return Ok(()) };
        let client = &self.clients[client];
        let request = client.request(KillAssetRequest { id, ..KillAssetRequest::default() });
        answer(client.assets.clone().kill_asset(request)).await?;
        self.tally.answered(Sort::Kill, start);
        Ok(())
    }

    /// In, who am I, out; and after that I am nobody.
    async fn login(&self, number: usize, start: Instant) -> Result<(), Status> {
        let member = &self.members[number % self.members.len()];
        let client = Client::try_login(&self.url, member).await?;
        self.tally.answered(Sort::Login, start);
        let mut sessions = client.sessions.clone();
        answer(sessions.get_current_session(client.request(GetCurrentSessionRequest {}))).await?;
        answer(sessions.logout(client.request(LogoutRequest {}))).await?;
        match answer(sessions.get_current_session(client.request(GetCurrentSessionRequest {}))).await {
            Ok(_) => self.promises.broke(format!("{member} was let in after a logout")),
            Err(status) if status.code() == Code::Unauthenticated => {}
            Err(status) => return Err(status),
        }
        Ok(())
    }
}

async fn answer<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Status> {
    match timeout(ANSWERED_WITHIN, call).await {
        Ok(answer) => answer.map(Response::into_inner),
        Err(_) => Err(Status::deadline_exceeded("no answer came in time")),
    }
}
