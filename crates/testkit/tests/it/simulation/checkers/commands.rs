//! I5 from the vendors' ledgers: at most one effect a command, on the scan that was meant, while it was allowed; and
//! what people are told about a command is true.

use std::collections::HashMap;

use scanhelm_core::command::{Command, CommandKind, CommandState};

use super::Invariant as I;
use crate::simulation::vendor::{Effect, VendorScan};
use crate::simulation::world::{Company, World};

impl World {
    pub(super) async fn check_commands(&mut self) {
        for number in 0..self.vendors.len() {
            let effects: Vec<Effect> = self.vendors[number].state().ledger.effects.clone();
            let mut by_command: HashMap<String, Vec<&Effect>> = HashMap::new();
            for effect in &effects {
                match &effect.acting.command {
                    Some(command) => by_command.entry(command.clone()).or_default().push(effect),
                    None => self.broken(I::I5, format!("{} at a vendor without a command", effect.action)),
                }
            }
            let mut commands: Vec<_> = by_command.into_iter().collect();
            commands.sort_by(|a, b| a.0.cmp(&b.0));
            for (command, effects) in commands {
                if effects.len() > 1 {
                    self.broken(I::I5, format!("command {command} had {} effects: {effects:?}", effects.len()));
                }
                self.check_allowed(number, effects[0]).await;
            }
        }
        for index in 0..self.told.orders.len() {
            self.check_order(index).await;
        }
        for index in 0..self.told.created.len() {
            self.check_launched(index).await;
        }
    }

    /// Who asked for a scan and its first run has both, or was told why not.
    async fn check_launched(&mut self, index: usize) {
        let (company, id, vendor, launch) = self.told.created[index];
        let Some(row) = self.processes[0].store.scan(company, id).await.unwrap().filter(|_| launch) else {
            return;
        };
        let Some(uid) = row.link.as_ref().and_then(|link| self.uid_of(vendor, link)) else {
            return;
        };
        let idle = self.vendors[vendor].state().scans.values().any(|scan| scan.uid == uid && scan.runs.is_empty());
        let commands = self.processes[0].store.scan_commands(company, id).await.unwrap();
        let told = commands.iter().any(|found| match found.kind {
            CommandKind::Launch => found.state == CommandState::Refused,
            // Of a disabled integration, at which nobody looks.
            CommandKind::Create => found.state == CommandState::Unknown,
            _ => false,
        });
        if idle && !told {
            self.broken(I::I7, format!("scan {id} was to be launched with its creation, and never was: {commands:?}"));
        }
    }

    /// A deactivated company starts nothing. What was sent before cannot be called back.
    async fn check_allowed(&mut self, vendor: usize, effect: &Effect) {
        if !matches!(effect.action, "create" | "launch" | "resume") {
            return;
        }
        let owner = |company: &&Company| company.integrations.iter().any(|connected| connected.vendor == vendor);
        let company = self.companies.iter().find(owner).unwrap();
        let id = effect.acting.command.as_ref().and_then(|id| id.parse().ok());
        let command = match id {
            Some(id) => self.processes[0].store.command(company.grant.company, id).await.unwrap(),
            None => None,
        };
        let sent_at = command.and_then(|command| command.sent_at).unwrap_or(effect.at);
        let mut times = company.deactivated.iter();
        if times.any(|(from, until)| sent_at > *from && until.is_none_or(|until| sent_at < until)) {
            self.broken(I::I5, format!("{} was sent at {sent_at} for a deactivated company", effect.action));
        }
    }

    async fn check_order(&mut self, index: usize) {
        let order = &self.told.orders[index];
        let (id, vendor, meant, ordered_at) = (order.command, order.vendor, order.uid, order.at);
        let company = order.company;
        let Some(command) = self.processes[0].store.command(company, id).await.unwrap() else {
            self.broken(I::I7, format!("command {id} is forgotten"));
            return;
        };
        let effect = {
            let state = self.vendors[vendor].state();
            let found =
                state.ledger.effects.iter().find(|effect| effect.acting.command.as_deref() == Some(&id.to_string()));
            found.cloned()
        };
        if let (Some(effect), Some(meant)) = (&effect, meant)
            && effect.uid != meant
            && !self.could_not_know(vendor, effect)
        {
            let what = format!(
                "command {id} ({}) was for scan uid {meant}, and reached uid {}",
                command.kind.as_str(),
                effect.uid
            );
            self.broken(I::I5, what);
        }
        let enabled = self.processes[0].store.integration(company, command.integration_id).await.unwrap();
        if matches!(command.state, CommandState::Sent | CommandState::Unknown | CommandState::Recorded)
            && enabled.is_some_and(|integration| integration.enabled)
        {
            let what = format!(
                "command {id} ({}) of {ordered_at} is {} for ever",
                command.kind.as_str(),
                command.state.as_str()
            );
            self.broken(I::I7, what);
        }
        self.check_truth(vendor, meant, &command, effect.as_ref());
    }

    /// The vendor was reinstalled and has not yet said so.
    fn could_not_know(&self, vendor: usize, effect: &Effect) -> bool {
        let state = self.vendors[vendor].state();
        let incarnation = state.scan_of_uid(effect.uid).map(|scan| scan.incarnation.clone()).unwrap_or_default();
        let shown = state.ledger.shown.iter().find(|(shown, _)| *shown == incarnation);
        // A minute for what was on its way.
        shown.is_none_or(|(_, at)| effect.at < at.plus(std::time::Duration::from_mins(4)))
    }

    /// The vendor scan was created before any hub was shown its installation.
    pub(super) fn made_unawares(&self, vendor: usize, truth: &VendorScan) -> bool {
        let state = self.vendors[vendor].state();
        let shown = state.ledger.shown.iter().find(|(shown, _)| *shown == truth.incarnation);
        shown.is_none_or(|(_, at)| truth.created_at < *at)
    }

    /// "Refused" means that nothing happened; an accepted deletion that the vendor's copy is gone.
    fn check_truth(&mut self, vendor: usize, meant: Option<u64>, command: &Command, effect: Option<&Effect>) {
        let state = self.vendors[vendor].state();
        let present = |uid: u64| state.scans.values().any(|scan| scan.uid == uid);
        let named = format!("command {} ({})", command.id, command.kind.as_str());
        let wrong = match (command.kind, command.state, effect) {
            (CommandKind::Delete, CommandState::Accepted, _) if meant.is_some_and(present) => {
                Some(format!("{named} is accepted, and the vendor's copy is there"))
            }
            (CommandKind::Delete, ..) => None,
            // What a pause, resume or stop did may be undone before anyone looks; a run and a scan stay.
            (CommandKind::Launch | CommandKind::Create, CommandState::Refused, Some(effect))
                if present(effect.uid)
                    && command.scan_id.is_some()
                    && !self.told.linked.contains(&(vendor, effect.uid)) =>
            {
                Some(format!("{named} is refused ({:?}), and it happened at {}", command.detail, effect.at))
            }
            _ => None,
        };
        drop(state);
        if let Some(what) = wrong {
            self.broken(I::I5, what);
        }
    }
}
