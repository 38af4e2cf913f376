// Whether two builds of the page hold the same files: node same.ts ONE OTHER. Packed files are held
// against each other unpacked, because their bytes depend on the packer's version.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

function filesOf(folder: string): Map<string, Buffer> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(found.map((path) => {
    const bytes = readFileSync(path);
    const content = path.endsWith('.br') ? brotliDecompressSync(bytes)
      : path.endsWith('.gz') ? gunzipSync(bytes)
      : bytes;
    return [path.slice(join(folder, '/').length), content];
  }));
}

const [one, other] = process.argv.slice(2).map(filesOf) as [
  Map<string, Buffer>, Map<string, Buffer>];
const names = [...new Set([...one.keys(), ...other.keys()])].sort();
const different = names.filter((name) => {
  const [a, b] = [one.get(name), other.get(name)];
  return a === undefined || b === undefined || !a.equals(b);
});
for (const name of different) {
  const [made, kept] = [one.has(name), other.has(name)];
  console.error(`${name}: ${made && kept ? 'differs' : made ? 'is missing' : 'should not be there'}`);
}
if (different.length === 0) console.log(`${names.length} files are the same`);
process.exitCode = different.length === 0 ? 0 : 1;
