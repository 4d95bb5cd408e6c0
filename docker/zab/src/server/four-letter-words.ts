// Four-letter words: the first four bytes of a connection in place of a ConnectRequest, answered by text.
// The texts are Apache ZooKeeper's, since monitoring parses them.
// Facts: client protocol of ZooKeeper 3.8, "Four-letter words".

import { formatZxid } from '../../../../harness/wire/zxid.ts';
import { configurationText } from './operators/configuration-report.ts';
import { briefLines, fullLines } from './operators/connection-report.ts';
import { Decimal } from './operators/decimal.ts';
import { dumpText } from './operators/dump-report.ts';
import { environmentEntries } from './operators/environment.ts';
import { mntrText } from './operators/monitor-report.ts';
import { sessionIdText } from './operators/session-id-text.ts';
import type { ServerView } from './server-view.ts';

const notServing = 'This ZooKeeper instance is not currently serving requests';
/** Answered whether or not a quorum serves. */
const independentWords: ReadonlySet<string> = new Set(['ruok', 'envi', 'isro', 'gtmk', 'stmk']);

/** The bytes that follow a word and belong to it: the mask of stmk. */
const argumentBytes: Readonly<Record<string, number>> = { stmk: 8 };

/** A word with its argument. */
export interface FourLetterWord {
  readonly name: string;
  readonly argument: Buffer;
}

/** What a connection begins with; null: it is a client of the binary protocol; 'incomplete': more must come. */
export function wordOf(greeting: Buffer): FourLetterWord | null | 'incomplete' {
  const name = greeting.toString('latin1', 0, 4);
  if (!Object.hasOwn(words, name)) return null;
  const end = 4 + (argumentBytes[name] ?? 0);
  return greeting.length < end ? 'incomplete' : { name, argument: greeting.subarray(4, end) };
}

/** The whole answer; the connection closes behind it. */
export function answerWord({ name, argument }: FourLetterWord, view: ServerView): string {
  const { fourLetterWords } = view.config;
  if (fourLetterWords !== 'all' && !fourLetterWords.has(name)) {
    return `${name} is not executed because it is not in the whitelist.\n`;
  }
  if (!view.isServing && !independentWords.has(name)) {
    return name === 'hash' ? notServing : `${notServing}\n`;
  }
  return words[name]?.(view, argument) ?? '';
}

const words: Readonly<Record<string, (view: ServerView, argument: Buffer) => string>> = {
  ruok: () => 'imok',
  isro: ({ isServing, mode }) => (!isServing ? 'null' : mode === 'read-only' ? 'ro' : 'rw'),
  srvr: (view) => `${versionLines(view)}${statistics(view)}`,
  stat: (view) => `${versionLines(view)}Clients:\n${briefLines(view)}\n${statistics(view)}`,
  mntr: mntrText,
  conf: configurationText,
  cons: (view) => `${fullLines(view)}\n`,
  crst(view) {
    view.resetConnectionStats();
    return 'Connection stats reset.\n';
  },
  srst(view) {
    view.resetStats();
    return 'Server stats reset.\n';
  },
  dump: dumpText,
  envi: (view) =>
    `Environment:\n${lines(environmentEntries(view).map(([name, value]) => `${name}=${value}`))}`,
  dirs({ config, host }) {
    // Swapped, as in Apache ZooKeeper before 3.8.4: the data directory's size is that of the log's.
    const logBytes = host.directoryBytes(`${config.dataLogDir}/version-2`);
    return `datadir_size: ${logBytes}\nlogdir_size: ${host.directoryBytes(`${config.dataDir}/version-2`)}\n`;
  },
  wchs: (view) =>
    `${view.watchingConnectionCount} connections watching ${view.watchedPathCount} paths\nTotal watches:${view.dataWatchCount}\n`,
  wchc: (view) =>
    `${lines(
      view.watchedPaths().flatMap(([id, paths]) => [sessionIdText(id), ...paths.map((path) => `\t${path}`)]),
    )}\n`,
  wchp: (view) =>
    `${lines(
      view.watchersByPath().flatMap(([path, ids]) => [path, ...ids.map((id) => `\t${sessionIdText(id)}`)]),
    )}\n`,
  gtmk: ({ traceMask }) => traceMask,
  stmk(view, argument) {
    const mask = argument.readBigInt64BE().toString();
    view.setTraceMask(mask);
    return mask;
  },
  hash: ({ digests }) =>
    lines(digests.map(({ zxid, digest }) => `${zxid.toString(16)}: ${decimalOf(digest)}`)),
};

function versionLines(view: ServerView): string {
  const mode = view.mode === 'read-only' ? 'READ-ONLY mode; serving only read-only clients\n' : '';
  return `Zookeeper version: ${view.version}\n${mode}`;
}

function statistics(view: ServerView): string {
  const { min, average, max } = view.latencyMs;
  const statistics = [
    `Latency min/avg/max: ${min}/${String(new Decimal(average))}/${max}`,
    `Received: ${view.received}`,
    `Sent: ${view.sent}`,
    `Connections: ${view.connections.length}`,
    `Outstanding: ${view.outstandingCount}`,
    `Zxid: ${formatZxid(view.zxid)}`,
    `Mode: ${view.mode}`,
    `Node count: ${view.nodeCount}`,
  ];
  if (view.leading !== null) {
    const { last, min: least, max: most } = view.leading.proposalBytes;
    statistics.push(`Proposal sizes last/min/max: ${last}/${least}/${most}`);
  }
  return lines(statistics);
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** A Java long. */
function decimalOf(hex: string): string {
  return BigInt.asIntN(64, BigInt(`0x${hex}`)).toString();
}
