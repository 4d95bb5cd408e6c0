import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { directedNemeses } from '../../../../harness/nemesis/directed/catalogue.ts';
import { parseSchedule, ScheduleError } from '../../../../harness/nemesis/directed/schedule.ts';

describe('directed schedule', () => {
  it('is read with what was left out filled in', () => {
    const schedule = parseSchedule(
      text({
        servers: { L: 'leader' },
        steps: [
          { await: 'COMMIT_DECIDE', server: 'L' },
          { do: 'kill', servers: ['L'] },
        ],
      }),
      'folder/leader-dies.json',
    );

    assert.equal(schedule.name, 'leader-dies');
    assert.equal(schedule.leastServers, 3);
    assert.deepEqual(schedule.steps, [
      {
        type: 'await',
        event: 'COMMIT_DECIDE',
        server: 'L',
        as: null,
        where: {},
        count: 1,
        withinTicks: 30,
        isOptional: false,
      },
      { type: 'strike', strike: 'kill', servers: ['L'] },
    ]);
  });

  it('may name a server that an earlier step found, and no other', () => {
    const steps = [
      { await: 'ACTIVATE', as: 'N' },
      { do: 'kill', servers: ['N'] },
    ];

    assert.equal(parseSchedule(text({ steps }), 'x.json').steps.length, 2);
    assert.throws(() => parseSchedule(text({ steps: steps.toReversed() }), 'x.json'), {
      name: 'ScheduleError',
      message: 'x.json: steps[0].servers[0]: expected one of all, others, observers, found "N"',
    });
  });

  const malformed: readonly (readonly [what: string, file: unknown, message: RegExp])[] = [
    ['text that is no JSON', '{', /x\.json: is no JSON: /],
    ['no steps', { description: 'd' }, /steps: expected a list of steps, found nothing/],
    ['an unknown role', schedule({ servers: { L: 'king' } }), /servers\.L: expected one of leader, .*"king"/],
    ['a name for a group', schedule({ servers: { all: 'leader' } }), /servers\.all: expected a name/],
    ['an unknown deed', steps({ do: 'explode', servers: ['all'] }), /steps\[0\]\.do: expected one of kill, /],
    [
      'a field that no deed has',
      steps({ do: 'heal', servers: ['all'] }),
      /steps\[0\]: expected only do, .*"servers"/,
    ],
    [
      'a partition of one group',
      steps({ do: 'partition', groups: [['all']] }),
      /groups: expected two groups/,
    ],
    [
      'a disk error that disks do not have',
      steps({ do: 'disk', servers: ['all'], error: 'EPERM' }),
      /error: expected one of EIO, ENOSPC/,
    ],
    ['a wait for a negative time', steps({ wait: -1 }), /wait: expected a number from 0 on, found -1/],
    ['a step that is nothing', steps({ go: 'home' }), /steps\[0\]: expected one of await, wait, .*"go"/],
    [
      'a malformed step inside a repetition',
      steps({ repeat: 2, steps: [{ wait: 'long' }] }),
      /steps\[0\]\.steps\[0\]\.wait: expected a number/,
    ],
  ];
  for (const [what, file, message] of malformed) {
    it(`is refused with ${what}`, () => {
      const content = typeof file === 'string' ? file : JSON.stringify(file);

      assert.throws(
        () => parseSchedule(content, 'x.json'),
        (error: unknown) => error instanceof ScheduleError && message.test(error.message),
      );
    });
  }

  it('that comes with the package is well formed, whichever it is', () => {
    const nemeses = directedNemeses();

    assert.ok(nemeses.length >= 10);
    assert.equal(new Set(nemeses.map(({ name }) => name)).size, nemeses.length);
    for (const { name, needs } of nemeses) assert.ok(needs.includes('anchors'), name);
  });
});

function schedule(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { description: 'a test', steps: [{ wait: 1 }], ...fields };
}

function steps(...list: readonly unknown[]): Readonly<Record<string, unknown>> {
  return schedule({ steps: list });
}

function text(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(schedule(fields));
}
