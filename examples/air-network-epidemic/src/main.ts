import { ArchetypeError } from '@archetype/runtime';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chart, people } from './chart.ts';
import { runJob, type JobResult } from './job.ts';
import { parseOptions, usage, type Options } from './options.ts';
import { progressTo } from './progress.ts';
import { drawSvg } from './svg.ts';

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(usage);
  else report(options, await runJob(options, progressTo(options.ticks)));
} catch (error) {
  if (!(error instanceof ArchetypeError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = error.code === 'invalid_argument' ? 2 : 1;
}

function report(options: Options, result: JobResult): void {
  const { network, hubs, free, cut, moved } = result;
  const name = new Map(network.airports.map((airport) => [airport.code, airport.name]));
  const flights = network.routes.reduce((n, route) => n + route.flights, 0);
  const departures = new Set(network.routes.map((route) => route.from)).size;
  const peak = (curve: typeof free): string =>
    `day ${curve.peakDay}, ${people(curve.infected[curve.peakDay]!)} infected`;
  writeFileSync(options.svg, drawSvg([free, cut]));
  console.log(
    [
      `${network.airports.length} airports (${departures} with departures), ${network.routes.length} routes, ${people(flights)} flights; ${options.ticks} days, seed ${options.seed}`,
      `From day 20 on, branch "${cut.name}" has 10 % of the flights from and to ${hubs.join(' ')}.`,
      '',
      chart(free, cut),
      '',
      `Peak, ${free.name}:     ${peak(free)}`,
      `Peak, ${cut.name}: ${peak(cut)}`,
      '',
      'Airports whose peak moved most:',
      ...moved.map(
        ({ code, from, to }) =>
          `  ${code}  day ${String(from).padStart(3)} → ${String(to).padStart(3)}  ${name.get(code)}`,
      ),
      '',
      `${Math.round((result.ticks / result.durationMs) * 1000)} ticks per second${options.storage === undefined ? ', in memory' : ', each durable before it counts'}`,
      `Curves: ${resolve(options.svg)}`,
      ...(options.storage === undefined ? [] : stored(options.storage, result.world)),
    ].join('\n'),
  );
}

function stored(storage: string, world: string): string[] {
  return [
    `${(bytesIn(storage) / 1e6).toFixed(1)} MB on disk in ${storage}`,
    '',
    'Read any of it again, from this or another process:',
    `  (await (await new ArchetypeRuntime({ storage: ${JSON.stringify(storage)} }).attach('${world}')).query(['Airport', 'Health'], { ticks: 20 })).show()`,
    `Each run adds two worlds; remove all of them with: rm -r ${/^[\w./-]+$/.test(storage) ? storage : `'${storage}'`}`,
  ];
}

function bytesIn(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((n, name) => n + bytesIn(join(path, name)), 0);
}
