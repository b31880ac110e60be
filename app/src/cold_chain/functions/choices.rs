//! Some of many to choose from: places, cells, customers.

use serde::{Deserialize, Serialize};

/// Offered at once. What is not among them is found by words.
#[cfg(feature = "ssr")]
const OFFERED: u32 = 50;

/// Some of many to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The id of the one that is chosen.
    pub chosen: String,
    /// Those to choose from: ids and names.
    pub options: Vec<(String, String)>,
    /// The words that they were found by.
    pub search: String,
    /// Whether these words found any.
    pub has_found: bool,
    /// Whether there are others, too.
    pub has_more: bool,
}

#[cfg(feature = "ssr")]
mod server {
    use officina::Result;
    use officina::cold_chain::{CellFilter, ColdCell, Location, LocationFilter, service};
    use officina::kernel::App;
    use officina::kernel::actor::Actor;
    use officina::kernel::page::PageRequest;

    use super::super::joined;
    use super::{Choice, OFFERED};

    /// What a place is called where there are thousands.
    fn place_name(place: Location) -> (String, String) {
        (place.id.to_string(), joined(place.name, place.customer_name))
    }

    fn cell_name(cell: ColdCell) -> (String, String) {
        (cell.id.to_string(), joined(cell.name, Some(cell.location_name)))
    }

    fn first() -> PageRequest {
        PageRequest { limit: Some(OFFERED.into()), ..PageRequest::default() }
    }

    impl Choice {
        /// Places. One that is chosen is among them, unless others were looked for.
        pub(in crate::cold_chain) async fn of_places(
            app: &App,
            actor: &Actor,
            search: String,
            chosen: &str,
        ) -> Result<Self> {
            let filter = LocationFilter { search: Some(search.clone()) };
            let page = service::list_locations(app, actor, &filter, &first()).await?;
            let has_more = page.next_cursor.is_some();
            let mut choice = Self::new(page.items.into_iter().map(place_name).collect(), search, chosen, has_more);
            if choice.lacks_chosen()
                && let Ok(id) = chosen.parse()
                && let Ok(place) = service::get_location(app, actor, id).await
            {
                choice.options.insert(0, place_name(place));
            }
            Ok(choice)
        }

        /// Cells. One that is chosen is among them, unless others were looked for.
        pub(in crate::cold_chain) async fn of_cells(
            app: &App,
            actor: &Actor,
            search: String,
            chosen: &str,
        ) -> Result<Self> {
            let filter = CellFilter { search: Some(search.clone()), ..CellFilter::default() };
            let page = service::list_cold_cells(app, actor, &filter, &first()).await?;
            let has_more = page.next_cursor.is_some();
            let mut choice = Self::new(page.items.into_iter().map(cell_name).collect(), search, chosen, has_more);
            if choice.lacks_chosen()
                && let Ok(id) = chosen.parse()
                && let Ok(cell) = service::cold_cell(app, actor, id).await
            {
                choice.options.insert(0, cell_name(cell));
            }
            Ok(choice)
        }

        /// Customers of the cold chain. One that is chosen is among them, unless others were looked for.
        pub(in crate::cold_chain) async fn of_customers(
            app: &App,
            actor: &Actor,
            search: String,
            chosen: &str,
        ) -> Result<Self> {
            let mut found = service::customers(app, actor, Some(&search), i64::from(OFFERED) + 1).await?;
            let has_more = found.len() > OFFERED as usize;
            found.truncate(OFFERED as usize);
            let options = found.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
            let mut choice = Self::new(options, search, chosen, has_more);
            if choice.lacks_chosen()
                && let Ok(id) = chosen.parse()
                && let Some(name) = service::customer_name(app, actor, id).await?
            {
                choice.options.insert(0, (chosen.to_owned(), name));
            }
            Ok(choice)
        }

        fn new(options: Vec<(String, String)>, search: String, chosen: &str, has_more: bool) -> Self {
            let has_found = !options.is_empty();
            Self { chosen: chosen.to_owned(), options, search: search.trim().to_owned(), has_found, has_more }
        }

        /// Whether what is chosen must be put beside what was found: who looks for another one should see those alone.
        fn lacks_chosen(&self) -> bool {
            let is_kept = self.search.is_empty() || self.options.is_empty();
            is_kept && self.options.iter().all(|(id, _)| *id != self.chosen)
        }
    }
}
