//! What stops when an area is switched off. It is asked about first: nothing is lost, but people wait for it.

use crate::identity::model::Area;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::error::Conflict;
use crate::kernel::permission::Permission;
use crate::{Error, Result, cold_chain, leads, repairs};

/// What is under way in the areas that are on, as sentences about what stops with each. Of areas that the actor may not
/// see, nothing.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`: who may not switch an area off is not told how much is under way.
pub async fn under_way(app: &App, actor: &Actor) -> Result<Vec<(Area, String)>> {
    actor.require(Permission::SettingsManage)?;
    // One who manages the settings need not see the areas, and one that is off has nothing under way.
    let seen = |counted: Result<i64>| match counted {
        Err(Error::Forbidden(_) | Error::NotFound) => Ok(0),
        counted => counted,
    };
    let alerts = cold_chain::service::active_alerts_by_type(app, actor).await;
    let repairs = repairs::service::open_counts(app, actor).await;
    let leads = leads::service::new_count(app, actor).await;
    let counts = [
        (Area::ColdChain, seen(alerts.map(|by_type| by_type.values().sum()))?),
        (Area::Repairs, seen(repairs.map(|(by_status, _)| by_status.iter().map(|(_, count)| count).sum()))?),
        (Area::Leads, seen(leads)?),
    ];
    Ok(counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(area, count)| (area, what_stops(area, count)))
        .collect())
}

fn what_stops(area: Area, count: i64) -> String {
    match area {
        Area::ColdChain if count == 1 => {
            "Cold chain: 1 alert is active. Nobody is told of it any more, nor of new ones.".to_owned()
        }
        Area::ColdChain => {
            format!("Cold chain: {count} alerts are active. Nobody is told of them any more, nor of new ones.")
        }
        Area::Repairs if count == 1 => "Repairs: 1 is open. Its customer can follow it no longer.".to_owned(),
        Area::Repairs => format!("Repairs: {count} are open. Their customers can follow them no longer."),
        Area::Leads if count == 1 => "Leads: 1 waits to be called, and nobody sees it any more.".to_owned(),
        Area::Leads => format!("Leads: {count} wait to be called, and nobody sees them any more."),
    }
}

/// Passes when nothing is under way in the areas that are on before and not after.
///
/// # Errors
/// [`Error::Conflict`] with what would stop, and the field that lets it.
pub(super) fn nothing_stops(before: &[Area], after: &[Area], under_way: &[(Area, String)]) -> Result<()> {
    let sentences: Vec<&str> = under_way
        .iter()
        .filter(|(area, _)| before.contains(area) && !after.contains(area))
        .map(|(_, sentence)| sentence.as_str())
        .collect();
    if sentences.is_empty() {
        return Ok(());
    }
    let message =
        format!("An area is not switched off yet, because something is under way in it. {}", sentences.join(" "));
    Err(Error::Conflict(Conflict { message, confirm: Some("stopUnderWay"), ..Conflict::default() }))
}
