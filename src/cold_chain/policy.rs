//! Who is told of an alert that nobody reacts to, level by level, and when notices keep still.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::kernel::ids::MembershipId;
use crate::kernel::permission::BuiltInRole;
use crate::kernel::time::MINUTE;
use crate::kernel::validate::Validator;

/// How long an alert may stay without reaction, unless the organisation says otherwise, in minutes.
pub const DEFAULT_AFTER: i64 = 60;
/// Levels of one policy.
pub const MOST_LEVELS: usize = 9;
/// Recipients of one level.
const MOST_RECIPIENTS: usize = 20;
/// The longest that a level may wait, in minutes: a week.
const LONGEST_WAIT: i64 = 7 * 24 * 60;
/// How often the last level is told again. Who has not reacted then will not by being told once more.
pub const MOST_REPEATS: i64 = 24;

/// An organisation's policy for alerts that nobody acknowledges or resolves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlertPolicy {
    /// The levels in their order; without any, alerts do not escalate.
    #[cfg_attr(feature = "utoipa", schema(max_items = 9))]
    pub levels: Vec<EscalationLevel>,
    /// After how many minutes the last level is told again, up to 24 times; 0 for never. Default 60.
    #[serde(default = "default_after")]
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 10080))]
    pub repeat_minutes: i64,
    /// When notices are muted.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
}

/// A level of escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EscalationLevel {
    /// How many minutes after the level before it, the first one after the opening. Default 60.
    #[serde(default = "default_after")]
    #[cfg_attr(feature = "utoipa", schema(minimum = 1, maximum = 10080))]
    pub after_minutes: i64,
    /// Everybody with one of these roles is told.
    #[serde(default)]
    pub roles: Vec<String>,
    /// These members are told.
    #[serde(default)]
    pub members: Vec<MembershipId>,
}

/// Hours of the day, in the organisation's time zone, in which notices are muted. Alerts are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuietHours {
    /// From this time of the day, `HH:MM`.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// Until this time of the day, `HH:MM`; on the next day if it is before `from`.
    #[cfg_attr(feature = "utoipa", schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub until: String,
    /// The highest level that is muted; 0 mutes the opening alone.
    #[cfg_attr(feature = "utoipa", schema(minimum = 0, maximum = 9))]
    pub up_to_level: i64,
}

const fn default_after() -> i64 {
    DEFAULT_AFTER
}

impl Default for AlertPolicy {
    /// Managers after an hour, administrators after another.
    fn default() -> Self {
        let level = |role: BuiltInRole| EscalationLevel {
            after_minutes: DEFAULT_AFTER,
            roles: vec![role.as_str().to_owned()],
            members: Vec::new(),
        };
        Self {
            levels: vec![level(BuiltInRole::Manager), level(BuiltInRole::Admin)],
            repeat_minutes: DEFAULT_AFTER,
            quiet_hours: None,
        }
    }
}

/// A step of escalation that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscalationStep {
    /// The level that is told, from 1.
    pub level: usize,
    /// How long after the step before, in milliseconds.
    pub wait: i64,
}

impl AlertPolicy {
    /// The step after some that were taken; none when there are no more.
    #[must_use]
    pub fn step_after(&self, taken: i64) -> Option<EscalationStep> {
        let levels = self.levels.len();
        let taken = usize::try_from(taken).ok()?;
        if let Some(level) = self.levels.get(taken) {
            return Some(EscalationStep { level: taken + 1, wait: level.after_minutes * MINUTE });
        }
        let repeats = i64::try_from(taken - levels).ok()?;
        let again = levels > 0 && self.repeat_minutes > 0 && repeats < MOST_REPEATS;
        again.then_some(EscalationStep { level: levels, wait: self.repeat_minutes * MINUTE })
    }

    /// Whether notices of a level are muted at a minute of the day.
    #[must_use]
    pub fn is_quiet(&self, level: usize, minute: i64) -> bool {
        let Some((from, until, highest)) = self.quiet_hours.as_ref().and_then(QuietHours::numbers) else {
            return false;
        };
        let within = if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until };
        within && i64::try_from(level).is_ok_and(|level| level <= highest)
    }

    /// Checks numbers, times and that every level is told to somebody. Whether roles and members exist is not seen here.
    ///
    /// # Errors
    /// [`crate::Error::Validation`] with every broken field.
    pub fn checked(mut self) -> Result<Self> {
        let mut check = Validator::default();
        if self.levels.len() > MOST_LEVELS {
            check.errors.add("levels", "too_many", format!("must be at most {MOST_LEVELS}"));
        }
        for (number, level) in (1..).zip(&mut self.levels) {
            let field = level_field(number);
            check.range(&format!("{field}.afterMinutes"), Some(level.after_minutes), 1, LONGEST_WAIT);
            for role in &mut level.roles {
                *role = role.trim().to_lowercase();
            }
            level.roles.sort_unstable();
            level.roles.dedup();
            level.members.sort_unstable();
            level.members.dedup();
            match level.roles.len() + level.members.len() {
                0 => check.errors.add(&field, "required", "must name a role or a member"),
                1..=MOST_RECIPIENTS => {}
                _ => check.errors.add(&field, "too_many", format!("must name at most {MOST_RECIPIENTS}")),
            }
        }
        check.range("repeatMinutes", Some(self.repeat_minutes), 0, LONGEST_WAIT);
        if let Some(quiet) = &self.quiet_hours {
            for (field, time) in [("quietHours.from", &quiet.from), ("quietHours.until", &quiet.until)] {
                if minute_of_day(time).is_none() {
                    check.errors.add(field, "invalid_time", "must be a time of day such as 22:00");
                }
            }
            check.range("quietHours.upToLevel", Some(quiet.up_to_level), 0, MOST_LEVELS as i64);
        }
        check.finish(self)
    }
}

/// What a level is called where its faults are told: `levels.1` is the first.
#[must_use]
pub fn level_field(number: usize) -> String {
    format!("levels.{number}")
}

impl QuietHours {
    /// First and last minute of the day and the highest muted level.
    #[must_use]
    pub fn numbers(&self) -> Option<(i64, i64, i64)> {
        Some((minute_of_day(&self.from)?, minute_of_day(&self.until)?, self.up_to_level))
    }

    /// The opposite of [`QuietHours::numbers`].
    #[must_use]
    pub fn of_numbers(from: i64, until: i64, up_to_level: i64) -> Self {
        let time = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self { from: time(from), until: time(until), up_to_level }
    }
}

/// The minute of a time of day `HH:MM`.
fn minute_of_day(time: &str) -> Option<i64> {
    let (hours, minutes) = time.trim().split_once(':')?;
    let number = |text: &str, end: i64| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| digits && *number < end)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// Why a notice is not sent. The alert goes on all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// Somebody has silenced the cell or its location.
    Silence,
    /// It is a quiet hour.
    QuietHours,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_one_after_the_other_and_the_last_is_repeated_for_a_day() {
        let mut policy = AlertPolicy::default();
        policy.levels[1].after_minutes = 30;
        let steps: Vec<Option<(usize, i64)>> =
            (0..4).map(|taken| policy.step_after(taken).map(|step| (step.level, step.wait / MINUTE))).collect();
        assert_eq!(steps, [Some((1, 60)), Some((2, 30)), Some((2, 60)), Some((2, 60))]);
        assert!(policy.step_after(25).is_some() && policy.step_after(26).is_none());
        policy.repeat_minutes = 0;
        assert_eq!(policy.step_after(2), None);
        policy.levels.clear();
        assert_eq!(policy.step_after(0), None);
    }

    #[test]
    fn quiet_hours_reach_over_midnight_and_up_to_their_level() {
        let mut policy =
            AlertPolicy { quiet_hours: Some(QuietHours::of_numbers(22 * 60, 6 * 60, 1)), ..AlertPolicy::default() };
        let quiet = |policy: &AlertPolicy, level, hour: i64| policy.is_quiet(level, hour * 60);
        assert!(quiet(&policy, 0, 23) && quiet(&policy, 1, 22) && quiet(&policy, 1, 5));
        assert!(!quiet(&policy, 1, 6) && !quiet(&policy, 1, 21) && !quiet(&policy, 2, 23));
        policy.quiet_hours = Some(QuietHours::of_numbers(60, 120, 9));
        assert!(quiet(&policy, 1, 1) && !quiet(&policy, 1, 2) && !quiet(&policy, 1, 0));
    }

    #[test]
    fn a_policy_that_cannot_be_is_refused_with_every_fault() {
        let broken: AlertPolicy = serde_json::from_str(
            r#"{"levels": [{"roles": ["admin"]}, {"afterMinutes": 0}], "repeatMinutes": -1,
                "quietHours": {"from": "24:00", "until": "6:00", "upToLevel": 10}}"#,
        )
        .unwrap();
        let Err(crate::Error::Validation(errors)) = broken.checked() else { panic!("accepted") };
        let fields: Vec<&str> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            [
                "levels.2",
                "levels.2.afterMinutes",
                "quietHours.from",
                "quietHours.until",
                "quietHours.upToLevel",
                "repeatMinutes"
            ]
        );
        assert!(AlertPolicy::default().checked().is_ok());
    }
}
