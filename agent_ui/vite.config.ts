import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import postcssRTLCSS from 'postcss-rtlcss'
import { Mode } from 'postcss-rtlcss/options'
import { defineConfig } from 'vitest/config'

const backend = process.env.CALLCENTER_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [vue()],
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // Only Element Plus needs it: our own sheets use logical properties and come out unchanged.
  css: { postcss: { plugins: [postcssRTLCSS({ mode: Mode.override })] } },
  build: { target: 'es2022', chunkSizeWarningLimit: 800 },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': backend, '/readyz': backend, '/ws': { target: backend, ws: true } },
  },
  test: {
    environment: 'jsdom',
    include: ['tests/unit/**/*.test.ts'],
    css: false,
    isolate: false,
  },
})
