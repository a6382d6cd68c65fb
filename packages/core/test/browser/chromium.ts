import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Report } from './page.ts';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome-headless-shell',
];
const minute = 60_000;

/** The Chromium to run: `CHROME_PATH`, or the first on `PATH`. */
export function findChromium(): string | undefined {
  const { CHROME_PATH, PATH = '' } = process.env;
  const onPath = names.flatMap((name) => PATH.split(delimiter).map((place) => join(place, name)));
  return [...(CHROME_PATH === undefined ? [] : [CHROME_PATH]), ...onPath].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Opens a page that runs `script`, under a content security policy if one is given, and waits for what it reports. */
export async function visit(chromium: string, script: string, policy?: string): Promise<Report> {
  const { promise: reported, resolve, reject } = Promise.withResolvers<Report>();
  const server = createServer((request, response) => {
    if (policy !== undefined) response.setHeader('content-security-policy', policy);
    answer(request, response, script, resolve).catch(reject);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const profile = await mkdtemp(join(tmpdir(), 'archetype-chromium-'));
  const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = spawn(chromium, [...flags(profile), page], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = text(browser.stderr);
  const ended = once(browser, 'exit');
  const silent = setTimeout(() => reject(new Error('The page said nothing.')), minute);
  try {
    return await Promise.race([
      reported,
      ended.then(async ([code]) => {
        throw new Error(`${chromium} ended with ${code}: ${await said}`);
      }),
    ]);
  } finally {
    clearTimeout(silent);
    browser.kill('SIGKILL');
    await ended;
    server.closeAllConnections();
    server.close();
    // Its child processes may still write for a moment.
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

const flags = (profile: string): readonly string[] => [
  '--headless=new',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--no-first-run',
  `--user-data-dir=${profile}`,
  // Chromium refuses to run as root with its sandbox; the page is ours.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: string,
  reported: (report: Report) => void,
): Promise<void> {
  if (request.url === '/report') {
    reported(JSON.parse(await text(request)) as Report);
    response.end();
    return;
  }
  const found: { readonly [path: string]: readonly [type: string, body: string] } = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', script],
  };
  const [type, body] = found[request.url ?? ''] ?? ['text/plain', ''];
  response.setHeader('content-type', `${type}; charset=utf-8`).end(body);
}
