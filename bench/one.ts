// One benchmark, in a process that loads nothing else: `node bench/one.ts B1` prints its figures as JSON.
import { load } from './benchmark.ts';

const { run } = await load(process.argv[2]!);
for await (const figure of run()) console.log(JSON.stringify(figure));
