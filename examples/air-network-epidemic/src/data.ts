import { ArchetypeError } from '@archetype/runtime';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';

/** An airport of the network. */
interface AirportRecord {
  readonly code: string;
  readonly name: string;
  /** Degrees. */
  readonly latitude: number;
  readonly longitude: number;
  /** Arrivals and departures in 2008. */
  readonly flights: number;
}

/** Flights of 2008 from one airport to another; airports by position. */
interface Route {
  readonly from: number;
  readonly to: number;
  readonly flights: number;
}

export interface Network {
  readonly airports: readonly AirportRecord[];
  readonly routes: readonly Route[];
}

/**
 * The US air network of 2008: airports with at least one route, by code, and the flights between them. Both files are
 * works of the US government, from the npm package vega-datasets.
 */
export function loadNetwork(data: URL = packaged()): Network {
  const flights = readCsv(data, 'flights-airport.csv').map(({ origin, destination, count }) => ({
    origin: origin!,
    destination: destination!,
    count: Number(count),
  }));
  const totals = new Map<string, number>();
  for (const { origin, destination, count } of flights) {
    totals.set(origin, (totals.get(origin) ?? 0) + count);
    totals.set(destination, (totals.get(destination) ?? 0) + count);
  }
  const airports = readCsv(data, 'airports.csv')
    .filter(({ iata }) => totals.has(iata!))
    .map((row) => ({
      code: row.iata!,
      name: row.name!,
      latitude: Number(row.latitude),
      longitude: Number(row.longitude),
      flights: totals.get(row.iata!)!,
    }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const position = new Map(airports.map(({ code }, k) => [code, k]));
  const routes = flights.flatMap(({ origin, destination, count }) => {
    const [from, to] = [position.get(origin), position.get(destination)];
    return from === undefined || to === undefined ? [] : [{ from, to, flights: count }];
  });
  return { airports, routes };
}

/** The package exports its code only; its data stand beside it. */
const packaged = (): URL => new URL('../data/', import.meta.resolve('vega-datasets'));

function readCsv(data: URL, file: string): readonly Readonly<Record<string, string | undefined>>[] {
  try {
    return parse(readFileSync(new URL(file, data)), { columns: true });
  } catch (cause) {
    throw new ArchetypeError(
      'storage_unavailable',
      `The data file ${file} of the package vega-datasets could not be read: ${cause instanceof Error ? cause.message : String(cause)} Install the workspace again: npm run setup.`,
      { cause },
    );
  }
}
