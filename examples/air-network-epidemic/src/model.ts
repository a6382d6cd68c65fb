import {
  defineComponent,
  defineProcessor,
  defineResource,
  defineSimulation,
  f64,
  randomNormal,
  utf8,
  when,
  type Simulation,
} from '@archetype/runtime';
import { z } from 'zod';
import type { Network } from './data.ts';

const Airport = defineComponent('Airport', {
  code: utf8(),
  name: utf8(),
  latitude: f64(),
  longitude: f64(),
  /** People who live around it. */
  population: f64(),
});

/** Fractions of an airport's population: susceptible, infected, recovered. */
const Health = defineComponent('Health', { s: f64(1), i: f64(0), r: f64(0) });

/** People around an airport, for each flight of its year: 14 million of those give about 280 million people. */
const PEOPLE_PER_FLIGHT = 20;
const SEATS = 100;
const DAYS = 366;

/** Infections that one infected person causes a day while everybody is susceptible, and the chance a day to recover. */
const INFECTION = 0.35;
const RECOVERY = 0.12;
/** How much the weather, holidays and chance change infection from day to day and place to place. */
const NOISE = 0.3;

/** The part of flights that still goes from and to some airports. Data: recorded with every tick that changes it. */
const Restrictions = defineResource('restrictions', {
  schema: z
    .object({ airports: z.array(z.string()), factor: z.number().min(0).max(1) })
    .default({ airports: [], factor: 1 }),
});

/** Travellers per day from airport to airport. Live: it comes from the data files and is not recorded. */
interface Traffic {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly travellers: Float64Array;
}
const Traffic = defineResource<Traffic>('traffic', { fork: 'share' });

const spread = defineProcessor({
  name: 'spread',
  components: [Airport, Health],
  priority: 10,
  process: (df) =>
    df
      .withColumns((c) => ({
        infected: c.health.s.mul(c.health.i).mul(randomNormal(0, NOISE).exp().mul(INFECTION)),
        // Less than one infected person is nobody: without it, every place would be infected on the first day.
        recovered: when(c.health.i.mul(c.airport.population).lt(1))
          .then(c.health.i)
          .otherwise(c.health.i.mul(RECOVERY)),
      }))
      .withColumns((c) => ({
        health__s: c.health.s.sub(c.infected),
        health__i: c.health.i.add(c.infected).sub(c.recovered),
        health__r: c.health.r.add(c.recovered),
      }))
      .drop('infected', 'recovered'),
});

const travel = defineProcessor({
  name: 'travel',
  components: [Airport, Health],
  priority: 20,
  process: (df, ctx) => {
    const { from, to, travellers } = ctx.resources.get(Traffic);
    const { airports, factor } = ctx.resources.get(Restrictions);
    const closed = new Set(airports);
    return df.kernel(
      ['health__s', 'health__i', 'health__r'],
      (out, cols, n) => {
        const open = Float64Array.from({ length: n }, (_, k) =>
          closed.has(cols.airport__code[k]!) ? factor : 1,
        );
        const { health__s: s, health__i: i, health__r: r, airport__population: population } = cols;
        for (let k = 0; k < from.length; k++) {
          const [a, b] = [from[k]!, to[k]!];
          const share = (travellers[k]! * open[a]! * open[b]!) / population[b]!;
          out.health__s[b]! += share * (s[a]! - s[b]!);
          out.health__i[b]! += share * (i[a]! - i[b]!);
          out.health__r[b]! += share * (r[a]! - r[b]!);
        }
      },
      { inout: ['health__s', 'health__i', 'health__r'] },
    );
  },
});

/** Where it begins, and with which part of the people there. */
const OUTBREAK = { code: 'JFK', infected: 1e-6 };

/** The epidemic on a network: one entity per airport, in the network's order. */
function epidemic({ airports, routes }: Network): Simulation {
  return defineSimulation({
    name: 'air-network-epidemic',
    processors: [spread, travel],
    resources: [
      Restrictions,
      Traffic({
        from: Int32Array.from(routes, (route) => route.from),
        to: Int32Array.from(routes, (route) => route.to),
        travellers: Float64Array.from(routes, (route) => (route.flights * SEATS) / DAYS),
      }),
    ],
    setup: (world) => {
      for (const { code, name, latitude, longitude, flights } of airports) {
        const i = code === OUTBREAK.code ? OUTBREAK.infected : 0;
        world.spawn(
          Airport({ code, name, latitude, longitude, population: flights * PEOPLE_PER_FLIGHT }),
          Health({ s: 1 - i, i }),
        );
      }
    },
  });
}

export { Airport, epidemic, Health, Restrictions };
