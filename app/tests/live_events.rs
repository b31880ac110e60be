//! Pages listen to every event that the services of their areas write.
#![cfg(feature = "ssr")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic where it stands")]

use std::path::Path;

/// The words after `Entry::new("` in the services of an area.
fn written(area: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(area).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, found);
        } else {
            let source = std::fs::read_to_string(&path).unwrap();
            let words = source.split("Entry::new(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(words.map(str::to_owned));
        }
    }
}

#[test]
fn no_change_goes_unheard() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src");
    let mut events = Vec::new();
    for area in ["repairs", "leads", "cold_chain"] {
        written(&source.join(area), &mut events);
    }
    assert!(events.len() > 8, "{events:?}");
    // Told by the follower of the journal to those it concerns; the other entries of the area are for the audit.
    events.push("notices.told".to_owned());
    let unheard: Vec<_> =
        events.iter().filter(|event| !app::live::EVENTS.iter().any(|(name, _)| name == event)).collect();
    assert!(unheard.is_empty(), "{unheard:?}");
}
