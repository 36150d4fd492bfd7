#include "status/html_assets.h"

namespace status {

// Colours mean states and nothing else; each state also has its name.
const std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #e3e6eb; --text: #1b2330;
  --soft: #5b6676; --link: #1858c4; --track: #e6e9ee;
  --valid: #14783c; --renewing: #1858c4; --pending: #6b5f00;
  --failing: #b3261e; --expired: #8a1c5c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141a; --card: #181e27; --line: #2a323e; --text: #e6eaf0;
    --soft: #9aa6b6; --link: #84b4ff; --track: #2d3643;
    --valid: #5fd08d; --renewing: #84b4ff; --pending: #e0cc5a;
    --failing: #ff8a80; --expired: #f29ac9;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Ubuntu,
    "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; letter-spacing: -.01em; margin: 0; }
h3 {
  font-size: .78rem; font-weight: 600; color: var(--soft);
  margin: 1.2rem 0 .3rem;
}
a { color: var(--link); }
p { margin: .3rem 0; }
.soft, time { color: var(--soft); }
header { display: flex; flex-wrap: wrap; gap: .3rem 1rem;
  align-items: baseline; justify-content: space-between; }
.alarm {
  background: var(--card); border: 1px solid var(--failing);
  border-left-width: 6px; border-radius: 8px; padding: .8rem 1rem;
  margin: 1rem 0;
}
.tools { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0 1rem;
  align-items: center; justify-content: space-between; }
.states { display: flex; flex-wrap: wrap; gap: .4rem; }
.states a {
  display: inline-flex; gap: .4rem; padding: .25rem .75rem;
  border: 1px solid var(--line); border-radius: 99px; color: var(--text);
  background: var(--card); text-decoration: none;
}
.states a:hover, .states a[aria-current] { border-color: currentColor; }
.states b { color: var(--soft); }
.states .valid b { color: var(--valid); }
.states .renewing b { color: var(--renewing); }
.states .pending b { color: var(--pending); }
.states .failing b { color: var(--failing); }
.states .expired b { color: var(--expired); }
input, button {
  font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; padding: .35rem .75rem;
}
input[type=search] { width: 17rem; max-width: 100%; }
button { cursor: pointer; }
button:hover { border-color: var(--soft); }
button.danger { color: var(--failing); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.list {
  background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow: hidden;
}
.row { border-top: 1px solid var(--line); }
.row:first-child { border-top: 0; }
.row > summary {
  display: grid; grid-template-columns: 6.2rem minmax(0, 1fr) 15rem 11rem;
  gap: .2rem 1rem; padding: .8rem 1rem; cursor: pointer; list-style: none;
}
.row > summary::-webkit-details-marker { display: none; }
.row > summary:hover { background: var(--page); }
.row[open] > summary { border-bottom: 1px solid var(--line); }
.badge { font-weight: 600; font-size: .88rem; white-space: nowrap; }
.badge::before {
  content: ""; display: inline-block; width: .6em; height: .6em;
  border-radius: 50%; background: currentColor; margin-right: .45em;
}
.id::after { content: " \25be"; color: var(--soft); font-weight: 400; }
.row[open] .id::after { content: " \25b4"; }
.badge.valid { color: var(--valid); }
.badge.renewing { color: var(--renewing); }
.badge.pending { color: var(--pending); }
.badge.failing { color: var(--failing); }
.badge.expired { color: var(--expired); }
.id { font-weight: 600; overflow-wrap: anywhere; }
.more { font-weight: 400; color: var(--soft); white-space: nowrap; }
.error {
  grid-column: 2 / -1; color: var(--failing); font-size: .9rem;
  overflow-wrap: anywhere; display: -webkit-box; overflow: hidden;
  -webkit-box-orient: vertical; -webkit-line-clamp: 2;
}
.warning { color: var(--pending); }
.bar { display: block; width: 100%; height: 6px; margin-top: .35rem;
  border-radius: 3px; }
.bar .track { fill: var(--track); }
.bar.valid .left { fill: var(--valid); }
.bar.renewing .left { fill: var(--renewing); }
.bar.failing .left { fill: var(--failing); }
.body { padding: .2rem 1rem 1.2rem; }
dl { display: grid; grid-template-columns: 9rem minmax(0, 1fr);
  gap: .3rem 1rem; margin: .8rem 0 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: .86em ui-monospace, "DejaVu Sans Mono", monospace; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: var(--soft); font-weight: 400; }
th, td { padding: .25rem 1rem .25rem 0; vertical-align: top;
  overflow-wrap: anywhere; }
.history td:not(:last-child) { white-space: nowrap; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1.2rem; }
.revoke { margin-top: .8rem; }
.revoke > summary { cursor: pointer; color: var(--soft); }
.empty { padding: 2.5rem 1rem; text-align: center; color: var(--soft); }
.pages { display: flex; gap: 1rem; justify-content: center;
  margin-top: 1.2rem; }
footer { margin-top: 1.5rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 46rem) {
  main { padding-top: 1.2rem; }
  .row > summary { grid-template-columns: minmax(0, 1fr) auto; }
  .row > summary > * { grid-column: 1 / -1; }
  .row > summary > .badge { grid-column: 2; grid-row: 1; }
  .row > summary > .id { grid-column: 1; grid-row: 1; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .5rem; }
  .tools form, input[type=search] { width: 100%; }
  td { padding-right: .6rem; }
}
)css";

// The page is whole without it: it only spares somebody reloading. What was
// unfolded stays so, and nobody is disturbed who types or marks something.
const std::string_view kScript = R"js(
(() => {
  const busy = () => document.hidden || !getSelection().isCollapsed
    || document.activeElement.matches("input, button, a, summary:focus-visible");
  const open = root => [...root.querySelectorAll("details[open][id]")];
  const refresh = async () => {
    if (busy()) return;
    const answer = await fetch(location.href, {cache: "no-store"});
    if (!answer.ok || busy()) return;
    const page = new DOMParser().parseFromString(
      await answer.text(), "text/html");
    const now = document.querySelector("main");
    const next = page.querySelector("main");
    if (!next) return;
    for (const details of open(now)) {
      const same = next.querySelector("#" + CSS.escape(details.id));
      if (same) same.open = true;
    }
    now.replaceWith(next);
  };
  setInterval(() => refresh().catch(() => {}), 10000);
})();
)js";

}  // namespace status
