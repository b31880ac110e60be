//! Doubts about whose a number is, as the outside sees them.

use serde::{Deserialize, Serialize};

use crate::kernel::ids::CustomerId;
use crate::kernel::time::Timestamp;

crate::text_enum! {
    /// Why a customer's number is looked at.
    pub enum DoubtReason {
        /// Two people may be in this one record: numbers were compared by their last digits once.
        SeveralPeople = "several_people",
        /// Several records have this number, so it finds none of them by itself.
        SharedNumber = "shared_number",
    }
}

/// A customer whose number somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(rename_all = "camelCase")]
pub struct NumberDoubt {
    /// The customer.
    pub customer_id: CustomerId,
    /// Name.
    pub customer_name: String,
    /// Phone number, as it was typed.
    pub phone: String,
    /// The number in the form of E.164.
    pub phone_number: Option<String>,
    /// Why.
    pub reason: DoubtReason,
    /// The other name or number that came with it, if known.
    pub other: Option<String>,
    /// When it was found.
    pub created_at: Timestamp,
}
