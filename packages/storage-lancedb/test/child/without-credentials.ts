import { openDurableStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { writeSync } from 'node:fs';

const [endpoint, directory] = process.argv.slice(2) as [string, string];
try {
  await openDurableStore({
    directory,
    tables: lancedb,
    remote: { uri: 's3://worlds/x', storageOptions: { endpoint, allow_http: 'true' } },
  });
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  writeSync(1, `${code} ${message}`);
}
