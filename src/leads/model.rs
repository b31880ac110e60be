//! Leads as the outside sees them.

use serde::{Deserialize, Serialize};

use crate::kernel::ids::{LeadId, NoteId};
use crate::kernel::time::Timestamp;
use crate::kernel::timeline::TimelineEntry;
use crate::kernel::validate::Validator;
use crate::{Error, Result};

crate::text_enum! {
    /// What a visitor is interested in.
    pub enum LeadType {
        /// A service.
        Service = "service",
        /// A course.
        Training = "training",
        /// Equipment.
        Equipment = "equipment",
        /// Wants to work here.
        Staff = "staff",
        /// Wants to teach here.
        Teacher = "teacher",
    }
}

crate::text_enum! {
    /// Where a lead stands.
    pub enum LeadStatus {
        /// Nobody has called yet.
        New = "new",
        /// Somebody has called.
        Contacted = "contacted",
        /// There is real interest.
        Qualified = "qualified",
        /// Became a customer.
        Converted = "converted",
        /// Will not become one; says why.
        Lost = "lost",
    }
}

/// What a visitor sends. Every field is a text, as forms send it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmitLead {
    /// The visitor's name. Required.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, min_length = 1, max_length = 120))]
    pub name: String,
    /// The visitor's phone number. Required; leads are linked by it.
    #[serde(default)]
    #[cfg_attr(
        feature = "utoipa",
        schema(required = true, pattern = r"^[ +().\-/]*([0-9][ +().\-/]*){6,15}$", max_length = 40)
    )]
    pub phone: String,
    /// E-mail address.
    #[cfg_attr(feature = "utoipa", schema(format = Email, max_length = 254))]
    pub email: Option<String>,
    /// `service`, `training`, `equipment`, `staff` or `teacher`. Required.
    #[serde(default)]
    #[cfg_attr(feature = "utoipa", schema(required = true, value_type = LeadType))]
    pub lead_type: String,
    /// The visitor's city.
    #[cfg_attr(feature = "utoipa", schema(max_length = 120))]
    pub city_name: Option<String>,
    /// What the visitor wants to say.
    #[cfg_attr(feature = "utoipa", schema(max_length = 5000))]
    pub message: Option<String>,
}

/// What the form knows about how it was filled; the API has none of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FormSigns {
    /// The field that people do not see was filled.
    pub hidden_filled: bool,
    /// Milliseconds between showing the form and its answer, if known.
    pub answered_after: Option<i64>,
}

/// A submission after cleaning.
#[derive(Debug, Clone)]
pub struct CleanLead {
    /// The input with trimmed fields; empty ones are none.
    pub input: SubmitLead,
    /// What it is about.
    pub lead_type: LeadType,
}

impl SubmitLead {
    /// Checks and cleans every field.
    ///
    /// # Errors
    /// [`Error::Validation`] with all broken fields.
    pub fn clean(&self) -> Result<CleanLead> {
        let mut check = Validator::default();
        let input = Self {
            name: check.required("name", &self.name, 120),
            phone: check.phone("phone", &self.phone),
            email: check.email("email", self.email.as_deref()),
            lead_type: String::new(),
            city_name: check.optional("cityName", self.city_name.as_deref(), 120),
            message: check.text("message", self.message.as_deref(), 5_000),
        };
        let lead_type: Option<LeadType> = check.word("leadType", &self.lead_type);
        check.finish(())?;
        let lead_type = lead_type.ok_or_else(|| Error::BadRequest("The lead type is missing.".to_owned()))?;
        Ok(CleanLead { input, lead_type })
    }
}

/// The answer to a submission, the same for every fate of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadReceipt {
    /// The lead.
    pub id: LeadId,
}

/// Which leads are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "utoipa", into_params(parameter_in = Query))]
#[serde(rename_all = "camelCase")]
pub struct LeadFilter {
    /// One status.
    #[cfg_attr(feature = "utoipa", param(value_type = Option<LeadStatus>))]
    pub status: Option<String>,
    /// True for the quarantined leads instead of the others.
    pub quarantined: Option<bool>,
    /// Name, phone, e-mail, city: every word must occur.
    pub search: Option<String>,
}

/// A lead in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct LeadSummary {
    /// The lead.
    pub id: LeadId,
    /// Where it stands.
    pub status: LeadStatus,
    /// What it is about.
    pub lead_type: LeadType,
    /// The visitor's name.
    pub name: String,
    /// The visitor's phone number.
    pub phone: String,
    /// E-mail address.
    pub email: Option<String>,
    /// City.
    pub city_name: Option<String>,
    /// What the visitor wrote.
    pub message: Option<String>,
    /// The earlier lead with the same phone number within 30 days.
    pub earlier_lead_id: Option<LeadId>,
    /// Why it was quarantined, while it is.
    pub quarantine: Option<String>,
    /// Counts the changes.
    pub version: i64,
    /// When it came in.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A note on a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct LeadNote {
    /// The note.
    pub id: NoteId,
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
}

/// A lead with everything that its page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadDetail {
    /// The lead.
    #[serde(flatten)]
    pub summary: LeadSummary,
    /// Notes, oldest first.
    pub notes: Vec<LeadNote>,
    /// The history, from the journal, oldest first.
    pub history: Vec<TimelineEntry>,
}

/// Changes to a lead. A field that is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateLead {
    /// The new status. `lost` needs a reason; `converted` comes from converting.
    #[cfg_attr(feature = "utoipa", schema(value_type = Option<LeadStatus>))]
    pub status: Option<String>,
    /// A note to add; the reason when losing.
    #[cfg_attr(feature = "utoipa", schema(max_length = 2000))]
    pub note: Option<String>,
    /// The version that the client has seen.
    pub version: Option<i64>,
}
