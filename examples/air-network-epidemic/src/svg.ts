import { people } from './chart.ts';
import type { Curve } from './curves.ts';

const WIDTH = 860;
const HEIGHT = 420;
const MARGIN = { left: 70, right: 20, top: 40, bottom: 50 };
const COLORS = ['#b2182b', '#2166ac'];

/** The curves of infected people over days as an SVG picture. */
export function drawSvg(curves: readonly Curve[]): string {
  const top = Math.max(...curves.flatMap((curve) => [...curve.infected]));
  const days = Math.max(...curves.map((curve) => curve.infected.length)) - 1;
  const x = (day: number): number =>
    MARGIN.left + (day / days) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (count: number): number =>
    HEIGHT - MARGIN.bottom - (count / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const lines = curves.map((curve, k) => {
    const points = Array.from(
      curve.infected,
      (count, day) => `${x(day).toFixed(1)},${y(count).toFixed(1)}`,
    );
    return `<polyline fill="none" stroke="${COLORS[k]}" stroke-width="2.5" points="${points.join(' ')}"/>`;
  });
  const legend = curves.map(
    (curve, k) =>
      `<text x="${MARGIN.left + 15}" y="${MARGIN.top + 20 * k}" fill="${COLORS[k]}">${curve.name}: ${people(curve.infected[curve.peakDay]!)} on day ${curve.peakDay}</text>`,
  );
  const ticksX = Array.from({ length: 7 }, (_, k) => Math.round((days * k) / 6));
  const ticksY = Array.from({ length: 5 }, (_, k) => (top * k) / 4);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...ticksY.map(
      (count) =>
        `<path d="M${MARGIN.left} ${y(count).toFixed(1)}H${WIDTH - MARGIN.right}" stroke="#ddd"/><text x="${MARGIN.left - 8}" y="${(y(count) + 4).toFixed(1)}" text-anchor="end">${people(count)}</text>`,
    ),
    ...ticksX.map(
      (day) =>
        `<text x="${x(day).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${day}</text>`,
    ),
    `<text x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle">day</text>`,
    `<text x="${MARGIN.left}" y="20">infected people</text>`,
    ...lines,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}
