// The style of the space-time diagram, from the page's own colours and four for the kinds of messages.

export const spaceTimeStyle = `
:root { --proposal: #1f5fbf; --ack: #1a7f4b; --commit: #b45309; --sync: #7c3aed; }
@media (prefers-color-scheme: dark) { :root { --proposal: #78aef5; --ack: #4cc38a; --commit: #f0a04b; --sync: #b99cff; } }
.space-time { margin: 8px 0 0; overflow-x: auto; }
.space-time > svg { width: 100%; min-width: 900px; height: auto; font: 11px system-ui, sans-serif; }
.space-time text { fill: var(--ink); } .space-time .lane { font-size: 12px; fill: var(--soft); } .space-time .lane.server { fill: var(--ink); font-weight: 600; }
.space-time .thread { stroke: var(--rule); }
.space-time .band rect { fill: var(--fault); } .space-time .band rect.all { fill: var(--fault-line); opacity: 0.55; } .space-time .band text { fill: var(--violated); font-weight: 600; }
.space-time .role rect { fill: var(--idle); opacity: 0.45; } .space-time .role text { fill: var(--soft); font-size: 10px; }
.space-time .role.leading rect { fill: var(--ink); opacity: 0.9; } .space-time .role.leading text { fill: var(--ink); font-weight: 600; }
.space-time .role.looking rect { fill: var(--open); opacity: 0.7; } .space-time .role.starting rect { fill: var(--open); }
.space-time .message line { stroke-width: 1; opacity: 0.35; } .space-time .message.strong line { stroke-width: 2; opacity: 1; } .space-time .message.sync line { opacity: 0.8; }
.space-time .proposal line { stroke: var(--proposal); } .space-time .ack line { stroke: var(--ack); } .space-time .commit line { stroke: var(--commit); } .space-time .sync line { stroke: var(--sync); }
.space-time .head.proposal path { fill: var(--proposal); } .space-time .head.ack path { fill: var(--ack); } .space-time .head.commit path { fill: var(--commit); } .space-time .head.sync path { fill: var(--sync); }
.space-time .message.lost line { stroke-dasharray: 4 3; } .space-time .cross { fill: var(--violated); font-weight: 700; }
.space-time .label { font-size: 10px; paint-order: stroke; stroke: var(--panel); stroke-width: 3px; }
.space-time .label.proposal { fill: var(--proposal); } .space-time .label.ack { fill: var(--ack); } .space-time .label.commit { fill: var(--commit); } .space-time .label.sync { fill: var(--sync); }
.space-time .mark circle, .space-time .mark path, .space-time figcaption circle, .space-time figcaption path { fill: var(--ink); stroke: var(--panel); stroke-width: 1; }
.space-time .mark.COMMIT_DECIDE path { fill: var(--commit); } .space-time .mark line { stroke: var(--ink); stroke-width: 2; } .space-time .mark text { font-size: 10px; }
.space-time .mark circle.hollow, .space-time figcaption circle.hollow { fill: var(--panel); stroke: var(--ink); stroke-width: 1.6; }
.space-time .operation rect { fill: var(--ok-bar); } .space-time .operation.fail rect { fill: var(--fail-bar); }
.space-time .operation.info rect, .space-time .operation.open rect { fill: none; stroke: var(--info-bar); stroke-width: 2; stroke-dasharray: 5 4; }
.space-time .operation.offending rect { fill: var(--violated); } .space-time .operation .inside { fill: var(--panel); } .space-time .operation.offending text { font-weight: 600; }
.space-time .moment line { stroke: var(--violated); stroke-width: 2; } .space-time .moment text { fill: var(--violated); font-weight: 700; }
.space-time .axis line { stroke: var(--soft); } .space-time .axis text { fill: var(--soft); font-size: 10px; }
.space-time figcaption { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12px; color: var(--soft); }
.space-time .key svg { width: 11px; height: 11px; margin-right: 4px; vertical-align: -1px; }
.space-time .key.proposal { color: var(--proposal); } .space-time .key.ack { color: var(--ack); } .space-time .key.commit { color: var(--commit); } .space-time .key.sync { color: var(--sync); }
.space-time .key.shade { background: var(--fault); padding: 0 6px; }
`;
