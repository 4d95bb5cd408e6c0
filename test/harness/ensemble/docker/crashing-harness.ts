// A harness that makes an ensemble and waits to be killed. Its argument is the run's id.

import { createDockerEnsemble } from '../../../../harness/ensemble/docker/docker-ensemble.ts';

const [, , runId = ''] = process.argv;
const ensemble = await createDockerEnsemble({ runId, systems: ['apache'], servers: 2 });
process.stdout.write('created\n');
await ensemble.start();
setInterval(() => {}, 1000);
