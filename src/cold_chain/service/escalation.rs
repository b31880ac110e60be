//! Alerts that nobody reacts to are told to more and more people.

use std::collections::HashMap;

use serde_json::json;

use crate::cold_chain::engine::is_flapping;
use crate::cold_chain::policy::{AlertPolicy, EscalationLevel, Muted, level_field};
use crate::cold_chain::service::mutes::Mutes;
use crate::cold_chain::store::escalations::{self, Escalating};
use crate::cold_chain::store::policies;
use crate::identity::service::{members_who_may, roles};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::{OnViolation, Tx, Violation};
use crate::kernel::ids::MembershipId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::time::{MINUTE, SECOND, Timestamp};
use crate::{Error, Result};

/// The kind of the recurring job that calls [`escalate`].
pub const ESCALATION_JOB: &str = "cold_chain.escalate";
/// How often it does, in milliseconds.
pub const ESCALATE_EVERY: i64 = 30 * SECOND;
/// How long after it was held back a step is looked at again, in milliseconds.
const HELD_FOR: i64 = MINUTE;
/// Alerts in one transaction.
const AT_ONCE: i64 = 100;

/// The organisation's policy; the default until it has set one.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`.
pub async fn alert_policy(app: &App, actor: &Actor) -> Result<AlertPolicy> {
    actor.require(Permission::SettingsManage)?;
    let known = policies::policies(&app.db, &[actor.org]).await?.remove(&actor.org);
    Ok(known.unwrap_or_default().policy)
}

/// An organisation's policy with everybody whom its levels can name.
#[derive(Debug, Clone)]
pub struct PolicyChoices {
    /// The policy.
    pub policy: AlertPolicy,
    /// Words and names of the roles that see alerts, and of those that the policy names.
    pub roles: Vec<(String, String)>,
    /// The members who see alerts, and those whom the policy names, by name.
    pub members: Vec<(MembershipId, String)>,
}

/// The organisation's policy, and whom its levels can name. Who is in it stays a choice, though they may have left.
///
/// # Errors
/// [`Error::Forbidden`] without `settings:manage`.
pub async fn policy_choices(app: &App, actor: &Actor) -> Result<PolicyChoices> {
    actor.require(Permission::SettingsManage)?;
    let known = policies::policies(&app.db, &[actor.org]).await?.remove(&actor.org).unwrap_or_default();
    let named: Vec<&String> = known.policy.levels.iter().flat_map(|level| &level.roles).collect();
    let all = roles(app, actor).await?.into_iter();
    let roles: Vec<(String, String)> = all
        .filter(|role| role.permissions.has(Permission::AlertsRead) || named.contains(&&role.name))
        .map(|role| (role.name, role.label))
        .collect();
    let members = members_who_may(app, actor.org, Permission::AlertsRead).await?;
    let mut members: Vec<(MembershipId, String)> = members.into_iter().map(|member| (member.id, member.name)).collect();
    for (id, name) in known.names {
        if !members.iter().any(|(known, _)| *known == id) {
            members.push((id, name));
        }
    }
    Ok(PolicyChoices { policy: known.policy, roles, members })
}

/// Whether it may become the turn of the member who asks to be told of an alert that nobody reacts to: a policy can name
/// everybody who sees alerts, and others are told whom it names all the same.
///
/// # Errors
/// What the database says.
pub async fn may_be_named(app: &App, actor: &Actor) -> Result<bool> {
    let Some(member) = actor.member().filter(|_| !actor.hidden.has(Permission::AlertsRead)) else { return Ok(false) };
    if actor.permissions.has(Permission::AlertsRead) {
        return Ok(true);
    }
    let known = policies::policies(&app.db, &[actor.org]).await?.remove(&actor.org).unwrap_or_default();
    let is_named =
        |level: &EscalationLevel| level.roles.contains(&member.role) || level.members.contains(&member.membership);
    Ok(known.policy.levels.iter().any(is_named))
}

/// Replaces the organisation's policy. Alerts that nobody has reacted to follow the new one from where they are.
///
/// # Errors
/// [`Error::Validation`] for broken fields, unknown roles and members among them.
pub async fn set_alert_policy(app: &App, actor: &Actor, policy: AlertPolicy) -> Result<AlertPolicy> {
    actor.require(Permission::SettingsManage)?;
    let policy = policy.checked()?;
    let known: Vec<String> = roles(app, actor).await?.into_iter().map(|role| role.name).collect();
    let named =
        (1..).zip(&policy.levels).flat_map(|(number, level)| level.roles.iter().map(move |role| (number, role)));
    if let Some((number, unknown)) = named.into_iter().find(|(_, role)| !known.contains(role)) {
        let why = format!("names {unknown}, which is no role of this organisation");
        return Err(Error::field(&level_field(number), "unknown", why));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let before = policies::policies(&mut tx, &[actor.org]).await?.remove(&actor.org).unwrap_or_default().policy;
    policies::write(&mut tx, actor.org, &policy).await.on_violation(Violation::ForeignKey, || {
        Error::field("levels", "unknown", "name somebody who is no member of this organisation")
    })?;
    escalations::look_again(&mut tx, actor.org, now).await?;
    let entry =
        Entry::new("cold_chain.alert_policy_changed", "organisation", actor.org.0).before(&before).after(&policy);
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(policy)
}

/// Takes the steps of escalation that are due. It may run on several servers at once: an alert is taken by one of them,
/// and a step is taken only from the one before it.
///
/// # Errors
/// What the database says. What was done before stays done.
pub async fn escalate(app: &App) -> Result<()> {
    let now = app.clock.now();
    while escalations::is_any_due(&app.db, now).await? {
        let mut tx = app.db.begin().await?;
        let due = escalations::take_due(&mut tx, now, AT_ONCE).await?;
        if due.is_empty() {
            // Another server has them.
            return tx.rollback().await;
        }
        take_steps(&mut tx, now, due).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn take_steps(tx: &mut Tx, now: Timestamp, due: Vec<Escalating>) -> Result<()> {
    let mutes = Mutes::load(tx, due.iter().map(|alert| (alert.org_id, alert.cold_cell_id)), now).await?;
    let mut entries = Vec::new();
    for before in due {
        let Some(known) = mutes.policy(before.org_id) else { continue };
        let mut after = before.clone();
        if before.resolved_at.is_some() && !is_flapping(before.openings, before.resolved_at, now) {
            // Nothing has opened for a while: it is over.
            escalations::write(tx, &before, &after, None).await?;
            continue;
        }
        let next = |alert: &Escalating| {
            let step = known.policy.step_after(alert.steps)?;
            Some((step, alert.escalated_at.or(alert.raised_at)?.plus(step.wait)))
        };
        let due = next(&before).filter(|(_, at)| *at <= now).map(|(step, _)| step);
        let muted = due.and_then(|step| mutes.of(before.org_id, before.cold_cell_id, step.level));
        // A silence holds a step back until it ends. Quiet hours let it pass, to a level that they may not hold for; where
        // there is none after it, they hold it back as well. Otherwise those who come in the morning would hear nothing.
        let is_held = match muted {
            Some(Muted::Silence) => true,
            Some(Muted::QuietHours) => known.policy.step_after(before.steps + 1).is_none(),
            None => false,
        };
        let taken = due.filter(|_| !is_held);
        if let Some(step) = taken {
            after.steps += 1;
            after.level = i64::try_from(step.level).unwrap_or(i64::MAX);
            after.escalated_at = Some(now);
        }
        let escalate_at = if is_held { Some(now.plus(HELD_FOR)) } else { next(&after).map(|(_, at)| at) };
        if !escalations::write(tx, &before, &after, escalate_at).await? {
            continue;
        }
        let level = taken.and_then(|step| known.policy.levels.get(step.level - 1));
        if let (Some(step), Some(level)) = (taken, level) {
            let entry = Entry::new("cold_chain.alert_escalated", "alert", before.id.0)
                .after(&json!({
                    "level": step.level,
                    "step": after.steps,
                    "to": {"roles": level.roles, "members": level.members},
                    "muted": muted,
                    "type": before.kind,
                    "coldCellId": before.cold_cell_id,
                }))
                .reason(Some(words(step.level, level, &known.names)));
            entries.push((Actor::system(before.org_id), entry));
        }
    }
    journal::write_all(tx, now, entries).await
}

/// What the alert's history says about a step: `Level 2: admin, Nadia Notte`.
fn words(number: usize, level: &EscalationLevel, names: &HashMap<MembershipId, String>) -> String {
    let members = level.members.iter().filter_map(|member| names.get(member));
    let told: Vec<&str> = level.roles.iter().chain(members).map(String::as_str).collect();
    format!("Level {number}: {}", told.join(", "))
}
