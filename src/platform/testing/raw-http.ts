import { connect } from "node:net";

/** Sends the parts one after the other and gives everything that came back until the server closed. */
export function raw(
  address: string,
  parts: readonly (string | Buffer)[],
  waitMs = 2_000,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => reject(new Error(`still open: ${chunks.join("")}`)), waitMs);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString());
    });
    for (const part of parts) socket.write(part);
  });
}

export const CLOSE = "Host: x\r\nConnection: close\r\n";
