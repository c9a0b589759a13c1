import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type PluginOption } from "vite";
import { configDefaults } from "vitest/config";
import { mockGateway } from "./dev/mock-gateway.ts";

const gateway = process.env.MC_GATEWAY_URL;

// Without MC_GATEWAY_URL the development server answers the API itself with a simulated fleet.
function developmentBackend(): PluginOption {
  return gateway === undefined ? mockGateway() : null;
}

export default defineConfig({
  plugins: [react(), tailwindcss(), developmentBackend()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    host: "127.0.0.1",
    proxy: gateway === undefined ? {} : { "/api": { target: gateway, changeOrigin: false } },
  },
  build: {
    outDir: "../../build/console",
    emptyOutDir: true,
    target: "es2022",
    // A data: address would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./test/setup.ts"],
    exclude: [...configDefaults.exclude, "e2e/**"],
    css: false,
  },
} as Parameters<typeof defineConfig>[0]);
