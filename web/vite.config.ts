import { defineConfig } from 'vitest/config';
import { finish } from './finish.ts';

// A server to develop against: RONDO_URL=http://127.0.0.1:5000 npm run dev
const server = process.env.RONDO_URL ?? 'http://127.0.0.1:5000';

interface Proxied {
  on(event: 'proxyReq', act: (request: { removeHeader(name: string): void }) => void): void;
}

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [finish()],
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // the first ones with light-dark()
    assetsInlineLimit: 0, // the page's policy allows no data: scripts, styles or fonts
    modulePreload: false,
    license: { fileName: 'licenses.txt' },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/page-[hash].js',
        assetFileNames: 'assets/page-[hash][extname]',
      },
    },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/ajax-api', '/get-artifact', '/openapi.json'].map((path) => [
      path, {
        target: server,
        changeOrigin: true,
        // The server refuses other sites, which a page of the development server is.
        configure: (proxy: Proxied) => proxy.on('proxyReq', (request) => {
          request.removeHeader('origin');
          request.removeHeader('sec-fetch-site');
        }),
      },
    ])),
  },
  test: { include: ['src/**/*.test.ts'] },
});
