//! Whether a notice is muted: by a silence, or by a quiet hour.

use std::collections::{HashMap, HashSet};

use chrono::Timelike;

use crate::Result;
use crate::cold_chain::policy::Muted;
use crate::cold_chain::store::policies::{self, PolicyRow};
use crate::cold_chain::store::silences;
use crate::kernel::db::Tx;
use crate::kernel::ids::{ColdCellId, OrgId};
use crate::kernel::time::Timestamp;
use crate::kernel::zone::zone;

/// What is muted at a moment, for some cells.
pub(in crate::cold_chain) struct Mutes {
    now: Timestamp,
    policies: HashMap<OrgId, PolicyRow>,
    silenced: HashSet<ColdCellId>,
}

impl Mutes {
    /// Asks for all cells at once.
    pub async fn load(tx: &mut Tx, cells: impl Iterator<Item = (OrgId, ColdCellId)>, now: Timestamp) -> Result<Self> {
        let (orgs, cells): (HashSet<OrgId>, HashSet<ColdCellId>) = cells.unzip();
        if orgs.is_empty() {
            return Ok(Self { now, policies: HashMap::new(), silenced: HashSet::new() });
        }
        let (orgs, cells): (Vec<OrgId>, Vec<ColdCellId>) = (orgs.into_iter().collect(), cells.into_iter().collect());
        let policies = policies::policies(&mut *tx, &orgs).await?;
        let silenced = silences::silenced(&mut *tx, &orgs, &cells, now).await?;
        Ok(Self { now, policies, silenced })
    }

    /// The policy of an organisation that was asked for.
    pub fn policy(&self, org: OrgId) -> Option<&PolicyRow> {
        self.policies.get(&org)
    }

    /// Why a notice about a cell is muted, if it is. Level 0 is the opening.
    pub fn of(&self, org: OrgId, cell: ColdCellId, level: usize) -> Option<Muted> {
        if self.silenced.contains(&cell) {
            return Some(Muted::Silence);
        }
        let known = self.policies.get(&org)?;
        let local = self.now.to_utc().with_timezone(&zone(&known.time_zone));
        let minute = i64::from(local.hour() * 60 + local.minute());
        known.policy.is_quiet(level, minute).then_some(Muted::QuietHours)
    }
}
