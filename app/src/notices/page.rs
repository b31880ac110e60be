//! The list of one's own notices.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::notices::NoticeKind;

use super::functions::{NOTICES, NoticeLine, NoticesView, PREFERENCES, list_notices};
use crate::live::{Topic, use_live};
use crate::sent::calls;
use crate::staff::loaded;
use crate::ui::{Badge, EmptyState, Icon, PageTitle, Pager, PastTheEnd, SkeletonRows, Tone, address, icon};

/// The page.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let live = use_live();
    let map = use_query_map();
    let cursor = Memo::new(move |_| map.read().get("cursor").filter(|cursor| !cursor.is_empty()));
    let data = Resource::new(move || (cursor.get(), live.changes(Topic::Notices)), |(cursor, _)| list_notices(cursor));
    view! {
        <PageTitle text="Notices"/>
        <div class="page-head">
            <h1>"Notices"</h1>
            <a class="btn" href=PREFERENCES>"What I am told"</a>
        </div>
        {loaded(
            data,
            || view! { <SkeletonRows rows=6/> }.into_any(),
            move |view| show(view, cursor.get_untracked().is_some()),
        )}
    }
}

fn show(view: NoticesView, is_later_page: bool) -> AnyView {
    if view.rows.is_empty() {
        let empty = match view.empty {
            _ if is_later_page => view! { <PastTheEnd first=NOTICES/> }.into_any(),
            Some(empty) => view! { <EmptyState symbol=Icon::Bell title=empty.title text=empty.text/> }.into_any(),
            None => never_told(),
        };
        return view! { <div class="panel">{empty}</div> }.into_any();
    }
    let all = (view.unread > 0).then(|| {
        view! {
            <form method="post" action=NOTICES>
                {calls("notices/read")}
                <button class="btn" type="submit">{icon(Icon::Check)} "Mark all as read"</button>
            </form>
        }
    });
    let first = is_later_page.then(|| NOTICES.to_owned());
    let next = view.next.as_deref().map(|cursor| address(NOTICES, &[("cursor", Some(cursor))]));
    let items: Vec<_> = view.rows.into_iter().map(item).collect();
    view! {
        <div class="stack">
            {all}
            <div class="stack tight">{items}</div>
            <Pager extent=view.extent what="notices" first=first next=next/>
        </div>
    }
    .into_any()
}

/// What stands where there is nothing to tell, now or later.
pub(super) fn never_told() -> AnyView {
    let text = "Notices are about the alerts of cold cells, and go to those who look after them.";
    view! { <EmptyState symbol=Icon::Bell title="There is nothing that you are told of" text=text/> }.into_any()
}

fn item(line: NoticeLine) -> AnyView {
    let (label, symbol, tone) = match line.kind {
        NoticeKind::Opening => ("Alert", Icon::Bell, Tone::Danger),
        NoticeKind::Escalation => ("Your turn", Icon::Flag, Tone::Warning),
        NoticeKind::Resolution => ("Over", Icon::Check, Tone::Success),
    };
    let tone = if line.is_read { Tone::Neutral } else { tone };
    let link = view! { <a class="main" href=line.href>{line.title.clone()}</a> };
    let title = if line.is_read { link.into_any() } else { view! { <strong class="grow">{link}</strong> }.into_any() };
    let words = format!("Mark as read: {}", line.title);
    let read = (!line.is_read).then(|| {
        view! {
            <form method="post" action=NOTICES>
                {calls("notices/read")}
                <input type="hidden" name="id" value=line.id/>
                <button class="btn btn-sm" type="submit" aria-label=words>{icon(Icon::Check)} "Read"</button>
            </form>
        }
    });
    view! {
        <article class="panel alert-item">
            <div class="row wrap">
                <Badge tone=tone symbol=symbol label=label/> {title}
                <span class="muted small">{line.when.view()}</span> {read}
            </div>
        </article>
    }
    .into_any()
}
