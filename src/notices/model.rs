//! Notices as those who are told see them, and what they want to be told.

use serde::{Deserialize, Serialize};

use crate::cold_chain::{AlertDetail, AlertType};
use crate::kernel::ids::{AlertId, ColdCellId, LocationId, NoticeId};
use crate::kernel::time::Timestamp;

crate::text_enum! {
    /// What happened to the thing that a notice is about.
    pub enum NoticeKind {
        /// An alert opened.
        Opening = "opening",
        /// Nobody has reacted to an alert.
        Escalation = "escalation",
        /// An alert is over.
        Resolution = "resolution",
    }
}

crate::text_enum! {
    /// A way that notices go.
    pub enum Channel {
        /// The list in the application.
        InApp = "in_app",
        /// Mail.
        Email = "email",
        /// SMS.
        Sms = "sms",
    }
}

/// A notice to the member who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The notice's id.
    pub id: NoticeId,
    /// What happened.
    pub kind: NoticeKind,
    /// The notice in one sentence.
    pub title: String,
    /// Where.
    pub location_id: LocationId,
    /// The cell, where it is about one.
    pub cold_cell_id: Option<ColdCellId>,
    /// What it is about.
    #[serde(flatten)]
    pub facts: NoticeFacts,
    /// When it was told.
    pub created_at: Timestamp,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// What a notice is about, as it was when it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NoticeFacts {
    /// What is wrong.
    #[serde(rename = "type")]
    pub alert_type: AlertType,
    /// What the place is called.
    pub location: String,
    /// What the cells are called: the first eight.
    pub cells: Vec<String>,
    /// How many cells there are.
    pub cell_count: i64,
    /// The level of an escalation, from 1; otherwise 0.
    pub level: i64,
    /// Whether it was found in readings that arrived late.
    pub late: bool,
    /// How often an alert had opened there, where it opened again and again.
    #[serde(default = "once")]
    pub openings: i64,
    /// Within how many minutes.
    #[serde(default)]
    pub opened_within_minutes: i64,
    /// The alert, where it is about one.
    #[serde(default)]
    pub alert_id: Option<AlertId>,
}

const fn once() -> i64 {
    1
}

/// The page that a notice leads to: of the alert or the cell that it is about, or the alerts of the place.
#[must_use]
pub fn page_of(alert: Option<AlertId>, cell: Option<ColdCellId>, place: LocationId) -> String {
    match (alert, cell) {
        (Some(alert), _) => format!("/app/alerts/{alert}"),
        (None, Some(cell)) => format!("/app/cold-chain/cells/{cell}"),
        (None, None) => format!("/app/alerts?place={place}"),
    }
}

/// An alert with its history, and who was told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AlertStory {
    /// The alert and its history.
    #[serde(flatten)]
    pub detail: AlertDetail,
    /// Who was told, in the order of time; as long as notices are kept, which is half a year.
    pub told: Vec<Told>,
}

/// That people were told of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: NoticeKind,
    /// The level of an escalation, from 1; otherwise 0.
    pub level: i64,
    /// The names of those who were told.
    pub names: Vec<String>,
}

/// Which notices a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct NoticeFilter {
    /// Only those that were not read.
    pub unread: Option<bool>,
}

/// Which notices were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadNotices {
    /// These; without it, all.
    #[cfg_attr(feature = "utoipa", schema(max_items = 100))]
    pub ids: Option<Vec<NoticeId>>,
}

/// What is left to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnreadNotices {
    /// How many notices were not read, counted up to 100.
    pub unread: i64,
}

/// What somebody wants to be told by one channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// When an alert opens.
    pub opening: bool,
    /// When nobody reacts, and the policy says that it is this person's turn.
    pub escalation: bool,
    /// When an alert that the person was told of is over.
    pub resolution: bool,
}

/// What somebody wants to be told in an organisation, by channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticePreferences {
    /// In the application.
    pub in_app: Wanted,
    /// By mail.
    pub email: Wanted,
    /// By SMS.
    pub sms: Wanted,
    /// The report of the day before, by mail in the morning.
    pub daily_report: bool,
}

/// The word for the report of the day before.
pub const DAILY_REPORT: &str = "email:daily_report";

impl Default for NoticePreferences {
    /// Everything in the application; by mail what needs somebody, and the report of the day; by SMS what nobody has reacted
    /// to.
    fn default() -> Self {
        Self {
            daily_report: true,
            in_app: Wanted { opening: true, escalation: true, resolution: true },
            email: Wanted { opening: true, escalation: true, resolution: false },
            sms: Wanted { opening: false, escalation: true, resolution: false },
        }
    }
}

impl NoticePreferences {
    /// Whether something is wanted by a channel.
    #[must_use]
    pub const fn wants(&self, channel: Channel, kind: NoticeKind) -> bool {
        let wanted = match channel {
            Channel::InApp => self.in_app,
            Channel::Email => self.email,
            Channel::Sms => self.sms,
        };
        match kind {
            NoticeKind::Opening => wanted.opening,
            NoticeKind::Escalation => wanted.escalation,
            NoticeKind::Resolution => wanted.resolution,
        }
    }

    /// What is wanted, as words such as `email:opening`: how it is stored, and what a form with boxes sends.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let all = Channel::ALL.iter().flat_map(|channel| NoticeKind::ALL.iter().map(move |kind| (*channel, *kind)));
        let notices =
            all.filter(|(channel, kind)| self.wants(*channel, *kind)).map(|(channel, kind)| word(channel, kind));
        notices.chain(self.daily_report.then(|| DAILY_REPORT.to_owned())).collect()
    }

    /// The opposite of [`NoticePreferences::words`]. What is no word of ours counts for nothing.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        let wanted = |channel| {
            let is_on = |kind| words.contains(&word(channel, kind).as_str());
            Wanted {
                opening: is_on(NoticeKind::Opening),
                escalation: is_on(NoticeKind::Escalation),
                resolution: is_on(NoticeKind::Resolution),
            }
        };
        Self {
            in_app: wanted(Channel::InApp),
            email: wanted(Channel::Email),
            sms: wanted(Channel::Sms),
            daily_report: words.contains(&DAILY_REPORT),
        }
    }
}

/// The word for a kind of notice by a channel.
#[must_use]
pub fn word(channel: Channel, kind: NoticeKind) -> String {
    format!("{channel}:{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_survives_being_stored() {
        let mut wanted = NoticePreferences::default();
        assert_eq!(NoticePreferences::of_words(wanted.words().iter().map(String::as_str)), wanted);
        wanted.sms.escalation = false;
        wanted.email.resolution = true;
        wanted.daily_report = false;
        let words = wanted.words().join(" ");
        assert!(words.contains("email:resolution") && !words.contains("sms"), "{words}");
        assert_eq!(NoticePreferences::of_words(words.split(' ')), wanted);
        assert!(NoticePreferences::of_words([]).words().is_empty());
    }
}
