// The page's one style sheet. Colours are variables, so that dark mode and print change only this block;
// every state is told by a word or a mark as well as by its colour.

export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --panel: #ffffff; --ink: #1d1f23; --soft: #5d636e; --rule: #dfe1e6;
  --pass: #1a7f4b; --violated: #c4281c; --open: #9a6700; --idle: #6b7280; --link: #1f5fbf;
  --ok-bar: #3d8bd4; --fail-bar: #8b919c; --info-bar: #d9932b;
  --fault: rgba(196, 40, 28, 0.11); --fault-line: #c4281c; --mark: rgba(196, 40, 28, 0.16);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171b; --panel: #1d2025; --ink: #e6e8ec; --soft: #9aa1ad; --rule: #343942;
    --pass: #4cc38a; --violated: #ff7b6e; --open: #e2b04a; --idle: #9aa1ad; --link: #78aef5;
    --ok-bar: #5ba4e6; --fail-bar: #7c838f; --info-bar: #e0a647;
    --fault: rgba(255, 123, 110, 0.14); --fault-line: #ff7b6e; --mark: rgba(255, 123, 110, 0.2);
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 24px 60px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 34px 0 10px; }
h3 { font-size: 15px; margin: 16px 0 6px; }
p { margin: 6px 0; }
a { color: var(--link); }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
.soft { color: var(--soft); }
.verdict { border-left: 8px solid var(--idle); padding: 4px 0 4px 16px; margin-bottom: 14px; }
.verdict.pass { border-color: var(--pass); } .verdict.pass h1 { color: var(--pass); }
.verdict.violated { border-color: var(--violated); } .verdict.violated h1 { color: var(--violated); }
.verdict.inconclusive { border-color: var(--open); } .verdict.inconclusive h1 { color: var(--open); }
.panel { background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; padding: 14px 18px; margin: 12px 0; }
.panel.violation { border-color: var(--violated); }
.sentence { font-size: 17px; margin: 0 0 4px; }
.subject { font-weight: 600; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.replay { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.replay code { background: var(--page); border: 1px solid var(--rule); border-radius: 5px; padding: 5px 9px; overflow-wrap: anywhere; }
button { font: inherit; font-size: 13px; color: var(--ink); background: var(--panel); border: 1px solid var(--rule); border-radius: 5px; padding: 4px 11px; cursor: pointer; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 500; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tr.offending td { background: var(--mark); }
.word { font-weight: 600; white-space: nowrap; }
.word.pass { color: var(--pass); } .word.violated { color: var(--violated); } .word.inconclusive { color: var(--open); }
.word.not-exercised, .word.not-supported { color: var(--idle); }
svg.evidence { width: 100%; min-width: 620px; height: auto; margin: 10px 0 0; font: 13px system-ui, sans-serif; }
svg.evidence text { fill: var(--ink); } svg.evidence .row-label, svg.evidence .tick { fill: var(--soft); }
svg.evidence .rule { stroke: var(--rule); } svg.evidence .tick { font-size: 12px; }
svg.evidence .bar rect { fill: var(--ok-bar); } svg.evidence rect.fault { fill: var(--fault); } svg.evidence .fault-label { font-size: 12px; fill: var(--soft); } svg.evidence .bar.fail rect { fill: var(--fail-bar); }
svg.evidence .bar.info rect, svg.evidence .bar.open rect { fill: none; stroke: var(--info-bar); stroke-width: 2; stroke-dasharray: 5 4; }
svg.evidence .bar.offending rect { fill: var(--violated); stroke: none; }
svg.evidence .inside { fill: #ffffff; } svg.evidence .info .inside, svg.evidence .open .inside { fill: var(--ink); }
@media (prefers-color-scheme: dark) { svg.evidence .inside { fill: #10131a; } }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 0 0 8px; padding: 0; list-style: none; }
.legend span { display: inline-block; width: 22px; height: 10px; border-radius: 2px; margin-right: 6px; vertical-align: 0; }
.key-ok { background: var(--ok-bar); }
.key-fail { background: repeating-linear-gradient(90deg, var(--fail-bar) 0 3px, transparent 3px 5px); }
.key-info { border: 2px dashed var(--info-bar); }
.key-fault { background: var(--fault); border-top: 3px solid var(--fault-line); }
.toolbar { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 8px; }
#timeline { position: relative; touch-action: pan-y; }
#timeline canvas { display: block; width: 100%; cursor: crosshair; border-radius: 4px; }
#detail { min-height: 46px; font-size: 13px; margin-top: 6px; }
.chart { margin-top: 8px; }
.uplot { color: var(--ink); } .u-legend { font-size: 12px; }
@media (max-width: 640px) {
  main { padding: 14px 12px 40px; } h1 { font-size: 22px; } .sentence { font-size: 16px; } .panel { padding: 12px; }
  .facts { grid-template-columns: 1fr; } .facts dt { margin-top: 4px; }
}
@media print { .toolbar, button, #timeline, #detail, .legend { display: none; } .panel { break-inside: avoid; } main { max-width: none; } }
`;
