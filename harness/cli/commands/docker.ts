// The commands about Docker: building images, telling what this machine can do, removing what was left behind.

import pc from 'picocolors';
import { exitCodes } from '../../run/exit-code.ts';
import { hasColors, print, printError, renderTable } from '../output.ts';
import { requireKnown } from '../usage.ts';

export async function imagesBuildCommand(names: readonly string[]): Promise<number> {
  const { buildImages, imageNames, knownImages } = await import('../../ensemble/docker/images.ts');
  for (const name of names) requireKnown(name, { kind: 'image', known: knownImages });
  const images = await buildImages(names.length === 0 ? imageNames : names, printError);
  const rows = images.map(({ image, digest, built }) => [
    image,
    `${built ? 'built' : 'up to date'}  ${digest}`,
  ]);
  print(renderTable(rows as [string, string][]));
  return exitCodes.passed;
}

export async function doctorCommand(): Promise<number> {
  const { diagnose } = await import('../../ensemble/docker/doctor.ts');
  const colors = pc.createColors(hasColors);
  const findings = await diagnose();
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, ok, detail, remedy } of findings) {
    print(`${ok ? colors.green('ok     ') : colors.red('missing')}  ${name.padEnd(width)}  ${detail}`);
    if (!ok && remedy !== undefined) print(`         ${' '.repeat(width)}  remedy: ${remedy}`);
  }
  return findings.every(({ ok }) => ok) ? exitCodes.passed : exitCodes.environmentFailed;
}

export async function cleanCommand({ all = false }: { readonly all?: boolean }): Promise<number> {
  const { clean } = await import('../../ensemble/docker/clean.ts');
  const { containers, networks, volumes, kept } = await clean({ all });
  print(`removed ${containers} containers, ${networks} networks, ${volumes} volumes`);
  for (const { runId, reason } of kept) print(`kept run ${runId}: ${reason}`);
  return exitCodes.passed;
}
