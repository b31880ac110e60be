import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startDemoServer } from "./server.mjs";

/** One server with demo data for the whole run; the specs find it through `demo()`. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const results = fileURLToPath(new URL("test-results", import.meta.url));
  mkdirSync(results, { recursive: true });
  const server = await startDemoServer(`${results}/server.log`);
  process.env.OFFICINA_END2END_DATA = server.data;
  process.env.OFFICINA_END2END_URL = server.baseUrl;
  return server.stop;
}
