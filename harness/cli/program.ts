// The commands and their flags. Names are a contract: they change only with a word in the change log.

import { Command } from 'commander';
import { defaultRunOptions } from '../run/run-options.ts';
import { listNames, mutantDefaults, shrinkDefaults } from './command-facts.ts';
import type { CampaignArguments } from './commands/campaign.ts';
import type { CheckArguments } from './commands/check.ts';
import type { ExportArguments } from './commands/export.ts';
import type { MutantsArguments } from './commands/mutants.ts';
import type { ReplayArguments } from './commands/replay.ts';
import type { RunCommandArguments } from './commands/run.ts';
import type { ShrinkArguments } from './commands/shrink.ts';

/** Parsing the arguments carries out the command and hands its exit code to `finish`. */
export function createProgram(options: {
  readonly version: string;
  readonly finish: (exit: number) => void;
}): Command {
  const { version, finish } = options;
  const program = new Command('ordeal')
    .description('Puts a ZooKeeper-compatible ensemble through an ordeal and says which guarantee broke.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .showSuggestionAfterError(true)
    .addHelpText('after', overview)
    .exitOverride();

  addRun(program).action(async (given: RunCommandArguments) => {
    const { runCommand } = await import('./commands/run.ts');
    finish(await runCommand(given));
  });

  program
    .command('campaign')
    .description('many simulated runs, each of its own kind, on all cores; one summary')
    .requiredOption('--count <N>', 'how many runs')
    .option('--seed <N>', 'seed of the first run, the others follow; without it one is drawn and printed')
    .option('--shard <I/N>', 'only every N-th run, beginning with the I-th: for several machines')
    .option('--jobs <N>', 'processes (default: one for each core)')
    .option('--time-limit <TIME>', 'how long workload and faults of each run last (default: 20s)')
    .option('--workload <NAMES>', 'what every run is asked to do, instead of drawing it')
    .option('--each-workload', 'each of them, or of all there are, in runs of its own: --count for each')
    .option('--nemesis <NAMES>', 'what harms every run, or none, instead of drawing it')
    .option(
      '--runs <DIR>',
      `where the summary and failed runs go (default: ${defaultRunOptions.runsDirectory})`,
    )
    .option('--json', 'print one JSON value on standard output')
    .option('--quiet', 'no progress')
    .addHelpText('after', campaignExamples)
    .action(async (given: CampaignArguments) => {
      const { campaignCommand } = await import('./commands/campaign.ts');
      finish(await campaignCommand(given));
    });

  program
    .command('mutants')
    .description('plant known defects in the bundled server, one at a time, and catch each')
    .option('--dir <DIR>', 'patches of your own instead of those that come with the package')
    .option('--only <NAMES>', "some of them; see 'ordeal list mutants'")
    .option('--seed <N>', `seed of the first run of each hunt (default: ${mutantDefaults.seed})`)
    .option(
      '--budget <N>',
      `runs after which a mutant counts as survived (default: ${mutantDefaults.budget})`,
    )
    .option('--jobs <N>', 'processes (default: one for each core)')
    .option('--time-limit <TIME>', 'of each run, unless the patch says otherwise (default: 20s)')
    .option('--json', 'print one JSON value on standard output')
    .option('--quiet', 'no progress')
    .addHelpText('after', mutantsHelp)
    .action(async (given: MutantsArguments) => {
      const { mutantsCommand } = await import('./commands/mutants.ts');
      finish(await mutantsCommand(given));
    });

  program
    .command('replay')
    .description('a recorded run again, and whether it is the same to the byte')
    .argument('<RUN>', 'folder of a run, or its run.json')
    .option('--json', 'print one JSON value on standard output')
    .addHelpText('after', replayHelp)
    .action(async (folder: string, given: ReplayArguments) => {
      const { replayCommand } = await import('./commands/replay.ts');
      finish(await replayCommand(folder, given));
    });

  program
    .command('shrink')
    .description('make a failing run as small as it can be, with a report for one screen')
    .argument('<RUN>', 'folder of a run, or its run.json')
    .option('--guarantee <NAME>', 'the one to keep (default: the first that a client can see)')
    .option('--trials <N>', `runs that may be tried (default: ${shrinkDefaults.trials})`)
    .option('--time-limit <TIME>', 'how long trying may take (default: 3m)')
    .option('--runs <DIR>', 'where the folder of the small run goes (default: beside the large one)')
    .option('--json', 'print one JSON value on standard output')
    .option('--quiet', 'no progress')
    .addHelpText('after', shrinkHelp)
    .action(async (folder: string, given: ShrinkArguments) => {
      const { shrinkCommand } = await import('./commands/shrink.ts');
      finish(await shrinkCommand(folder, given));
    });

  program
    .command('check')
    .description('judge recorded histories, of Ordeal or of other tools')
    .argument('<FILE...>', 'histories, or folders of runs')
    .option('--model <NAME|FILE>', "what to check against: see 'ordeal list models', or a module of yours")
    .option('--format <NAME>', 'auto, ordeal, jepsen-edn, jepsen-log or porcupine-kv', 'auto')
    .option('--check-memory <SIZE>', 'memory that a search may take', '2GiB')
    .option('--check-time <TIME>', 'time that a search may take', '120s')
    .option('--jobs <N>', 'threads (default: one for each core)')
    .option('--no-partition', 'search all keys as one object, as a comparison of checkers may want')
    .option('--json', 'print one JSON value')
    .addHelpText('after', checkHelp)
    .action(async (files: string[], given: CheckArguments) => {
      const { checkCommand } = await import('./commands/check.ts');
      finish(await checkCommand(files, given));
    });

  program
    .command('export')
    .description("write a history as Jepsen's tools read it (EDN)")
    .argument('<FILE>', 'a history in any format that check reads, or the folder of a run')
    .argument('<TO.edn>', 'where to write it; - is standard output')
    .option('--format <NAME>', 'of the history: auto, ordeal, jepsen-edn, jepsen-log or porcupine-kv', 'auto')
    .action(async (file: string, to: string, given: ExportArguments) => {
      const { exportCommand } = await import('./commands/export.ts');
      finish(exportCommand(file, to, given));
    });

  program
    .command('report')
    .description('write the reports of runs anew and print their summaries')
    .argument('<RUN...>', 'folders of runs')
    .action(async (folders: string[]) => {
      const { reportCommand } = await import('./commands/report.ts');
      finish(reportCommand(folders));
    });

  const images = program.command('images').description('the Docker images of the systems');
  images
    .command('build')
    .description('build images; works without a container registry as well')
    .argument('[NAME...]', 'zab, apache, nemesis; all of them by default')
    .action(async (names: string[]) => {
      const { imagesBuildCommand } = await import('./commands/docker.ts');
      finish(await imagesBuildCommand(names));
    });

  program
    .command('doctor')
    .description('tell what this machine can do, and the remedy for what it cannot')
    .action(async () => {
      const { doctorCommand } = await import('./commands/docker.ts');
      finish(await doctorCommand());
    });

  program
    .command('clean')
    .description('remove what runs that broke off left in Docker')
    .option('--all', 'also what belongs to runs that are still at work')
    .action(async (given: { all?: boolean }) => {
      const { cleanCommand } = await import('./commands/docker.ts');
      finish(await cleanCommand(given));
    });

  program
    .command('list')
    .description(`list ${listNames.join(', ')}`)
    .argument('<WHAT>', listNames.join(', '))
    .action(async (what: string) => {
      const { listCommand } = await import('./commands/list.ts');
      finish(listCommand(what));
    });

  return program;
}

function addRun(program: Command): Command {
  const usual = defaultRunOptions;
  return program
    .command('run')
    .description('workload and faults together, then a verdict for each guarantee and a report')
    .option(
      '--on <WORLD>',
      'sim (needs nothing), docker, or HOST:PORT,… of servers that run already (default: sim)',
    )
    .option('--system <NAME>', 'zab, apache or an image; one, or one per server (default: zab)')
    .option('--servers <N>', `voting servers (default: ${usual.servers})`)
    .option('--observers <N>', `servers without a vote (default: ${usual.observers})`)
    .option('--workload <NAMES>', `what is asked of the ensemble (default: ${usual.workloads.join(',')})`)
    .option('--nemesis <NAMES>', `what harms it, or none (default: ${usual.nemeses.join(',')})`)
    .option('--time-limit <TIME>', 'how long workload and faults last (default: 60s)')
    .option('--rate <N>', `operations per second in all (default: ${usual.ratePerSecond})`)
    .option('--processes <N>', `logical clients, each with a session (default: ${usual.processes})`)
    .option('--tick <TIME>', "tick of the servers (default: the world's)")
    .option('--snap-count <N>', "transactions between two snapshots, about (default: the world's)")
    .option('--commit-log-count <N>', "transactions kept for learners that are behind (default: the world's)")
    .option('--mutant <NAME|FILE.patch>', 'break the bundled server on purpose')
    .option('--seed <N>', 'repeat a run; without it a seed is drawn and printed')
    .option('--runs <DIR>', `where folders of runs go (default: ${usual.runsDirectory})`)
    .option('--check-memory <SIZE>', 'memory that checking may take (default: 2GiB)')
    .option('--check-time <TIME>', 'time that checking may take (default: 120s)')
    .option(
      '--latency-bound <TIME>',
      'of the 99th percentile of answers outside of faults (default: not judged)',
    )
    .option('--json', 'print one JSON value on standard output')
    .option('--quiet', 'no progress')
    .addHelpText('after', runExamples);
}

const overview = `
Start here:
  ordeal run                              one run in the simulated world, with faults, in about a minute
  ordeal run --on docker --system apache  the same against Apache ZooKeeper in containers
  ordeal campaign --count 1000            a thousand simulated runs, each of its own kind
  ordeal shrink RUN                       a failing run, as small as it can be
  ordeal mutants                          planted defects, and what catches them
  ordeal doctor                           what this machine can do
  ordeal list nemeses                     what can be done to an ensemble

Exit codes: 0 passed, 1 a guarantee was violated, 2 inconclusive, 3 the environment failed,
4 the harness failed, 64 wrong command line, 130 interrupted.
'ordeal COMMAND --help' explains a command.`;

const campaignExamples = `
Each run draws its own number of servers and observers, tick, thresholds, workload and faults from its seed.
A run that does not pass is done again with its folder and report, and has a command that repeats it.

Examples:
  ordeal campaign --count 1000                       a coffee break
  ordeal campaign --count 100000 --shard 3/8         the third of eight machines
  ordeal campaign --count 20 --seed 7 --json         the same twenty runs every time, for a script
  ordeal campaign --count 100 --each-workload --nemesis partition,kill,pause
                                                     a hundred runs of every workload, and what each was given to break`;

const checkHelp = `
A violation comes with the longest order that was found, the operation that cannot follow it, the states that were
possible there, and the fewest operations that contradict each other whatever became of the others.

A model of your own is a module that exports 'model' (or a default): an initial state, action(call), which makes plain
JSON of a call or null where the call says nothing, and step(state, action), which gives the next state or undefined
where the action is impossible. name, isRead, key, keyOf, describeState, describeAction and foresee are optional:

  export const model = {
    initial: 0,
    action: ({ f, outcome, completion, invocation }) =>
      f === 'read' ? (outcome === 'ok' ? { read: completion.value } : null) : { add: invocation.value },
    step: (state, { read, add }) => (read === undefined ? state + add : read === state ? state : undefined),
  };

Examples:
  ordeal check history.edn                                  Jepsen's own, against a cas-register
  ordeal check *.log --jobs 8 --json                        all verdicts of many, for a script
  ordeal check history.edn --model ./my-model.ts            against a model of yours
  ordeal check runs/2026-11-21T10-02-33-register-7          every guarantee of a run again

Exit codes: 0 all passed, 1 one was violated, 2 inconclusive, 64 one is no history, 130 interrupted: what was
found until then is printed.`;

const replayHelp = `
Runs the recorded options again in the simulated world, with the same seed, mutant and script, and compares trace
hash, history, trace and verdicts. The first line that differs is printed, with the versions that do. Nothing is
written. Runs in Docker or against endpoints are refused: no two of them are alike.

Examples:
  ordeal replay runs/2026-11-21T10-02-33-register-7            the same run?
  ordeal replay runs/2026-11-21T10-02-33-register-7/run.json   the same, for a script with --json

Exit codes: 0 the same to the byte, whatever its verdict; 4 not the same; 64 not a simulated run.`;

const shrinkHelp = `
Takes out, one after the other, what the failure does not need: workloads, nemeses, servers, time, faults, operations,
pauses. Every step that keeps the same guarantee broken is printed. The result is a run of its own, with its folder,
report and diagram; 'ordeal replay' takes it as well. Equal runs shrink to equal runs, unless --time-limit ends it.

Examples:
  ordeal shrink runs/2026-11-21T10-02-33-register-7
  ordeal shrink runs/2026-11-21T10-02-33-register-7 --guarantee trace-invariants --time-limit 10m

Exit codes: 0 a smaller run was written, 4 the run does not fail again, 64 there is nothing to shrink.`;

const mutantsHelp = `
Each mutant is a patch of the server with a head that says what it breaks, and which workload, faults and options
show it. Runs with rising seeds go on until a guarantee falls that a client can see; the correct build goes through
every one of these runs too, and must pass. 'not-exercised' means that mutant and correct build did exactly the same.

Examples:
  ordeal mutants                                  the kill matrix
  ordeal mutants --only no-trunc,minority-commit  two of them
  ordeal mutants --dir my-patches --json          defects of your own, for a script

Exit codes: 0 all caught, 1 the correct build raised an alarm, 2 a mutant survived or was not exercised.`;

const runExamples = `
Examples:
  ordeal run --seed 7 --time-limit 60s                        the same run every time
  ordeal run --nemesis kill --workload set                    one fault, one workload
  ordeal run --on docker --system zab --servers 5             real containers
  ordeal run --mutant minority-commit                         see what a broken server looks like
  ordeal run --nemesis partition,kill,pause --json --quiet    for a script

A run leaves a folder with report.html, junit.xml, the history and the servers' logs. Times are written
500ms, 60s, 2m; sizes 512MiB, 2GiB. 'ordeal list workloads' and 'ordeal list nemeses' tell the names.`;
