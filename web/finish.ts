// What the build adds to its files: the font's licence, and a gzip and a brotli form of whatever
// shrinks by them.

import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const FONT = '@fontsource-variable/inter';
const LICENSES = 'licenses.txt';
// A form that saves less than this is not worth its place.
const WORTH = 0.9;

export function finish(): Plugin {
  return {
    name: 'rondo-finish',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const licenses = bundle[LICENSES];
        if (licenses?.type !== 'asset') this.error(`${LICENSES} is missing`);
        const font = readFileSync(`node_modules/${FONT}/LICENSE`, 'utf8');
        licenses.source = `${String(licenses.source)}\n## ${FONT} (OFL-1.1)\n\n${font}`;
        for (const [fileName, output] of Object.entries(bundle)) {
          const plain = Buffer.from(output.type === 'chunk' ? output.code : output.source);
          const forms = {
            gz: gzipSync(plain, { level: 9 }),
            br: brotliCompressSync(plain, {
              params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
            }),
          };
          for (const [ending, source] of Object.entries(forms)) {
            if (source.length > plain.length * WORTH) continue;
            this.emitFile({ type: 'asset', fileName: `${fileName}.${ending}`, source });
          }
        }
      },
    },
  };
}
