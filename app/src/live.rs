//! Live updates: the event stream of the server, turned into signals that pages fetch anew by.

use leptos::prelude::*;
use officina::kernel::permission::{Permission, PermissionSet};

/// What can change under one's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Repairs.
    Repairs,
    /// Leads.
    Leads,
    /// Cells, devices and their readings.
    ColdChain,
    /// Alerts.
    Alerts,
    /// What one was told.
    Notices,
}

impl Topic {
    const ALL: [Self; 5] = [Self::Repairs, Self::Leads, Self::ColdChain, Self::Alerts, Self::Notices];

    /// What one needs to hear of it.
    const fn needs(self) -> Permission {
        match self {
            Self::Repairs => Permission::RepairsRead,
            Self::Leads => Permission::LeadsRead,
            Self::ColdChain => Permission::ColdChainRead,
            Self::Alerts | Self::Notices => Permission::AlertsRead,
        }
    }
}

/// Whether there is anything to follow for someone: the server refuses a stream that would stay silent.
#[must_use]
pub fn can_follow(permissions: PermissionSet) -> bool {
    Topic::ALL.iter().any(|topic| permissions.has(topic.needs()))
}

/// The events that a page listens to: a browser hears only those whose names it knows.
pub const EVENTS: &[(&str, Topic)] = &[
    ("repairs.created", Topic::Repairs),
    ("repairs.updated", Topic::Repairs),
    ("repairs.status_changed", Topic::Repairs),
    ("repairs.appointment_moved", Topic::Repairs),
    ("repairs.note_added", Topic::Repairs),
    ("repairs.photos_added", Topic::Repairs),
    ("repairs.photo_deleted", Topic::Repairs),
    ("leads.created", Topic::Leads),
    ("leads.status_changed", Topic::Leads),
    ("leads.note_added", Topic::Leads),
    ("leads.released", Topic::Leads),
    ("cold_chain.location_created", Topic::ColdChain),
    ("cold_chain.location_changed", Topic::ColdChain),
    ("cold_chain.cell_created", Topic::ColdChain),
    ("cold_chain.cell_changed", Topic::ColdChain),
    ("cold_chain.device_created", Topic::ColdChain),
    ("cold_chain.device_changed", Topic::ColdChain),
    ("cold_chain.device_key_rotated", Topic::ColdChain),
    ("cold_chain.maintenance_started", Topic::ColdChain),
    ("cold_chain.maintenance_ended", Topic::ColdChain),
    ("cold_chain.silence_started", Topic::ColdChain),
    ("cold_chain.silence_ended", Topic::ColdChain),
    ("cold_chain.alert_policy_changed", Topic::ColdChain),
    ("cold_chain.alert_escalated", Topic::Alerts),
    ("alerts.opened", Topic::Alerts),
    ("alerts.continued", Topic::Alerts),
    ("alerts.acknowledged", Topic::Alerts),
    ("alerts.corrected", Topic::Alerts),
    ("alerts.resolved", Topic::Alerts),
    ("notices.told", Topic::Notices),
];

/// The state of the stream and how often each topic has changed.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// Whether the stream is up.
    pub is_on: RwSignal<bool>,
    /// How often the server was there again: the first time it is there is one.
    back: RwSignal<u32>,
    ticks: [RwSignal<u32>; Topic::ALL.len()],
    /// The cold cell that is open: its readings are told, which are too many to be told of all.
    cell: RwSignal<Option<String>>,
    readings: RwSignal<u32>,
}

impl Live {
    /// How often a topic has changed. Reading it in the source of a resource makes the resource fetch anew.
    #[must_use]
    pub fn changes(self, topic: Topic) -> u32 {
        self.ticks[topic as usize].get()
    }

    /// Takes note that the server, which could not be reached, is there again.
    pub fn came_back(self) {
        self.back.update(|times| *times += 1);
    }

    /// Calls something each time the server is there again, as long as the component lives that asks for it.
    pub fn when_back(self, act: impl Fn() + 'static) {
        Effect::new(move |before: Option<u32>| {
            let times = self.back.get();
            // It was not away before the first time.
            if before.is_some_and(|before| before > 0 && before != times) {
                act();
            }
            times
        });
    }

    /// Asks for the readings of a cold cell as long as the page is open that calls this.
    pub fn open_cell(self, id: Memo<String>) {
        Effect::new(move |_| self.cell.set(Some(id.get())));
        on_cleanup(move || self.cell.set(None));
    }

    /// How often the cell that is open was heard of; as [`Live::changes`].
    #[must_use]
    pub fn readings(self) -> u32 {
        self.readings.get()
    }
}

/// Makes live updates possible below the current component.
pub fn provide_live() -> Live {
    let ticks = std::array::from_fn(|_| RwSignal::new(0));
    let live = Live {
        is_on: RwSignal::new(false),
        back: RwSignal::new(0),
        ticks,
        cell: RwSignal::new(None),
        readings: RwSignal::new(0),
    };
    provide_context(live);
    live
}

/// The live updates of the application, or ones that never come outside of it.
#[must_use]
pub fn use_live() -> Live {
    use_context().unwrap_or_else(provide_live)
}

/// Says whether what is on the screen follows by itself.
#[component]
pub fn LiveBadge() -> impl IntoView {
    let is_on = use_live().is_on;
    view! {
        <span class=move || if is_on.get() { "live on" } else { "live off" } role="status"
            title=move || {
                if is_on.get() { "Changes by others appear at once" } else { "Changes by others appear after some seconds" }
            }>
            <span class="dot"></span>
            <span class="words">{move || if is_on.get() { "Live" } else { "Delayed" }}</span>
        </span>
    }
}

#[cfg(feature = "hydrate")]
pub use browser::{connect, poll};

#[cfg(feature = "hydrate")]
mod browser {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;

    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, MessageEvent};

    use super::{EVENTS, Live, Topic};

    /// Events that come together are answered together.
    const GATHER: Duration = Duration::from_millis(120);
    /// How often a page fetches anew while no stream is up, and readings while it is: they are no events.
    const POLL: Duration = Duration::from_secs(15);
    /// How often it is looked whether the stream still says something,
    const WATCH: Duration = Duration::from_secs(2);
    /// and after how long without a word it is down, in milliseconds: the server says something every five seconds.
    const SILENT_AFTER: f64 = 12_000.0;

    impl Live {
        fn bump(self, topic: Topic) {
            self.ticks[topic as usize].update(|changes| *changes += 1);
        }

        fn bump_all(self) {
            for topic in Topic::ALL {
                self.bump(topic);
            }
        }
    }

    /// Fetches anew now and then, for as long as the application runs: for those to whom the server refuses a stream.
    pub fn poll(live: Live) {
        live.came_back();
        set_interval(move || live.bump_all(), POLL);
    }

    /// Follows the server's events from a journal number on, for as long as the application runs.
    pub fn connect(live: Live, from: i64) {
        let heard = Rc::new(Cell::new(js_sys::Date::now()));
        let from = Rc::new(Cell::new(from));
        let source = Rc::new(RefCell::new(open(live, &from, &heard)));
        let (follows, since, last) = (Rc::clone(&source), Rc::clone(&from), Rc::clone(&heard));
        // The stream says which cell's readings it tells, and begins anew, where the last one was, when that is another one.
        Effect::new(move |known: Option<Option<String>>| {
            let cell = live.cell.get();
            if known.unwrap_or_default() != cell
                && let Some(before) = follows.replace(open(live, &since, &last))
            {
                before.close();
            }
            cell
        });
        let (watched, since, last) = (Rc::clone(&source), Rc::clone(&from), Rc::clone(&heard));
        // A connection that hangs is not closed by anybody: the server or the way to it is gone without a word.
        let watch = move || {
            if js_sys::Date::now() - last.get() < SILENT_AFTER {
                return;
            }
            live.is_on.set(false);
            last.set(js_sys::Date::now());
            let anew = open(live, &since, &last);
            if let Some(hanging) = watched.replace(anew) {
                hanging.close();
            }
        };
        set_interval(watch, WATCH);
        let poll = move || {
            if live.is_on.get_untracked() {
                live.bump(Topic::ColdChain);
                return;
            }
            live.bump_all();
            // The browser tries again by itself after a broken connection, but not after a refusal.
            let is_closed = source.borrow().as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED);
            if is_closed {
                source.replace(open(live, &from, &heard));
            }
        };
        set_interval(poll, POLL);
    }

    /// Opens the stream after the last event that was heard.
    fn open(live: Live, from: &Rc<Cell<i64>>, heard: &Rc<Cell<f64>>) -> Option<EventSource> {
        let person = crate::staff::person::membership().unwrap_or_default();
        let is_id = |id: &String| id.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
        let cell = live.cell.get_untracked().filter(is_id).map_or_else(String::new, |id| format!("&cell={id}"));
        let source = EventSource::new(&format!("/api/v1/live?after={}&as={person}{cell}", from.get())).ok()?;
        let listen = |name: &str, act: Box<dyn FnMut(Event)>| {
            let closure = Closure::wrap(act);
            // Refused only for names that are no strings.
            let _ = source.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
            // The stream lives as long as the page.
            closure.forget();
        };
        // Whatever is heard says that the stream is up.
        let hear = {
            let heard = Rc::clone(heard);
            move || {
                heard.set(js_sys::Date::now());
                if !live.is_on.get_untracked() {
                    live.is_on.set(true);
                    live.came_back();
                }
            }
        };
        for name in ["open", "beat"] {
            let hear = hear.clone();
            listen(name, Box::new(move |_| hear()));
        }
        listen("error", Box::new(move |_| live.is_on.set(false)));
        let hear_readings = hear.clone();
        listen(
            "readings.stored",
            Box::new(move |_| {
                hear_readings();
                live.readings.update(|changes| *changes += 1);
            }),
        );
        let waiting = Rc::new(RefCell::new([false; Topic::ALL.len()]));
        for (name, topic) in EVENTS {
            let (waiting, topic, hear) = (Rc::clone(&waiting), *topic, hear.clone());
            let from = Rc::clone(from);
            let gather = move |event: Event| {
                hear();
                let number = event.dyn_ref::<MessageEvent>().and_then(|event| event.last_event_id().parse().ok());
                from.set(number.unwrap_or_else(|| from.get()));
                if std::mem::replace(&mut waiting.borrow_mut()[topic as usize], true) {
                    return;
                }
                let waiting = Rc::clone(&waiting);
                set_timeout(
                    move || {
                        waiting.borrow_mut()[topic as usize] = false;
                        live.bump(topic);
                    },
                    GATHER,
                );
            };
            listen(name, Box::new(gather));
        }
        Some(source)
    }
}
