//! Waiting for a job. Asking now and then is enough: the hub works whether we look or not.

use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::table::text;
use super::{Answer, RemoteError, unless_interrupted};

const FIRST_LOOK: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Waits for the job of a 202 answer and gives its result.
pub(super) async fn wait(client: &Client, accepted: &Value) -> Answer<Value> {
    let id = accepted
        .get("job_id")
        .and_then(Value::as_str)
        .ok_or_else(|| RemoteError::Unreachable("the hub accepted the work but names no job".to_owned()))?;
    let goes_on =
        format!("Interrupted. The work goes on at the hub as job {id}; `scanhelm status` shows what is open.");
    unless_interrupted(ended(client, id), goes_on).await
}

async fn ended(client: &Client, id: &str) -> Answer<Value> {
    let mut pause = FIRST_LOOK;
    loop {
        let job = client.get("look at the job", &["jobs", id], &[]).await?;
        match text(&job, "state").as_str() {
            "done" => return Ok(job.get("result").cloned().unwrap_or_default()),
            "failed" => return Err(RemoteError::Refused(text(&job, "error"))),
            "cancelled" => return Err(RemoteError::Refused("the job was cancelled".to_owned())),
            _ => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
