import { createReadStream } from "node:fs";

const NEWLINE = 0x0a;

/**
 * The lines of a UTF-8 file, which end at newlines and nowhere else: JSON leaves other separators in its strings as they are. A
 * last line without its newline may have been cut within a character, so only that one may be no UTF-8; rejects with TypeError
 * where another is not.
 */
export async function* fileLines(path: string): AsyncGenerator<string> {
  const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let begun: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...begun, chunk.subarray(start, end)]);
      begun = [];
      start = end + 1;
      yield whole.decode(line);
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield Buffer.concat(begun).toString("utf8");
}
