// The few operations that a violation is about, drawn to scale: a row per process, a bar from invocation to
// completion, the offending one last and marked. Plain SVG, so that it shows without scripts and in print.

import type { Evidence } from '../../checkers/verdict.ts';
import type { InjectedFault } from '../../harness/run/run-result.ts';
import type { Interval } from '../intervals.ts';
import { plainValue, seconds } from '../words.ts';
import { Html, html } from './escape.ts';

const width = 960;
const gutter = 150;
const rowHeight = 34;
const axisHeight = 30;
const faultHeight = 20;
const namedFaultLimit = 4;
/** More rows than this stop being a picture; the table below the diagram has them all. */
const rowLimit = 12;

export function renderEvidenceDiagram(
  evidence: Evidence,
  intervals: readonly Interval[],
  faults: readonly InjectedFault[],
): Html {
  const wanted = new Set(evidence.operations.map((operation) => operation.index));
  const shown = intervals.filter(
    (interval) => wanted.has(interval.invokeIndex) || wanted.has(interval.completeIndex),
  );
  if (shown.length === 0) return new Html('');
  const offending = evidence.operations.at(-1)?.index;
  const processes = [...new Set(shown.map((interval) => interval.process))].slice(0, rowLimit);
  const scale = makeScale(shown);
  const meanwhile = faults.filter(
    (fault) => fault.startNs < scale.toNs && (fault.endNs ?? Infinity) > scale.fromNs,
  );
  // Few faults are named, each on a line of its own; of many only the bands say anything.
  const lines = meanwhile.length <= namedFaultLimit ? meanwhile.length : 0;
  const top = lines * faultHeight;
  const height = top + processes.length * rowHeight + axisHeight;
  return html`<svg
    class="evidence"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${evidence.sentence}"
  >
    ${meanwhile.map((fault, row) => renderFault(fault, lines === 0 ? null : row, scale, height - axisHeight))}
    <g transform="translate(0 ${top})">
      ${processes.map((process, row) => renderRow(process, row))}
      ${shown.map((interval) => {
        const row = processes.indexOf(interval.process);
        const isOffending = interval.completeIndex === offending || interval.invokeIndex === offending;
        return row < 0 ? null : renderBar(interval, row, scale, isOffending);
      })}
    </g>
    ${renderAxis(scale, height)}
  </svg></div>`;
}

interface Scale {
  readonly fromNs: number;
  readonly toNs: number;
  x(ns: number): number;
}

/** The shown operations with a margin; an operation in doubt may last for ever, so its end does not count. */
function makeScale(shown: readonly Interval[]): Scale {
  const starts = shown.map((interval) => interval.startNs);
  const ends = shown.map((interval) => (isIndefinite(interval) ? interval.startNs : interval.endNs));
  const from = Math.min(...starts);
  const to = Math.max(...ends, ...starts);
  const margin = Math.max((to - from) * 0.06, 1e5);
  const fromNs = from - margin;
  const toNs = to + margin * 2;
  return { fromNs, toNs, x: (ns) => gutter + ((ns - fromNs) / (toNs - fromNs)) * (width - gutter - 8) };
}

/** A band over the whole height, named on a line of its own: most violations begin where a fault ends. */
function renderFault(fault: InjectedFault, line: number | null, scale: Scale, bottom: number): Html {
  const left = Math.max(gutter, scale.x(fault.startNs));
  const right = Math.min(width, scale.x(fault.endNs ?? scale.toNs));
  const top = (line ?? 0) * faultHeight;
  const isRight = left > width * 0.6;
  const name = `${fault.nemesis}: ${fault.shape}`;
  return html`<rect
      class="fault"
      x="${left.toFixed(1)}"
      y="${top}"
      width="${(right - left).toFixed(1)}"
      height="${bottom - top}"
      ><title>${name}</title></rect
    >
    ${
      line === null
        ? null
        : html`<text
            class="fault-label"
            x="${(isRight ? right - 5 : left + 5).toFixed(1)}"
            y="${top + 15}"
            text-anchor="${isRight ? 'end' : 'start'}"
            >${name}</text
          >`
    }`;
}

function isIndefinite(interval: Interval): boolean {
  return interval.type === 'info' || interval.type === 'open';
}

function renderRow(process: number, row: number): Html {
  const y = row * rowHeight;
  return html`<text x="0" y="${y + 21}" class="row-label">process ${process}</text>
    <line x1="${gutter}" x2="${width}" y1="${y + rowHeight - 3}" y2="${y + rowHeight - 3}" class="rule" />`;
}

function renderBar(interval: Interval, row: number, scale: Scale, isOffending: boolean): Html {
  const y = row * rowHeight + 5;
  const left = scale.x(interval.startNs);
  const right = isIndefinite(interval) ? width - 8 : scale.x(interval.endNs);
  const label = `${interval.f} ${plainValue(interval.value)}`.trim();
  const barWidth = Math.max(right - left, 4);
  const estimated = label.length * 7.2;
  const fits = estimated < barWidth - 10;
  // A label that does not fit stands beside its bar, on the side that has room.
  const isLeft = !fits && right + estimated + 8 > width;
  const labelX = fits ? left + 6 : isLeft ? left - 5 : right + 5;
  const kind = `${interval.type}${isOffending ? ' offending' : ''}`;
  const where = interval.server === undefined ? '' : ` on server ${interval.server}`;
  return html`<g class="bar ${kind}">
    <title>
      ${label}: ${interval.type}${where}, ${seconds(interval.startNs)} to ${seconds(interval.endNs)}
    </title>
    <rect x="${left.toFixed(1)}" y="${y}" width="${barWidth.toFixed(1)}" height="22" rx="3" />
    <text
      x="${labelX.toFixed(1)}"
      y="${y + 16}"
      class="${fits ? 'inside' : 'outside'}"
      text-anchor="${isLeft ? 'end' : 'start'}"
      >${label}</text
    >
  </g>`;
}

function renderAxis(scale: Scale, height: number): Html {
  const ticks = 5;
  const positions = Array.from(
    { length: ticks + 1 },
    (_, n) => scale.fromNs + ((scale.toNs - scale.fromNs) * n) / ticks,
  );
  return html`${positions.map(
    (ns, n) =>
      html`<text
        x="${scale.x(ns).toFixed(1)}"
        y="${height - 8}"
        class="tick"
        text-anchor="${n === 0 ? 'start' : n === ticks ? 'end' : 'middle'}"
        >${seconds(Math.max(0, ns))}</text
      >`,
  )}`;
}
