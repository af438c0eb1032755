//! `scanhelm scan --ai`: explains the worst findings when their scan is over.
//!
//! Results and exit code are settled by then. Explanations go to standard error, and so does their trouble.

use std::cmp::Reverse;
use std::time::Duration;

use clap::Args;
use scanhelm_core::explanation::Question;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;

use super::endpoint::Endpoint;
use super::{given, left_out, marked};
use crate::ci::Variables;
use crate::exit;

const TIME_LIMIT: Duration = Duration::from_mins(2);

#[derive(Args, Debug)]
pub(crate) struct AfterScan {
    /// Send the worst findings, redacted, to a language model, and print its explanations on standard error
    #[arg(long, conflicts_with = "watch")]
    ai: bool,
    /// So many findings at most
    #[arg(long, value_name = "N", default_value_t = 3, requires = "ai")]
    ai_limit: usize,
    /// OpenAI-compatible API that is asked
    #[arg(long, value_name = "URL", env = "SCANHELM_AI_ENDPOINT")]
    ai_endpoint: Option<String>,
    /// Model that is asked
    #[arg(long, value_name = "NAME", env = "SCANHELM_AI_MODEL")]
    ai_model: Option<String>,
}

impl AfterScan {
    pub(crate) const fn is_asked_for(&self) -> bool {
        self.ai
    }

    pub(crate) async fn tell<'a>(&self, findings: impl Iterator<Item = &'a FindingRecord>) {
        let place = |record: &FindingRecord| (record.scanner.clone(), record.rule_id.clone(), record.location.label());
        let mut worst: Vec<&FindingRecord> = findings.collect();
        worst.sort_by_cached_key(|record| (Reverse(record.severity), place(record)));
        worst.truncate(self.ai_limit);
        if worst.is_empty() {
            return;
        }
        if let Err(error) = self.explained(&worst).await {
            exit::say(&format!("warning: not explained: {error}; the results are whole"));
        }
    }

    /// Ends at the first trouble: the next question would meet it too.
    async fn explained(&self, worst: &[&FindingRecord]) -> Result<(), String> {
        let model = given(self.ai_model.as_ref()).ok_or("no model is named (--ai-model or SCANHELM_AI_MODEL)")?;
        let address =
            given(self.ai_endpoint.as_ref()).ok_or("no endpoint is named (--ai-endpoint or SCANHELM_AI_ENDPOINT)")?;
        let endpoint = Endpoint::of(&address, &Variables::of_process(), TIME_LIMIT)?;
        for record in worst {
            let question = Question::about(record, false);
            let explanation = endpoint.asked(&model, question.body(&model)).await?;
            exit::say(&format!("\n{}{}", marked(record, &single_line(&model, 100), &explanation), left_out(&question)));
        }
        Ok(())
    }
}
