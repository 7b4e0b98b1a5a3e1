// What a first visit loads beside the page: every script and style sheet we serve, gzipped, whether its page needs it or not.
import { loadConfig } from '../src/config/config.ts';
import { buildDeps } from '../src/deps.ts';

const { assets, close } = await buildDeps(loadConfig(process.env));
let bytes = 0;
for (const file of assets.files()) {
  if (/\.(js|css)$/.test(file)) {
    const found = assets.find(assets.path(file));
    bytes += (await found?.asset.encoded('gzip'))?.length ?? 0;
  }
}
process.stdout.write(JSON.stringify({ bytes }));
await close();
