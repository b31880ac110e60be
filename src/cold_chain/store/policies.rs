//! Policies of escalation, stored.

use std::collections::HashMap;

use crate::Result;
use crate::cold_chain::policy::{AlertPolicy, EscalationLevel, QuietHours};
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{MembershipId, OrgId};

/// An organisation's policy with what is needed to follow it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicyRow {
    pub policy: AlertPolicy,
    /// The zone that its quiet hours are meant in.
    pub time_zone: String,
    /// The names of the members in it.
    pub names: HashMap<MembershipId, String>,
}

#[derive(sqlx::FromRow)]
struct Line {
    org_id: OrgId,
    time_zone: String,
    repeat_minutes: Option<i64>,
    quiet_from: Option<i64>,
    quiet_until: Option<i64>,
    quiet_level: Option<i64>,
    level: Option<i64>,
    after_minutes: Option<i64>,
    role: Option<String>,
    membership_id: Option<MembershipId>,
    name: Option<String>,
}

/// The policies of organisations; the default for those without one.
pub(crate) async fn policies(on: impl Into<Conn<'_>>, orgs: &[OrgId]) -> Result<HashMap<OrgId, PolicyRow>> {
    let mut query =
        sql("SELECT o.id AS org_id, o.time_zone, p.repeat_minutes, p.quiet_from, p.quiet_until, p.quiet_level, \
         l.level, l.after_minutes, r.role, r.membership_id, a.name \
         FROM organisations o LEFT JOIN alert_policies p ON p.org_id = o.id \
         LEFT JOIN alert_levels l ON l.org_id = p.org_id \
         LEFT JOIN alert_recipients r ON r.org_id = l.org_id AND r.level = l.level \
         LEFT JOIN memberships m ON m.org_id = r.org_id AND m.id = r.membership_id \
         LEFT JOIN accounts a ON a.id = m.account_id WHERE o.id IN (");
    query.push_list(orgs).push(") ORDER BY o.id, l.level, r.place");
    let mut policies: HashMap<OrgId, PolicyRow> = HashMap::new();
    let mut last_level = None;
    for line in query.all::<Line>(on).await? {
        let known = policies.entry(line.org_id).or_insert_with(|| {
            let policy = line.repeat_minutes.map_or_else(AlertPolicy::default, |repeat_minutes| AlertPolicy {
                levels: Vec::new(),
                repeat_minutes,
                quiet_hours: line
                    .quiet_from
                    .zip(line.quiet_until)
                    .zip(line.quiet_level)
                    .map(|((from, until), level)| QuietHours::of_numbers(from, until, level)),
            });
            PolicyRow { policy, time_zone: line.time_zone, names: HashMap::new() }
        });
        let (Some(level), Some(after_minutes)) = (line.level, line.after_minutes) else { continue };
        let levels = &mut known.policy.levels;
        if last_level.replace((line.org_id, level)) != Some((line.org_id, level)) {
            levels.push(EscalationLevel { after_minutes, roles: Vec::new(), members: Vec::new() });
        }
        if let Some(level) = levels.last_mut() {
            level.roles.extend(line.role);
            level.members.extend(line.membership_id);
        }
        known.names.extend(line.membership_id.zip(line.name));
    }
    Ok(policies)
}

/// Replaces an organisation's policy. A member who is none violates a foreign key.
pub(crate) async fn write(tx: &mut Tx, org: OrgId, policy: &AlertPolicy) -> Result<()> {
    // The row comes first: it is what two writers queue on.
    let quiet = policy.quiet_hours.as_ref().and_then(QuietHours::numbers);
    sql("INSERT INTO alert_policies (org_id, repeat_minutes, quiet_from, quiet_until, quiet_level) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id) DO UPDATE SET repeat_minutes = excluded.repeat_minutes, \
         quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, quiet_level = excluded.quiet_level")
    .bind(org)
    .bind(policy.repeat_minutes)
    .bind(quiet.map(|(from, ..)| from))
    .bind(quiet.map(|(_, until, _)| until))
    .bind(quiet.map(|(.., level)| level))
    .run(&mut *tx)
    .await?;
    sql("DELETE FROM alert_recipients WHERE org_id = $1").bind(org).run(&mut *tx).await?;
    sql("DELETE FROM alert_levels WHERE org_id = $1").bind(org).run(&mut *tx).await?;
    for (number, level) in (1i64..).zip(&policy.levels) {
        sql("INSERT INTO alert_levels (org_id, level, after_minutes) VALUES ($1, $2, $3)")
            .bind(org)
            .bind(number)
            .bind(level.after_minutes)
            .run(&mut *tx)
            .await?;
        let roles = level.roles.iter().map(|role| (Some(role), None));
        let members = level.members.iter().map(|member| (None, Some(*member)));
        for (place, (role, member)) in (1i64..).zip(roles.chain(members)) {
            sql("INSERT INTO alert_recipients (org_id, level, place, role, membership_id) VALUES ($1, $2, $3, $4, $5)")
                .bind(org)
                .bind(number)
                .bind(place)
                .bind(role)
                .bind(member)
                .run(&mut *tx)
                .await?;
        }
    }
    Ok(())
}
