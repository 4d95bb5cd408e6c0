// The report's own script: draws the time line on a canvas and the two charts with uPlot, from the data that
// the page carries. Runs offline in a browser; no module, no build.

(() => {
  'use strict';

  const data = JSON.parse(document.getElementById('run-data').textContent);
  const styles = getComputedStyle(document.documentElement);
  const color = (name) => styles.getPropertyValue(name).trim();

  // ---- The time line -------------------------------------------------------------------------------------

  const operationCount = data.start.length;
  const starts = new Float64Array(operationCount);
  let clock = 0;
  let longest = 0;
  for (let index = 0; index < operationCount; index++) {
    clock += data.start[index];
    starts[index] = clock;
    longest = Math.max(longest, data.length[index]);
  }
  const marked = new Set(data.marked);
  const typeWords = ['acknowledged', 'failed, had no effect', 'in doubt', 'never completed'];

  const canvas = document.querySelector('#timeline canvas');
  const detail = document.getElementById('detail');
  const gutter = 84;
  const leaderHeight = 24;
  const faultHeight = 20;
  const axisHeight = 24;
  const rowHeight = Math.max(12, Math.min(22, Math.floor(380 / data.rows)));
  const top = leaderHeight + faultHeight;
  const height = top + data.rows * rowHeight + axisHeight;
  const view = { from: 0, to: data.durationUs };
  let width = 0;
  let focused = -1;

  const x = (us) => gutter + ((us - view.from) / (view.to - view.from)) * (width - gutter);
  const timeAt = (px) => view.from + ((px - gutter) / (width - gutter)) * (view.to - view.from);

  function resize() {
    const ratio = window.devicePixelRatio || 1;
    width = canvas.parentElement.clientWidth;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.height = `${height}px`;
    canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
    draw();
  }

  /** First operation that starts at or after a time. */
  function firstFrom(us) {
    let low = 0;
    let high = operationCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] < us) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function draw() {
    const pen = canvas.getContext('2d');
    pen.clearRect(0, 0, width, height);
    pen.font = '12px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    drawRows(pen);
    pen.save();
    pen.beginPath();
    pen.rect(gutter, 0, width - gutter, height);
    pen.clip();
    drawFaults(pen);
    drawLeaders(pen);
    drawOperations(pen);
    drawMoments(pen);
    pen.restore();
    drawAxis(pen);
  }

  function drawRows(pen) {
    pen.textAlign = 'left';
    pen.fillStyle = color('--soft');
    pen.fillText('leader', 0, leaderHeight / 2);
    pen.fillText('faults', 0, leaderHeight + faultHeight / 2);
    for (let row = 0; row < data.rows; row++) {
      const y = top + row * rowHeight;
      pen.fillStyle = color('--soft');
      pen.fillText(`process ${row}`, 0, y + rowHeight / 2);
      pen.fillStyle = color('--rule');
      pen.fillRect(gutter, y + rowHeight - 1, width - gutter, 1);
    }
  }

  function drawFaults(pen) {
    pen.textAlign = 'left';
    for (const fault of data.faults) {
      const left = x(fault.startUs);
      const right = x(fault.endUs);
      if (right < gutter || left > width) continue;
      pen.fillStyle = color('--fault');
      pen.fillRect(left, leaderHeight, Math.max(1, right - left), top + data.rows * rowHeight - leaderHeight);
      pen.fillStyle = color('--fault-line');
      pen.fillRect(left, leaderHeight, Math.max(1, right - left), 3);
      drawClipped(pen, fault.label, left, right, leaderHeight + faultHeight / 2 + 2, color('--ink'));
    }
  }

  function drawLeaders(pen) {
    for (const span of data.leaders) {
      const left = x(span.startUs);
      const right = x(span.endUs);
      if (right < gutter || left > width) continue;
      pen.fillStyle = color('--pass');
      pen.globalAlpha = 0.18;
      pen.fillRect(left, 2, Math.max(1, right - left), leaderHeight - 6);
      pen.globalAlpha = 1;
      pen.fillRect(left, 2, 2, leaderHeight - 6);
      drawClipped(pen, `server ${span.sid}`, left, right, leaderHeight / 2 - 1, color('--ink'));
    }
  }

  /** A label inside a span, left out when the span has no room for it. */
  function drawClipped(pen, text, left, right, y, fill) {
    const from = Math.max(left, gutter) + 5;
    const room = Math.min(right, width) - from - 3;
    if (room < 22) return;
    let shown = text;
    while (shown.length > 3 && pen.measureText(shown).width > room) shown = `${shown.slice(0, -2)}…`;
    if (pen.measureText(shown).width > room) return;
    pen.fillStyle = fill;
    pen.fillText(shown, from, y);
  }

  function drawOperations(pen) {
    const colors = [color('--ok-bar'), color('--fail-bar'), color('--info-bar'), color('--info-bar')];
    const barHeight = Math.max(6, rowHeight - 6);
    for (
      let index = firstFrom(view.from - longest);
      index < operationCount && starts[index] <= view.to;
      index++
    ) {
      const left = x(starts[index]);
      const length = Math.max(1.5, x(starts[index] + data.length[index]) - left);
      if (left + length < gutter) continue;
      const y = top + data.row[index] * rowHeight + 2;
      const type = data.type[index];
      pen.fillStyle = colors[type];
      if (type === 0) pen.fillRect(left, y, length, barHeight);
      else if (type === 1) pen.fillRect(left, y + barHeight / 3, length, barHeight / 3);
      else {
        pen.strokeStyle = colors[type];
        pen.setLineDash([4, 3]);
        pen.strokeRect(left + 0.5, y + 0.5, Math.max(2, length - 1), barHeight - 1);
        pen.setLineDash([]);
      }
    }
    for (const index of marked) outline(pen, index, color('--violated'), barHeight);
    if (focused >= 0) outline(pen, focused, color('--ink'), barHeight);
  }

  function outline(pen, index, stroke, barHeight) {
    const left = x(starts[index]);
    const right = x(starts[index] + data.length[index]);
    pen.strokeStyle = stroke;
    pen.lineWidth = 2;
    pen.strokeRect(left - 2, top + data.row[index] * rowHeight, Math.max(5, right - left + 4), barHeight + 4);
    pen.lineWidth = 1;
  }

  function drawMoments(pen) {
    for (const [us, text] of [
      [data.healUs, 'healed'],
      [data.recoveredUs, 'recovered'],
    ]) {
      if (us === null || us < view.from || us > view.to) continue;
      pen.fillStyle = color('--soft');
      pen.fillRect(x(us), leaderHeight, 1, top + data.rows * rowHeight - leaderHeight);
      // In the faults' lane, where no operation hides it; on the side away from the other moment.
      const isBefore = text === 'healed' || us > view.to - (view.to - view.from) / 12;
      pen.textAlign = isBefore ? 'right' : 'left';
      pen.fillText(text, x(us) + (isBefore ? -4 : 4), leaderHeight + (text === 'healed' ? 7 : 17));
    }
  }

  /** The smallest of 1, 2, 5 × 10ⁿ that leaves room for a label at each step. */
  function tickStep() {
    const least = ((view.to - view.from) * 90) / (width - gutter);
    const power = 10 ** Math.floor(Math.log10(least));
    return power * ([1, 2, 5].find((factor) => power * factor >= least) ?? 10);
  }

  function drawAxis(pen) {
    const step = tickStep();
    const digits = Math.max(0, 6 - Math.floor(Math.log10(step)));
    pen.fillStyle = color('--soft');
    for (let us = Math.ceil(view.from / step) * step; us <= view.to; us += step) {
      const at = x(us);
      pen.textAlign = at < gutter + 20 ? 'left' : at > width - 20 ? 'right' : 'center';
      pen.fillRect(at, height - axisHeight, 1, 4);
      pen.fillText(`${(us / 1e6).toFixed(digits)} s`, at, height - axisHeight / 2 + 3);
    }
  }

  function setView(from, to) {
    const least = 200;
    const span = Math.min(Math.max(to - from, least), data.durationUs);
    const start = Math.min(Math.max(0, from), data.durationUs - span);
    view.from = start;
    view.to = start + span;
    draw();
  }

  function zoom(factor, around = (view.from + view.to) / 2) {
    setView(around - (around - view.from) * factor, around + (view.to - around) * factor);
  }

  function showMarked() {
    const first = data.offending;
    if (first === null) return;
    const span = Math.max(data.length[first] * 8, 200000);
    setView(starts[first] - span / 2, starts[first] + span / 2);
    focus(first);
  }

  function focus(index) {
    focused = index;
    if (index >= 0) {
      const from = (starts[index] / 1e6).toFixed(6);
      const took = (data.length[index] / 1000).toFixed(3);
      const server = data.server[index] > 0 ? ` · server ${data.server[index]}` : '';
      detail.textContent = `process ${data.process[index]} · ${data.names[data.f[index]]} ${data.texts[data.text[index]]} · ${typeWords[data.type[index]]} · at ${from} s, took ${took} ms${server}`;
    }
    draw();
  }

  function operationAt(px, py) {
    const row = Math.floor((py - top) / rowHeight);
    if (row < 0 || row >= data.rows) return -1;
    const us = timeAt(px);
    const slack = ((view.to - view.from) / (width - gutter)) * 3;
    let best = -1;
    for (
      let index = firstFrom(us - longest - slack);
      index < operationCount && starts[index] <= us + slack;
      index++
    ) {
      if (data.row[index] === row && starts[index] + data.length[index] >= us - slack) best = index;
    }
    return best;
  }

  let drag = null;
  canvas.addEventListener('pointerdown', (event) => {
    drag = { x: event.offsetX, from: view.from, to: view.to };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointerup', () => {
    drag = null;
  });
  canvas.addEventListener('pointermove', (event) => {
    if (drag !== null) {
      const shift = ((drag.x - event.offsetX) / (width - gutter)) * (drag.to - drag.from);
      setView(drag.from + shift, drag.to + shift);
      return;
    }
    const index = operationAt(event.offsetX, event.offsetY);
    if (index !== focused && index >= 0) focus(index);
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      // Without Ctrl the wheel scrolls the page, as everywhere else.
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.offsetX));
    },
    { passive: false },
  );
  canvas.addEventListener('keydown', (event) => {
    const step = (view.to - view.from) / 5;
    const actions = {
      ArrowLeft: () => setView(view.from - step, view.to - step),
      ArrowRight: () => setView(view.from + step, view.to + step),
      ArrowUp: () => zoom(0.7),
      ArrowDown: () => zoom(1.4),
      Home: () => setView(0, data.durationUs),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  const views = {
    all: () => setView(0, data.durationUs),
    in: () => zoom(0.5),
    out: () => zoom(2),
    mark: showMarked,
  };
  for (const button of document.querySelectorAll('[data-view]')) {
    button.hidden = button.dataset.view === 'mark' && data.offending === null;
    button.addEventListener('click', () => views[button.dataset.view]());
  }
  window.addEventListener('resize', resize);
  resize();

  // ---- Throughput and latency ----------------------------------------------------------------------------

  const bands = {
    hooks: {
      drawClear: (chart) => {
        const pen = chart.ctx;
        pen.save();
        pen.fillStyle = color('--fault');
        for (const fault of data.faults) {
          const left = Math.max(chart.bbox.left, chart.valToPos(fault.startUs / 1e6, 'x', true));
          const right = Math.min(
            chart.bbox.left + chart.bbox.width,
            chart.valToPos(fault.endUs / 1e6, 'x', true),
          );
          if (right > left) pen.fillRect(left, chart.bbox.top, right - left, chart.bbox.height);
        }
        pen.restore();
      },
    },
  };

  function chart(id, title, unit, columns, series, logarithmic) {
    const target = document.getElementById(id);
    const axis = {
      stroke: color('--soft'),
      grid: { stroke: color('--rule'), width: 1 },
      ticks: { stroke: color('--rule') },
    };
    const made = new uPlot(
      {
        title,
        width: target.clientWidth,
        height: 220,
        plugins: [bands],
        cursor: { sync: { key: 'run' } },
        scales: { x: { time: false, range: [0, data.durationUs / 1e6] }, y: logarithmic ? { distr: 3 } : {} },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((tick) => `${tick} s`) },
          {
            ...axis,
            size: 78,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : `${tick}${unit}`)),
          },
        ],
        series: [
          { label: 'time', value: (_, value) => (value === null ? '' : `${value.toFixed(2)} s`) },
          ...series,
        ],
      },
      [data.buckets.seconds, ...columns],
      target,
    );
    window.addEventListener('resize', () => made.setSize({ width: target.clientWidth, height: 220 }));
  }

  chart(
    'throughput',
    'Completed operations per second',
    '/s',
    [data.buckets.ok, data.buckets.fail, data.buckets.info],
    [
      { label: 'acknowledged', stroke: color('--ok-bar'), width: 2 },
      { label: 'failed', stroke: color('--fail-bar'), width: 1.5, dash: [2, 2] },
      { label: 'in doubt', stroke: color('--info-bar'), width: 1.5, dash: [6, 3] },
    ],
    false,
  );
  chart(
    'latency',
    'Latency of acknowledged operations',
    ' ms',
    [data.buckets.p50, data.buckets.p95, data.buckets.p99],
    [
      { label: 'median', stroke: color('--ok-bar'), width: 2, spanGaps: false },
      { label: '95 %', stroke: color('--open'), width: 1.5, dash: [6, 3], spanGaps: false },
      { label: '99 %', stroke: color('--violated'), width: 1.5, dash: [2, 2], spanGaps: false },
    ],
    true,
  );

  // ---- The replay command --------------------------------------------------------------------------------

  document.getElementById('copy').addEventListener('click', (event) => {
    const command = document.getElementById('replay');
    const told = (word) => {
      event.target.textContent = word;
    };
    // A page opened from a file may not write to the clipboard; the text can still be selected.
    const select = () => {
      getSelection().selectAllChildren(command);
      told('Selected');
    };
    if (navigator.clipboard === undefined) select();
    else navigator.clipboard.writeText(command.textContent).then(() => told('Copied'), select);
  });
})();
