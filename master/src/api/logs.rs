//! Reading logs: what somebody may ask for, and the stream that answers.

mod reader;

use std::pin::Pin;
use std::sync::Arc;

use futures::stream::{Stream, try_unfold};
use pedl_proto::v1::{ReadLogsRequest, ReadLogsResponse};
use tonic::Status;

use super::fields::Fields;
use super::{Api, convert};
use crate::error::Result;
use crate::ids::TaskId;
use crate::logs::Sought;
use crate::logs::search::Text;
use reader::Reader;

/// In characters.
const MAX_TEXT: usize = 256;

/// Entries on their way to a reader.
pub type LogStream = Pin<Box<dyn Stream<Item = Result<ReadLogsResponse, Status>> + Send>>;

/// What somebody wants of a log.
pub struct Wanted {
    task: TaskId,
    from: i64,
    tail: Option<i64>,
    follow: bool,
    limit: usize,
    sought: Arc<Sought>,
}

impl Wanted {
    pub fn parse(request: ReadLogsRequest) -> Result<Self> {
        let ReadLogsRequest { task_id, from_offset, tail, since, follow, limit, text } = request;
        let mut fields = Fields::default();
        fields.check(from_offset >= 0, "from_offset", "must not be negative");
        fields.check(tail.is_none_or(|tail| tail >= 0), "tail", "must not be negative");
        fields.check(limit >= 0, "limit", "must not be negative");
        let short = text.chars().nth(MAX_TEXT).is_none();
        fields.check(short, "text", format!("must be at most {MAX_TEXT} characters"));
        fields.finish()?;
        let since = since.map(|since| convert::time(Some(since), "since")).transpose()?;
        let limit = match limit {
            0 => usize::MAX,
            limit => usize::try_from(limit).unwrap_or(usize::MAX),
        };
        let text = Some(text).filter(|text| !text.is_empty()).map(|text| Text::new(&text));
        let sought = Arc::new(Sought { since, text });
        Ok(Self { task: convert::task_id(&task_id)?, from: from_offset, tail, follow, limit, sought })
    }
}

impl Api {
    /// Streams what is wanted. The stream ends when the task has ended and all is read, or, unless followed, when all is;
    /// or when as many entries have come as may.
    pub async fn stream_logs(&self, wanted: Wanted) -> Result<LogStream> {
        let reader =
            Reader::open(self.store.clone(), &self.task_news, self.shutdown.clone(), self.logs.retention, wanted);
        let reader = reader.await?;
        Ok(Box::pin(try_unfold(reader, |mut reader| async move {
            let response = reader.next().await?;
            Ok(response.map(|response| (response, reader)))
        })))
    }
}
