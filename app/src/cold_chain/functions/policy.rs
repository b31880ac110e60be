//! Who is told of alerts: the page, and the form that says so.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::sent::{Answered, Fresh};

/// The function that the page's form is for.
#[cfg(feature = "ssr")]
const SET: &str = "cold-chain/set-policy";
/// The minutes that a new level begins with.
#[cfg(feature = "ssr")]
const BEGIN: &str = "60";

/// A level as the form sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LevelForm {
    /// Minutes after the step before.
    pub after: String,
    /// Words of the roles that are told.
    pub roles: Vec<String>,
    /// The memberships that are told.
    pub members: Vec<String>,
    /// Anything, when the level is to go.
    pub remove: Option<String>,
    /// Anything, when it is the one that stands empty at the end.
    pub is_new: Option<String>,
}

/// The whole form. Half of it may be left out by a form without ticks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyForm {
    /// The levels in their order, the last of them empty.
    pub levels: Vec<LevelForm>,
    /// After how many minutes the last level is told again.
    pub repeat: String,
    /// When quiet hours begin, `HH:MM`.
    pub from: String,
    /// When they end.
    pub until: String,
    /// The highest level that they mute.
    pub up_to: String,
}

/// A role or a member to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub words: String,
    /// Whether it is ticked.
    pub is_on: bool,
}

/// A level of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelView {
    /// Minutes after the step before.
    pub after: String,
    /// The roles.
    pub roles: Vec<Tick>,
    /// The members.
    pub members: Vec<Tick>,
    /// Whether it is to go.
    pub remove: bool,
    /// Whether it is the one that stands empty at the end.
    pub is_new: bool,
    /// Why its minutes were refused.
    pub after_error: Option<String>,
    /// Why those whom it names were refused.
    pub who_error: Option<String>,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyView {
    /// What happens, in sentences.
    pub sentences: Vec<String>,
    /// The levels, and an empty one as long as there may be more.
    pub levels: Vec<LevelView>,
    /// After how many minutes the last level is told again.
    pub repeat: String,
    /// When quiet hours begin.
    pub from: String,
    /// When they end.
    pub until: String,
    /// The highest level that they mute.
    pub up_to: String,
    /// What that may be.
    pub up_to_options: Vec<(String, String)>,
    /// What came of the form.
    pub answered: Answered,
}

/// The page.
#[server(prefix = "/_fn", endpoint = "cold-chain/policy", input = GetUrl)]
pub async fn get_policy() -> Result<PolicyView, PageError> {
    use officina::cold_chain::{MOST_LEVELS, level_field, service};

    let (app, actor) = crate::context::context()?;
    let choices = service::policy_choices(&app, &actor).await?;
    let mut answered = Answered::in_full(&[SET]);
    let mut form =
        if answered.refused.is_some() { PolicyForm::typed(&answered.typed) } else { PolicyForm::of(&choices.policy) };
    // What was typed stands in the fields from here on.
    answered.typed.clear();
    if form.levels.len() < MOST_LEVELS && !form.levels.iter().any(|level| level.is_new.is_some()) {
        form.levels.push(LevelForm { after: BEGIN.to_owned(), is_new: Some("on".to_owned()), ..LevelForm::default() });
    }
    // Faults are told by the numbers of those that are kept.
    let mut number = 0;
    let levels = form.levels.iter().map(|level| {
        number += usize::from(level.is_kept());
        let field = level_field(number);
        let error = |field: &str| answered.error(field).filter(|_| level.is_kept());
        let roles = choices.roles.iter().map(|(word, label)| Tick {
            is_on: level.roles.contains(word),
            value: word.clone(),
            words: label.clone(),
        });
        let members = choices.members.iter().map(|(id, name)| Tick {
            is_on: level.members.contains(&id.to_string()),
            value: id.to_string(),
            words: name.clone(),
        });
        LevelView {
            after: level.after.clone(),
            roles: roles.collect(),
            members: members.collect(),
            remove: level.remove.is_some(),
            is_new: level.is_new.is_some(),
            after_error: error(&format!("{field}.afterMinutes")),
            who_error: error(&field),
        }
    });
    let levels: Vec<LevelView> = levels.collect();
    let highest = choices.policy.levels.len().max(form.up_to.parse().unwrap_or_default()).max(1);
    let up_to = |number: usize| match number {
        0 => "When an alert opens".to_owned(),
        number => format!("Up to level {number}"),
    };
    Ok(PolicyView {
        sentences: sentences(&choices),
        levels,
        repeat: form.repeat,
        from: form.from,
        until: form.until,
        up_to: form.up_to,
        up_to_options: (0..=highest.min(MOST_LEVELS)).map(|number| (number.to_string(), up_to(number))).collect(),
        answered,
    })
}

/// Says who is told of alerts: this and nothing else.
#[server(prefix = "/_fn", endpoint = "cold-chain/set-policy")]
pub async fn set_policy(#[server(default)] policy: PolicyForm) -> Result<Fresh, PageError> {
    use officina::cold_chain::{AlertPolicy, EscalationLevel, QuietHours, service};

    let (app, actor) = crate::context::context()?;
    // What is no number is as wrong as one that is out of range, and told in the same words.
    let number = |text: &str| text.trim().parse::<i64>().unwrap_or(-1);
    let mut levels = Vec::new();
    for level in policy.levels.iter().filter(|level| level.is_kept()) {
        // Members are chosen from a list; anything else nobody has ticked.
        let members = level.members.iter().map(|id| id.parse().map_err(|_| officina::Error::NotFound));
        levels.push(EscalationLevel {
            after_minutes: number(&level.after),
            roles: level.roles.clone(),
            members: members.collect::<Result<_, _>>()?,
        });
    }
    let is_quiet = !(policy.from.trim().is_empty() && policy.until.trim().is_empty());
    let quiet_hours = is_quiet.then(|| QuietHours {
        from: policy.from.trim().to_owned(),
        until: policy.until.trim().to_owned(),
        up_to_level: number(&policy.up_to),
    });
    let policy = AlertPolicy { levels, repeat_minutes: number(&policy.repeat), quiet_hours };
    service::set_alert_policy(&app, &actor, policy).await?;
    let text = "It counts from now on, also for alerts that are open already.".to_owned();
    Ok(Fresh { title: "Saved".to_owned(), text, ..Fresh::default() })
}

#[cfg(feature = "ssr")]
impl LevelForm {
    /// Whether it is a level of the policy: not to go, and not the empty one as it was.
    fn is_kept(&self) -> bool {
        let is_blank = self.roles.is_empty() && self.members.is_empty() && [BEGIN, ""].contains(&self.after.trim());
        self.remove.is_none() && !(self.is_new.is_some() && is_blank)
    }
}

#[cfg(feature = "ssr")]
impl PolicyForm {
    fn of(policy: &officina::cold_chain::AlertPolicy) -> Self {
        let quiet = policy.quiet_hours.as_ref();
        let level = |level: &officina::cold_chain::EscalationLevel| LevelForm {
            after: level.after_minutes.to_string(),
            roles: level.roles.clone(),
            members: level.members.iter().map(ToString::to_string).collect(),
            ..LevelForm::default()
        };
        Self {
            levels: policy.levels.iter().map(level).collect(),
            repeat: policy.repeat_minutes.to_string(),
            from: quiet.map(|quiet| quiet.from.clone()).unwrap_or_default(),
            until: quiet.map(|quiet| quiet.until.clone()).unwrap_or_default(),
            up_to: quiet.map_or(0, |quiet| quiet.up_to_level).to_string(),
        }
    }

    /// The form as it was sent.
    fn typed(fields: &[(String, String)]) -> Self {
        let all = |name: String| {
            let values = fields.iter().filter(move |(known, _)| *known == name);
            values.map(|(_, value)| value.clone()).collect::<Vec<String>>()
        };
        let one = |name: String| all(name).into_iter().next();
        let level = |index: usize| {
            let name = |field: &str| format!("policy[levels][{index}][{field}]");
            Some(LevelForm {
                after: one(name("after"))?,
                roles: all(name("roles") + "[]"),
                members: all(name("members") + "[]"),
                remove: one(name("remove")),
                is_new: one(name("is_new")),
            })
        };
        let field = |name: &str| one(format!("policy[{name}]")).unwrap_or_default();
        Self {
            levels: (0..officina::cold_chain::MOST_LEVELS).map_while(level).collect(),
            repeat: field("repeat"),
            from: field("from"),
            until: field("until"),
            up_to: field("up_to"),
        }
    }
}

/// What happens when an alert opens and nobody reacts.
#[cfg(feature = "ssr")]
fn sentences(choices: &officina::cold_chain::service::PolicyChoices) -> Vec<String> {
    use officina::cold_chain::{EscalationLevel, MOST_REPEATS};

    let policy = &choices.policy;
    let who = |level: &EscalationLevel| {
        let roles = choices.roles.iter().filter(|(word, _)| level.roles.contains(word));
        let roles: Vec<String> = roles.map(|(_, label)| format!("“{label}”")).collect();
        let role = (!roles.is_empty()).then(|| format!("everybody with the role {}", roles.join(" or ")));
        let members = choices.members.iter().filter(|(id, _)| level.members.contains(id)).map(|(_, name)| name.clone());
        role.into_iter().chain(members).collect::<Vec<_>>().join(", ")
    };
    let mut sentences =
        vec!["When an alert opens, everybody is told who may acknowledge it and wants to be told.".to_owned()];
    for (number, level) in (1..).zip(&policy.levels) {
        let (after, who) = (length(level.after_minutes), who(level));
        sentences.push(match number {
            1 => format!("After {after} without a reaction: {who}."),
            _ => format!("After another {after}: {who}."),
        });
    }
    sentences.push(match (policy.levels.len(), policy.repeat_minutes) {
        (0, _) => "An alert that nobody reacts to goes no further.".to_owned(),
        (_, 0) => "Then nobody is told again.".to_owned(),
        (_, minutes) => format!("Then these again every {}, up to {MOST_REPEATS} times.", length(minutes)),
    });
    if let Some(quiet) = &policy.quiet_hours {
        let what = match quiet.up_to_level {
            0 => "that an alert has opened".to_owned(),
            level => format!("up to level {level}"),
        };
        sentences
            .push(format!("From {} to {} nobody is told {what}. Alerts open all the same.", quiet.from, quiet.until));
    }
    sentences
}

/// A number of minutes in words.
#[cfg(feature = "ssr")]
fn length(minutes: i64) -> String {
    match minutes {
        1 => "1 minute".to_owned(),
        60 => "60 minutes".to_owned(),
        minutes if minutes % 60 == 0 => format!("{} hours", minutes / 60),
        minutes => format!("{minutes} minutes"),
    }
}
