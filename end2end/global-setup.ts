import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openMailbox } from "./mailbox.ts";
import { startDemoServer } from "./server.mjs";

/** One server with demo data for the whole run, and the mailbox it sends to; the specs find them through `demo()` and
 * `mailedLink()`. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const results = fileURLToPath(new URL("test-results", import.meta.url));
  mkdirSync(results, { recursive: true });
  const mails = mkdtempSync(join(tmpdir(), "officina-mails-"));
  const mailbox = await openMailbox(mails);
  const close = async (): Promise<void> => {
    await mailbox.close();
    rmSync(mails, { recursive: true, force: true });
  };
  try {
    const server = await startDemoServer(`${results}/server.log`, {
      OFFICINA_SMTP: mailbox.url,
      OFFICINA_MAIL_FROM: "Officina <desk@officina.test>",
    });
    process.env.OFFICINA_END2END_DATA = server.data;
    process.env.OFFICINA_END2END_URL = server.baseUrl;
    process.env.OFFICINA_END2END_MAILS = mails;
    return async () => {
      await server.stop();
      await close();
    };
  } catch (error) {
    await close();
    throw error;
  }
}
