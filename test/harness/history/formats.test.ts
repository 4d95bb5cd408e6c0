import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readForms, toPlain } from '../../../harness/history/formats/edn.ts';
import {
  detectFormat,
  parseHistoryText,
  readHistory,
} from '../../../harness/history/formats/read-history.ts';

const folder = new URL('../../histories/', import.meta.url);

describe('EDN', () => {
  const cases: readonly [text: string, plain: unknown][] = [
    ['nil', [null]],
    ['true false', [true, false]],
    ['-3 4.5 7N', [-3, 4.5, 7]],
    [String.raw`"a \"b\" \n"`, ['a "b" \n']],
    [':timed-out symbol', ['timed-out', 'symbol']],
    ['{:a 1, "b" [2 3]}', [{ a: 1, b: [2, 3] }]],
    ['#{1 2}', [[1, 2]]],
    ['#jepsen.history.Op{:a 1}', [{ a: 1 }]],
    ['; a comment\n1 #_ 2 3', [1, 3]],
    ['[1 2]', [1, 2]],
    ['({:a 1})', [{ a: 1 }]],
    ['', []],
  ];
  for (const [text, plain] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(
        readForms(text, 'x.edn').map(({ form }) => toPlain(form)),
        plain,
      );
    });
  }

  const bad: readonly [text: string, message: string][] = [
    ['[1\n2', 'x.edn:2: expected ], found the end of the file'],
    ['{:a}', 'x.edn:1: expected a value for every key of the map'],
    ['\n"abc', 'x.edn:2: expected a closing quotation mark'],
    ['1x', 'x.edn:1: expected a number, found 1x'],
    [')', 'x.edn:1: expected a form, found )'],
    ['[1] 2', 'x.edn:1: expected the end of the history after its vector'],
  ];
  for (const [text, message] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => readForms(text, 'x.edn'), { name: 'HistoryError', message });
    });
  }
});

describe('history formats', () => {
  const samples = {
    ordeal: '{"index":0,"time":5,"process":3,"type":"invoke","f":"read","value":null}\n',
    'jepsen-edn': '[{:process 3, :type :invoke, :f :read, :value nil, :time 5}]',
    'jepsen-log': 'INFO  jepsen.util - 3\t:invoke\t:read\tnil\n',
    'porcupine-kv': '{:process 3, :type :invoke, :f :get, :key "7", :value nil}\n',
  } as const;

  for (const [format, text] of Object.entries(samples)) {
    it(`tells ${format} by its looks`, () => {
      assert.equal(detectFormat(text, 'a file'), format);
    });
  }

  it('reads the log of later versions of Jepsen', () => {
    const text =
      '2024-05-01 10:00:00,000{GMT}\tINFO\t[jepsen worker 3] jepsen.util: 3\t:invoke\t:cas\t[1 2]\n' +
      '2024-05-01 10:00:01,000{GMT}\tINFO\t[jepsen worker 3] jepsen.util: 3\t:info\t:cas\t[1 2]\t:timeout\n';

    assert.equal(detectFormat(text, 'jepsen.log'), 'jepsen-log');
    assert.deepEqual(
      parseHistoryText(text, 'jepsen-log', 'jepsen.log').map(({ type, f, value }) => [type, f, value]),
      [
        ['invoke', 'cas', [1, 2]],
        ['info', 'cas', [1, 2]],
      ],
    );
  });

  it('refuses a text that looks like none', () => {
    assert.throws(() => detectFormat('<html>', 'page.html'), /^HistoryError: page\.html: expected a history/);
  });

  it('reads Jepsen operations with their times', () => {
    assert.deepEqual(parseHistoryText(samples['jepsen-edn'], 'jepsen-edn', 'h'), [
      { index: 0, time: 5, process: 3, type: 'invoke', f: 'read', value: null },
    ]);
  });

  it('takes the position as time when Jepsen gives none', () => {
    const text =
      '{:process :nemesis, :type :info, :f :start, :value nil}\n{:process 1 :type :invoke :f :read}';

    const history = parseHistoryText(text, 'jepsen-edn', 'h');

    assert.deepEqual(
      history.map(({ time, process }) => [time, process]),
      [
        [0, 'nemesis'],
        [1, 1],
      ],
    );
  });

  it('takes the reason of a lost operation from a Jepsen log', () => {
    const text = [
      'INFO  jepsen.core - unrelated',
      'INFO  jepsen.util - 3\t:invoke\t:cas\t[1 2]',
      'INFO  jepsen.util - 3\t:info\t:cas\t:timed-out',
    ].join('\n');

    assert.deepEqual(parseHistoryText(text, 'jepsen-log', 'h'), [
      { index: 0, time: 0, process: 3, type: 'invoke', f: 'cas', value: [1, 2] },
      { index: 1, time: 1, process: 3, type: 'info', f: 'cas', value: null, error: 'timed-out' },
    ]);
  });

  it('joins the key of Porcupine with the value', () => {
    const [operation] = parseHistoryText(samples['porcupine-kv'], 'porcupine-kv', 'h');

    assert.deepEqual(operation?.value, ['7', null]);
  });

  const bad: readonly [format: keyof typeof samples, text: string, message: string][] = [
    [
      'jepsen-edn',
      '{:process 1 :type :begin :f :read}',
      'h:1: type: expected invoke, ok, fail or info, found "begin"',
    ],
    [
      'jepsen-edn',
      '{:process "x" :type :ok :f :read}',
      'h:1: :process: expected a number or :nemesis, found "x"',
    ],
    ['jepsen-edn', '\n42', 'h:2: expected an operation as a map, found 42'],
    ['porcupine-kv', '{:process 1 :type :ok :f :get :value "a"}', 'h:1: expected :key, a string'],
    ['jepsen-log', 'nothing', 'h: expected lines such as "jepsen.util - 3 :invoke :write 4", found none'],
  ];
  for (const [format, text, message] of bad) {
    it(`refuses ${JSON.stringify(text)} as ${format}`, () => {
      assert.throws(() => parseHistoryText(text, format, 'h'), { name: 'HistoryError', message });
    });
  }

  it('reads a public history of each format', () => {
    const files = {
      'porcupine/etcd_000.log': ['jepsen-log', 170],
      'porcupine/c10-ok.txt': ['porcupine-kv', 674],
      'knossos/good-cas-register-memstress3-0.edn': ['jepsen-edn', 634],
    } as const;
    for (const [file, expected] of Object.entries(files)) {
      const { format, history } = readHistory(new URL(file, folder).pathname, null);
      assert.deepEqual([format, history.length], expected);
    }
  });
});
