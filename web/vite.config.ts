import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockHub } from "./dev/mock-hub.ts";

const hub = process.env.SCANHELM_HUB ?? "";

export default defineConfig(({ command, mode }) => ({
  plugins: [react(), command === "serve" && mode !== "test" && hub === "" ? mockHub() : null],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2023",
    sourcemap: false,
    // Inlined data: URLs would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    proxy: hub === "" ? undefined : { "/api": { target: hub, changeOrigin: true } },
  },
  test: {
    environment: "happy-dom",
    environmentOptions: { happyDOM: { url: "http://console.test/" } },
    setupFiles: ["./test/setup.ts"],
    restoreMocks: true,
    testTimeout: 60_000,
  },
}));
