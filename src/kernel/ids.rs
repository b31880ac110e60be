//! Typed ids: UUIDv7 in a newtype each, so that a repair's id cannot be passed where a lead's is meant.

/// Declares id types. On the server an id is made with `new()`; in the browser ids only travel.
#[macro_export]
macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        #[cfg(feature = "ssr")]
        impl $name {
            /// A fresh id, ordered by the time of its making.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "a default id that differs each time would surprise")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        #[cfg(feature = "ssr")]
        impl $crate::kernel::db::ToValue for $name {
            fn to_value(self) -> $crate::kernel::db::Value {
                $crate::kernel::db::Value::Uuid(Some(self.0))
            }
            fn null() -> $crate::kernel::db::Value {
                $crate::kernel::db::Value::Uuid(None)
            }
        }

        $crate::decode_as!($name, uuid::Uuid, |id| Ok($name(id)));
    )+};
}

/// Lets a type be read from a column as another type and a fallible conversion, on both databases.
#[macro_export]
macro_rules! decode_as {
    ($name:ty, $column:ty, $convert:expr) => {
        #[cfg(feature = "ssr")]
        impl<DB: sqlx::Database> sqlx::Type<DB> for $name
        where
            $column: sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$column as sqlx::Type<DB>>::type_info()
            }
            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$column as sqlx::Type<DB>>::compatible(ty)
            }
        }

        #[cfg(feature = "ssr")]
        impl<'r, DB: sqlx::Database> sqlx::Decode<'r, DB> for $name
        where
            $column: sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let convert: fn($column) -> Result<$name, sqlx::error::BoxDynError> = $convert;
                convert(<$column as sqlx::Decode<'r, DB>>::decode(value)?)
            }
        }
    };
}

typed_id! {
    /// An organisation: a tenant.
    OrgId;
    /// A person's identity, across organisations.
    AccountId;
    /// An account in one organisation.
    MembershipId;
    /// A signed-in browser or API client.
    SessionId;
    /// The way from a right password to a code.
    SignInTicketId;
    /// A program's key.
    ApiTokenId;
    /// A link that lets someone in once.
    EntryLinkId;
    /// A passkey of an account.
    PasskeyId;
    /// A question that a passkey answers.
    PasskeyQuestionId;
    /// A person or company that the organisation serves.
    CustomerId;
    /// A vehicle.
    VehicleId;
    /// A repair.
    RepairId;
    /// A stored file: a photo, an attachment.
    FileId;
    /// A note on a work item.
    NoteId;
    /// A lead.
    LeadId;
    /// A customer's site.
    LocationId;
    /// A cold cell.
    ColdCellId;
    /// A device in a cold cell.
    DeviceId;
    /// An alert of a cold cell.
    AlertId;
    /// A notice to a member.
    NoticeId;
    /// What is told together.
    NoticeGroupId;
    /// A stretch of muted notices.
    SilenceId;
    /// A background job.
    JobId;
}
