// `ordeal list`: the names that other commands take, with a line about each.

import { guarantees } from '../../../checkers/guarantees.ts';
import { traceGuarantee } from '../../../checkers/trace/trace-guarantee.ts';
import { listAppend } from '../../../checkers/cycles/list-append.ts';
import { models } from '../../../checkers/models/models.ts';
import { workloads } from '../../../workloads/index.ts';
import { directedNemeses } from '../../nemesis/directed/catalogue.ts';
import { nemeses } from '../../nemesis/nemeses.ts';
import { exitCodes } from '../../run/exit-code.ts';
import { listMutants } from '../../run/mutant.ts';
import { progressGuarantee } from '../../run/progress-guarantee.ts';
import { listNames } from '../command-facts.ts';
import { print, renderTable } from '../output.ts';
import { requireKnown } from '../usage.ts';

type Row = readonly [name: string, text: string];
type Described = { readonly name: string; readonly description: string };

const systems: readonly Row[] = [
  ['zab', 'the bundled ensemble (docker/zab); also in the simulated world'],
  ['apache', 'Apache ZooKeeper from Debian packages (docker/apache)'],
  ['IMAGE:TAG', 'any image that starts a ZooKeeper-compatible server from /conf/zoo.cfg'],
];

type ListName = (typeof listNames)[number];

const lists: Readonly<Record<ListName, () => readonly Row[]>> = {
  workloads: () => workloads.map(row),
  nemeses: () => [
    ...nemeses.map(row),
    ...directedNemeses().map(row),
    ['FILE.json', 'a directed schedule of your own: steps anchored on what servers report'],
  ],
  guarantees: () => [...guarantees, traceGuarantee, progressGuarantee].map(row),
  systems: () => systems,
  models: () => [...models, listAppend].map(row),
  mutants: () => listMutants().map((name) => [name, `ordeal run --mutant ${name}`]),
};

export function listCommand(what: string): number {
  requireKnown(what, { kind: 'list', known: listNames });
  print(renderTable(lists[what as ListName]()));
  return exitCodes.passed;
}

function row({ name, description }: Described): Row {
  return [name, description];
}
