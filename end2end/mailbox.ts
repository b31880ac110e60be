// A mail server on loopback (RFC 5321, as far as a sender needs it) that keeps each mail as a file. It runs beside the
// demo server; the tests, which are processes of their own, read the folder.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";

export interface Mail {
  to: string[];
  text: string;
}

/** Listens on a free port, and says where until it is closed. */
export function openMailbox(folder: string): Promise<{ url: string; close: () => Promise<void> }> {
  let arrived = 0;
  const keep = (mail: Mail): void => {
    const name = String(arrived++).padStart(6, "0");
    // Whoever reads the folder sees whole mails only.
    writeFileSync(join(folder, `${name}.part`), JSON.stringify(mail));
    renameSync(join(folder, `${name}.part`), join(folder, `${name}.json`));
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    converse(socket, keep);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => closed());
          for (const socket of sockets) socket.destroy();
        });
      resolve({ url: `smtp://127.0.0.1:${port}`, close });
    });
  });
}

/** The mails to an address, in the order they came. */
export function mailsTo(folder: string, address: string): Mail[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Mail)
    .filter((mail) => mail.to.includes(address));
}

function converse(socket: Socket, keep: (mail: Mail) => void): void {
  let unread = "";
  let to: string[] = [];
  let message: string[] | undefined;
  const say = (words: string): boolean => socket.write(`${words}\r\n`);
  const hear = (line: string): void => {
    if (message) {
      if (line === ".") {
        keep({ to, text: textOf(message) });
        [to, message] = [[], undefined];
        say("250 ok");
      } else {
        message.push(line.startsWith(".") ? line.slice(1) : line);
      }
    } else if (/^RCPT TO:/i.test(line)) {
      to.push(line.slice(8).replace(/[<>]/g, "").trim().toLowerCase());
      say("250 ok");
    } else if (/^DATA$/i.test(line)) {
      message = [];
      say("354 go on");
    } else if (/^QUIT$/i.test(line)) {
      say("221 bye");
      socket.end();
    } else {
      say("250 ok");
    }
  };
  say("220 mailbox");
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (unread + chunk).split("\r\n");
    unread = lines.pop() ?? "";
    lines.forEach(hear);
  });
}

/** What a message of one text part says (RFC 2045, 6.7 and 6.8). */
function textOf(lines: string[]): string {
  const empty = lines.indexOf("");
  const head = lines.slice(0, empty).join("\n").toLowerCase();
  const body = lines.slice(empty + 1).join("\n");
  if (head.includes("base64")) return Buffer.from(body, "base64").toString("utf8");
  if (!head.includes("quoted-printable")) return body;
  const bytes = body.replace(/=\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
