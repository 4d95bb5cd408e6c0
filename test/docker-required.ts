// Tests that need a Docker Engine with the images built. Where there is none they are shown as pending, with
// the reason; where ORDEAL_REQUIRE_DOCKER is set, as in CI, they fail instead: a suite that quietly tested less
// would be taken for one that passed.

import { describe, it } from 'mocha';
import { connectEngine, messageOf } from '../harness/ensemble/docker/engine.ts';
import { imageNames, imageState, knownImages } from '../harness/ensemble/docker/images.ts';

const states = await findStates();

/** `images` are needed beside those of every run. */
export function describeDocker(
  title: string,
  define: (this: Mocha.Suite) => void,
  images: readonly string[] = [],
): void {
  const problem = findProblem([...imageNames, ...images]);
  if (problem === null) {
    describe(title, define);
    return;
  }
  describe(title, () => {
    if (process.env['ORDEAL_REQUIRE_DOCKER'] === undefined) {
      it(`NOT RUN: ${problem}`);
      return;
    }
    it('finds a Docker Engine and its images', () => {
      throw new Error(`ORDEAL_REQUIRE_DOCKER is set, and ${problem}`);
    });
  });
}

/** By name of the image; a text where no engine answers. */
async function findStates(): Promise<ReadonlyMap<string, string> | string> {
  try {
    const docker = await connectEngine();
    const found = await Promise.all(
      knownImages.map(async (name) => [name, await imageState(docker, name)] as const),
    );
    return new Map(found);
  } catch (error) {
    return messageOf(error);
  }
}

function findProblem(needed: readonly string[]): string | null {
  if (typeof states === 'string') return states;
  const missing = needed.filter((name) => states.get(name) === 'missing');
  return missing.length === 0
    ? null
    : `images are not built: ${missing.join(', ')} (ordeal images build ${missing.join(' ')})`;
}
