#!/usr/bin/env bash
# Plants each forbidden pattern in an empty tree and expects scripts/lint.sh to name it there, and to stay silent
# about the allowed forms of the same thing.
set -euo pipefail
lint=$(cd "$(dirname "$0")" && pwd)/lint.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
wrong=0

# plant FILE TEXT
plant() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/$(dirname "$1")"
    printf '%b\n' "$2" >"$tree/$1"
}

# refused NAME FILE TEXT
refused() {
    local output
    plant "$2" "$3"
    if output=$("$lint" "$tree"); then
        printf 'lint let %s pass in %s: %s\n' "$1" "$2" "$3"
        wrong=1
    elif ! grep -q "^$1:" <<<"$output" || ! grep -q "$2" <<<"$output"; then
        printf 'lint refused %s without naming %s:\n%s\n' "$2" "$1" "$output"
        wrong=1
    fi
}

# accepted FILE TEXT
accepted() {
    local output
    plant "$1" "$2"
    if ! output=$("$lint" "$tree"); then
        printf 'lint refused what is allowed in %s: %s\n%s\n' "$1" "$2" "$output"
        wrong=1
    fi
}

refused raw-title app/src/leads/pages.rs 'view! { <Title text=lead.name/> }'
accepted app/src/ui/page_title.rs 'view! { <Title text=title/> }'
accepted app/src/leads/pages.rs 'view! { <PageTitle text=lead.name/> }'
refused raw-textarea app/src/leads/form.rs 'view! { <textarea name="notes">{text}</textarea> }'
refused raw-textarea app/src/ui/field.rs 'view! { <TEXTAREA></TEXTAREA> }'
accepted app/src/ui/text_area.rs 'view! { <textarea></textarea> }'
accepted app/src/leads/form.rs '// A <textarea> is escaped by TextArea.'
accepted app/src/leads/form.rs 'view! { <TextArea name="notes"/> }'
refused inner-html app/src/repairs/detail.rs 'view! { <p inner_html=text/> }'
accepted app/src/ui/chart.rs 'view! { <svg inner_html=marks/> }'
refused unfinished src/repairs/service.rs 'fn close() { todo!() }'
refused unfinished src/repairs/service.rs 'fn close() { unimplemented!("later") }'
refused note-to-self src/repairs/service.rs '// TODO: close'
refused note-to-self end2end/tests/repairs.spec.ts '// FIXME flaky'
refused note-to-self Makefile '# TODO'
accepted src/repairs/service.rs '// Il metodo apre una riparazione.'
refused debug-print src/kernel/db.rs 'dbg!(rows);'
refused allow-without-reason src/kernel/db.rs '#[allow(dead_code)]'
refused allow-without-reason src/kernel/db.rs '#![expect(clippy::large_enum_variant)]'
refused allow-without-reason src/kernel/db.rs '#[allow(\n    dead_code,\n    unused\n)]'
accepted src/kernel/db.rs '#[allow(dead_code, reason = "read by the macro")]'
accepted src/kernel/db.rs '#[expect(\n    dead_code,\n    reason = "read by the macro"\n)]'
refused sql-in-handler server/src/api/leads.rs 'let sql = "SELECT id FROM leads";'
refused sql-in-handler server/src/api/leads.rs 'sqlx::query("…")'
refused sql-in-handler app/src/leads/list.rs 'let sql = "DELETE FROM leads";'
accepted src/leads/store.rs 'let sql = "SELECT id FROM leads";'
accepted app/src/leads/list.rs 'view! { <select name="status"></select> }'
refused clock-in-sql src/leads/store.rs '"UPDATE leads SET seen = now()"'
refused clock-in-sql src/kernel/jobs/store.rs '"UPDATE jobs SET at = CURRENT_TIMESTAMP"'
refused clock-in-sql migrations/postgres/0001_base.sql 'at TIMESTAMPTZ DEFAULT now()'
refused clock-in-sql migrations/sqlite/0001_base.sql "at TEXT DEFAULT (datetime('now'))"
accepted src/leads/service.rs 'let now = app.clock.now();'
accepted src/leads/store.rs 'let at = clock.now();'
refused sleep-in-test server/tests/leads.rs 'std::thread::sleep(ms);'
refused sleep-in-test server/tests/common/mod.rs 'tokio::time::sleep(ms).await;'
refused sleep-in-test server/tests/leads.rs 'use tokio::time::{Instant, sleep};'
accepted server/src/background/jobs.rs 'tokio::time::sleep(delay).await;'
refused timeout-in-test end2end/tests/leads.spec.ts 'await page.waitForTimeout(500);'
refused machine-path README.md 'Copy it to /home/anna/officina.'
refused machine-path server/src/main.rs 'let dir = "/root/data";'
accepted README.md 'Copy it to /usr/local/bin or ./work/officina.'
accepted server/src/http/static_files.rs 'let path = "/tmp/officina";'

[ "$wrong" -eq 0 ] || exit 1
