// The space-time diagram: time to the right, one lane for each client and server, messages as arrows between them.
// What the evidence speaks of is drawn strongly, the rest faintly. Everything says what it is in its tooltip.

import type { InjectedFault } from '../../harness/run/run-result.ts';
import type { Interval } from '../intervals.ts';
import { describeValue } from '../page-data.ts';
import type { Mark, Role, SpaceTime } from '../space-time/space-time.ts';
import { makeTimeScale } from '../space-time/time-scale.ts';
import type { TimeScale } from '../space-time/time-scale.ts';
import { count, seconds } from '../words.ts';
import { html, Html } from './escape.ts';

const width = 1180;
const gutter = 78;
const clientHeight = 26;
const serverHeight = 84;
const headHeight = 30;
const axisHeight = 26;
const mostClients = 7;

export function renderSpaceTime(
  data: SpaceTime,
  intervals: readonly Interval[],
  faults: readonly InjectedFault[],
  offending: ReadonlySet<number>,
): Html {
  const operations = chooseOperations(data, intervals, offending);
  const clients = [...new Set(operations.map(({ process }) => process))];
  const meanwhile = faults.filter(
    ({ startNs, endNs }) => startNs < data.momentNs && (endNs ?? Infinity) > data.fromNs,
  );
  const scale = makeTimeScale(momentsOf(data, operations, meanwhile), {
    left: gutter,
    right: width - 16,
    tickWidth: 74,
  });
  const top = headHeight + clients.length * clientHeight;
  const laneOf = (sid: number): number => top + (data.servers.indexOf(sid) + 0.5) * serverHeight;
  const bottom = top + data.servers.length * serverHeight;
  const labels = new Labels();
  return html`<figure class="space-time">
    <svg
      viewBox="0 0 ${width} ${bottom + axisHeight}"
      role="img"
      aria-label="Space-time diagram: ${data.sentence}"
    >
      <defs>${arrowHeads()}</defs>
      ${meanwhile.map((fault) => renderFault(fault, { data, scale, laneOf, labels }))}
      ${clients.map((client, row) => renderClientLane(client, headHeight + (row + 0.5) * clientHeight))}
      ${data.servers.map((sid) => renderServerLane(sid, laneOf(sid)))}
      ${data.roles.map((role) => renderRole(role, { scale, y: laneOf(role.sid), labels }))}
      ${data.messages.map((message) => renderMessage(message, { data, scale, laneOf }))}
      ${data.marks.map((mark) => renderMark(mark, { data, scale, y: laneOf(mark.sid) }))}
      ${data.messages.map((message) => renderMessageLabel(message, { data, scale, laneOf, labels }))}
      ${operations.map((operation) =>
        renderOperation(operation, {
          scale,
          y: headHeight + (clients.indexOf(operation.process) + 0.5) * clientHeight,
          fromNs: data.fromNs,
          toNs: data.momentNs,
          isOffending: isOffending(operation, offending),
        }),
      )}
      ${renderMoment(scale.x(data.momentNs), bottom)} ${renderAxis(scale, bottom)}
    </svg>
    ${renderLegend(data)}
  </figure>`;
}

function isOffending({ invokeIndex, completeIndex }: Interval, offending: ReadonlySet<number>): boolean {
  return offending.has(invokeIndex) || offending.has(completeIndex);
}

/** Those of the evidence first, then others of the same time. */
function chooseOperations(
  { fromNs, momentNs }: SpaceTime,
  intervals: readonly Interval[],
  offending: ReadonlySet<number>,
): Interval[] {
  const shown = intervals.filter(({ startNs, endNs }) => startNs <= momentNs && endNs >= fromNs);
  const evidence = shown.filter((interval) => isOffending(interval, offending)).slice(-mostClients);
  const clients = new Set(evidence.map(({ process }) => process));
  const plain = shown.filter(({ f }) => !f.startsWith('final-'));
  for (const { process } of plain.length <= 60 ? plain : [])
    if (clients.size < mostClients) clients.add(process);
  return shown.filter(
    (interval) =>
      evidence.includes(interval) ||
      (clients.has(interval.process) && plain.length <= 60 && plain.includes(interval)),
  );
}

function momentsOf(
  { fromNs, momentNs, messages, marks, roles }: SpaceTime,
  operations: readonly Interval[],
  faults: readonly InjectedFault[],
): number[] {
  return [
    fromNs,
    momentNs,
    ...messages.flatMap(({ sentNs, arrivedNs }) => [sentNs, arrivedNs ?? sentNs]),
    ...marks.map(({ timeNs }) => timeNs),
    ...roles.map((role) => role.fromNs),
    ...operations.flatMap(({ startNs, endNs }) => [startNs, endNs]),
    ...faults.flatMap(({ startNs, endNs }) => [startNs, endNs ?? momentNs]),
  ].filter((ns) => ns >= fromNs && ns <= momentNs);
}

interface Stage {
  readonly data: SpaceTime;
  readonly scale: TimeScale;
  readonly laneOf: (sid: number) => number;
}

/** Places that are taken: a label that would cover another is left to the tooltip. */
class Labels {
  readonly #taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];

  take(left: number, y: number, text: string): boolean {
    const right = left + text.length * 5.9;
    if (right > width) return false;
    if (this.#taken.some((each) => left < each.right && right > each.left && Math.abs(y - each.y) < 12))
      return false;
    this.#taken.push({ left, right, y });
    return true;
  }
}

function renderFault(
  fault: InjectedFault,
  { data, scale, laneOf, labels }: Stage & { readonly labels: Labels },
): Html {
  const left = scale.x(Math.max(fault.startNs, data.fromNs));
  const right = scale.x(Math.min(fault.endNs ?? data.momentNs, data.momentNs));
  const name = `${fault.nemesis}: ${fault.shape}`;
  const title = `${name}, servers ${fault.targets.join(', ')}, from ${seconds(fault.startNs)} to ${fault.endNs === null ? 'the end' : seconds(fault.endNs)}`;
  return html`<g class="band">
    <title>${title}</title>
    <rect class="all" x="${left}" y="${headHeight - 8}" width="${Math.max(2, right - left)}" height="6" />
    ${fault.targets
      .filter((sid) => data.servers.includes(sid))
      .map(
        (sid) =>
          html`<rect
            x="${left}"
            y="${laneOf(sid) - serverHeight / 2 + 5}"
            width="${Math.max(2, right - left)}"
            height="${serverHeight - 10}"
            rx="3"
          />`,
      )}
    ${labels.take(left, 14, name) ? html`<text x="${left}" y="15">${name}</text>` : null}
  </g>`;
}

function renderClientLane(process: number, y: number): Html {
  return html`<text class="lane" x="4" y="${y + 4}">client ${process}</text
    ><line class="thread" x1="${gutter}" x2="${width - 8}" y1="${y}" y2="${y}" />`;
}

function renderServerLane(sid: number, y: number): Html {
  return html`<text class="lane server" x="4" y="${y + 4}">server ${sid}</text
    ><line class="thread" x1="${gutter}" x2="${width - 8}" y1="${y}" y2="${y}" />`;
}

function renderRole(
  { sid, name, fromNs, toNs }: Role,
  { scale, y, labels }: { readonly scale: TimeScale; readonly y: number; readonly labels: Labels },
): Html {
  const left = scale.x(fromNs);
  const right = scale.x(toNs);
  const isNamed = right - left > name.length * 6 && labels.take(left + 2, y - 30, name);
  return html`<g class="role ${name}">
    <title>server ${sid}: ${name}, ${seconds(fromNs)} to ${seconds(toNs)}</title>
    <rect x="${left}" y="${y - 3}" width="${Math.max(1, right - left)}" height="6" />
    ${isNamed ? html`<text x="${left + 2}" y="${y - 27}">${name}</text>` : null}
  </g>`;
}

const messageClasses: Readonly<Record<string, string>> = {
  PROPOSAL: 'proposal',
  ACK: 'ack',
  COMMIT: 'commit',
};

function classOf({ kind, zxid, arrivedNs }: SpaceTime['messages'][number], { zxids }: SpaceTime): string {
  const weight = zxids.includes(zxid) ? 'strong' : 'faint';
  return `${messageClasses[kind] ?? 'sync'} ${weight}${arrivedNs === null ? ' lost' : ''}`;
}

function renderMessage(message: SpaceTime['messages'][number], { data, scale, laneOf }: Stage): Html {
  const { kind, from, to, zxid, sentNs, arrivedNs } = message;
  const ends = endsOf(message, { data, scale, laneOf });
  const arrival = arrivedNs === null ? 'never arrived' : `arrived ${milliseconds(arrivedNs)}`;
  const head = messageClasses[kind] ?? 'sync';
  return html`<g class="message ${classOf(message, data)}">
    <title>
      ${kind} ${hex(zxid)} from server ${from} to server ${to}, sent ${milliseconds(sentNs)}, ${arrival}
    </title>
    <line
      x1="${ends.x1}"
      y1="${ends.y1}"
      x2="${ends.x2}"
      y2="${ends.y2}"
      ${arrivedNs === null ? null : new Html(`marker-end="url(#head-${head})"`)}
    />
    ${arrivedNs === null ? html`<text class="cross" x="${ends.x2 - 4}" y="${ends.y2 + 4}">✕</text>` : null}
  </g>`;
}

/** A message that did not arrive in the time shown ends half way. */
function endsOf(
  { from, to, sentNs, arrivedNs }: SpaceTime['messages'][number],
  { data, scale, laneOf }: Stage,
): { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number } {
  const [x1, y1] = [scale.x(sentNs), laneOf(from)];
  const side = Math.sign(laneOf(to) - y1);
  const isShown = arrivedNs !== null && arrivedNs <= data.momentNs;
  if (!isShown) return { x1, y1: y1 + side * 4, x2: x1 + 12, y2: y1 + side * serverHeight * 0.4 };
  return { x1, y1: y1 + side * 4, x2: scale.x(arrivedNs), y2: laneOf(to) - side * 5 };
}

function renderMessageLabel(
  message: SpaceTime['messages'][number],
  stage: Stage & { readonly labels: Labels },
): Html {
  const { kind, zxid } = message;
  const isFocused = stage.data.zxids.includes(zxid);
  if (!isFocused && messageClasses[kind] !== undefined) return new Html('');
  const { x1, y1, x2, y2 } = endsOf(message, stage);
  const text = isFocused ? `${kind} ${hex(zxid)}` : kind;
  const x = x1 + (x2 - x1) * 0.5 + 4;
  const y = y1 + (y2 - y1) * 0.5;
  if (!stage.labels.take(x, y, text)) return new Html('');
  return html`<text class="label ${classOf(message, stage.data)}" x="${x}" y="${y}">${text}</text>`;
}

const markWords: Readonly<Record<string, string>> = {
  APPEND: 'written to the log, not yet on disk',
  FSYNC: 'safe on disk, as it says itself',
  APPLY: 'applied: clients of this server see it',
  COMMIT_DECIDE: 'the leader decides that it is committed',
  TRUNC: 'log cut back',
  SNAP_INSTALL: 'state replaced by the leader’s snapshot',
  LOAD: 'starts and reads its disk',
  ACTIVATE: 'leads a new epoch',
};
const markTexts: Readonly<Record<string, string>> = {
  TRUNC: 'TRUNC',
  SNAP_INSTALL: 'SNAP',
  LOAD: 'start',
  ACTIVATE: 'leads',
};

function renderMark(
  { kind, sid, zxid, timeNs }: Mark,
  { scale, y }: { readonly data: SpaceTime; readonly scale: TimeScale; readonly y: number },
): Html {
  const x = scale.x(timeNs);
  const what = zxid === null ? '' : ` ${hex(zxid)}`;
  return html`<g class="mark ${kind}">
    <title>server ${sid}: ${kind}${what}, ${markWords[kind] ?? ''}, ${milliseconds(timeNs)}</title>
    ${markShape(kind, x, y)}
  </g>`;
}

function markShape(kind: string, x: number, y: number): Html {
  switch (kind) {
    case 'APPEND':
      return html`<circle class="hollow" cx="${x}" cy="${y}" r="5" />`;
    case 'FSYNC':
      return html`<circle cx="${x}" cy="${y}" r="5" />`;
    case 'APPLY':
      return html`<path d="M${x} ${y - 7}l6 7l-6 7l-6 -7z" />`;
    case 'COMMIT_DECIDE':
      return html`<path d="M${x - 7} ${y + 6}h14l-7 -13z" />`;
    default:
      return html`<line x1="${x}" x2="${x}" y1="${y - 11}" y2="${y + 11}" /><text x="${x + 3}" y="${y + 20}"
          >${markTexts[kind] ?? kind}</text
        >`;
  }
}

function renderOperation(
  operation: Interval,
  place: {
    readonly scale: TimeScale;
    readonly y: number;
    readonly fromNs: number;
    readonly toNs: number;
    readonly isOffending: boolean;
  },
): Html {
  const { scale, y, fromNs, toNs, isOffending: isRed } = place;
  const left = scale.x(operation.startNs);
  const right = Math.max(left + 4, scale.x(Math.min(operation.endNs, toNs)));
  const text = `${operation.f} ${describeValue(operation)}`;
  const isInside = text.length * 6.2 < right - left;
  // Near the right edge there is room on the left only.
  const isLeft = !isInside && right + text.length * 6.2 > width;
  // And what does not fit there would cover the name of the lane.
  const room = isLeft ? Math.floor((left - 4 - scale.x(fromNs)) / 6.2) : text.length;
  const shown = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
  return html`<g class="operation ${operation.type}${isRed ? ' offending' : ''}">
    <title>
      client ${operation.process}: ${text}, ${operation.type}, ${seconds(operation.startNs)} to
      ${seconds(operation.endNs)}${operation.server === undefined ? '' : `, server ${operation.server}`}
    </title>
    <rect x="${left}" y="${y - 9}" width="${right - left}" height="18" rx="3" />
    <text
      class="${isInside ? 'inside' : ''}"
      text-anchor="${isLeft ? 'end' : 'start'}"
      x="${isInside ? left + 4 : isLeft ? left - 4 : right + 4}"
      y="${y + 4}"
    >
      ${isRed || isInside ? shown : ''}
    </text>
  </g>`;
}

function renderMoment(x: number, bottom: number): Html {
  return html`<g class="moment">
    <title>the moment of the violation</title>
    <line x1="${x}" x2="${x}" y1="${headHeight - 10}" y2="${bottom}" />
    <text x="${x}" y="${bottom - 4}" text-anchor="end">violated ▸</text>
  </g>`;
}

function renderAxis(scale: TimeScale, bottom: number): Html {
  return html`<g class="axis">
    ${scale.ticks.map(
      (ns) =>
        html`<line x1="${scale.x(ns)}" x2="${scale.x(ns)}" y1="${bottom}" y2="${bottom + 5}" /><text
            x="${scale.x(ns)}"
            y="${bottom + 18}"
            >${milliseconds(ns)}</text
          >`,
    )}
  </g>`;
}

function renderLegend({ zxids, omittedCount }: SpaceTime): Html {
  const focus = zxids.length === 0 ? '' : ` Strong: ${zxids.map(hex).join(', ')}.`;
  const omitted = omittedCount === 0 ? '' : ` ${count(omittedCount)} further messages are not drawn.`;
  return html`<figcaption>
    <span class="key"
      ><svg viewBox="0 0 12 12"><circle class="hollow" cx="6" cy="6" r="4.5" /></svg>in the log</span
    >
    <span class="key"
      ><svg viewBox="0 0 12 12"><circle cx="6" cy="6" r="5" /></svg>on disk, it says</span
    >
    <span class="key"
      ><svg viewBox="0 0 14 14"><path d="M0 13h14l-7 -13z" /></svg>leader commits</span
    >
    <span class="key"
      ><svg viewBox="0 0 12 14"><path d="M6 0l6 7l-6 7l-6 -7z" /></svg>applied</span
    >
    <span class="key proposal">PROPOSAL</span> <span class="key ack">ACK</span>
    <span class="key commit">COMMIT</span> <span class="key sync">synchronization</span>
    <span class="key">✕ never arrived</span> <span class="key shade">fault</span>
    <span class="soft">Time runs to the right, idle time is compressed.${focus}${omitted}</span>
  </figcaption>`;
}

function arrowHeads(): Html {
  return html`${['proposal', 'ack', 'commit', 'sync'].map(
    (name) =>
      html`<marker
        id="head-${name}"
        class="head ${name}"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="7"
        markerHeight="7"
        orient="auto"
        ><path d="M0 0L8 4L0 8z"
      /></marker>`,
  )}`;
}

function hex(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}

function milliseconds(ns: number): string {
  return `${(ns / 1e9).toFixed(4)} s`;
}
