import { runJob } from '../../src/job.ts';

/** The main job on a directory; kills itself with SIGKILL when a branch reaches a day. */
const [storage, branch, day] = process.argv.slice(2) as [string, string, string];
await runJob({ ticks: 120, seed: 42, storage }, (name, tick) => {
  process.stdout.write(`${name} ${tick}\n`);
  if (name === branch && tick === Number(day)) process.kill(process.pid, 'SIGKILL');
});
