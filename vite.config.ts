/**
 * The page's build. `vite build` writes dist/web, which the bridge's server serves at its own
 * origin; `vite` serves the sources and passes everything that belongs to the bridge on to a bridge
 * that runs on port 8080, so that the page can be worked on with hot reload during a real call.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { errorsPage } from './tools/errors-page.ts';

const BRIDGE = 'http://localhost:8080';

const page = (name: string) => fileURLToPath(new URL(`web/${name}`, import.meta.url));

export default defineConfig({
  root: 'web',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'chrome110',
    sourcemap: true,
    // Browsers that know no preloading load a little later, which is all.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'errors.html'].map(page) },
  },
  plugins: [{ name: 'errors-page', transformIndexHtml: errorsPage }],
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': BRIDGE,
      '/healthz': BRIDGE,
      '/sip': { target: BRIDGE, ws: true },
      '/ws/voice': { target: BRIDGE, ws: true },
    },
  },
});
