//! Enums that are words: the same word in JSON, in the database and in the vocabulary of the product.

/// Declares an enum whose variants are words. It is written exactly so, and read in any letter case, with aliases.
#[macro_export]
macro_rules! text_enum {
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal $(| $alias:literal)*),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[cfg_attr(feature = "utoipa", derive(utoipa::ToSchema))]
        pub enum $name {
            $(
                $(#[$vdoc])*
                #[serde(rename = $text)]
                // It does not hear what a macro tells serde.
                #[cfg_attr(feature = "utoipa", schema(rename = $text))]
                $variant,
            )+
        }

        impl $name {
            /// Every variant, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as it is stored and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::text_enum::UnknownWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $(if text.eq_ignore_ascii_case($text) $(|| text.eq_ignore_ascii_case($alias))* { return Ok(Self::$variant); })+
                Err($crate::kernel::text_enum::UnknownWord { allowed: &[$($text),+] })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "ssr")]
        impl $crate::kernel::db::ToValue for $name {
            fn to_value(self) -> $crate::kernel::db::Value {
                $crate::kernel::db::Value::Text(Some(self.as_str().to_owned()))
            }
            fn null() -> $crate::kernel::db::Value {
                $crate::kernel::db::Value::Text(None)
            }
        }

        $crate::decode_as!($name, String, |word| Ok(word.parse::<$name>()?));
    };
}

/// The error of reading a word that the vocabulary does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownWord {
    /// The words that would have been understood.
    pub allowed: &'static [&'static str],
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must be one of {}", self.allowed.join(", "))
    }
}

impl std::error::Error for UnknownWord {}
