import type { ResultFolder } from "./result-folder.ts";

/** A result folder that waits: what is written to it resolves at once, and is on disk after `flush`. */
export interface BufferedFolder extends ResultFolder {
  flush(): Promise<void>;
}

/**
 * For a run in virtual time, which must not wait for a real disk: how long that takes would decide what happens next. A run that
 * dies before it is flushed leaves nothing, but its seed repeats it.
 */
export function bufferedFolder(folder: ResultFolder): BufferedFolder {
  const texts = new Map<string, string>();
  const history: string[] = [];
  const writeText = async (name: string, text: string) => {
    texts.set(name, text);
  };
  return {
    path: folder.path,
    logFolder: folder.logFolder,
    writeText,
    writeJson: (name, value) => writeText(name, `${JSON.stringify(value, undefined, 2)}\n`),
    openHistory: () => ({
      write: (text) => {
        history.push(text);
      },
      close: async () => {},
    }),
    async flush() {
      for (const [name, text] of texts) await folder.writeText(name, text);
      const file = folder.openHistory();
      try {
        for (const text of history) await file.write(text);
      } finally {
        await file.close();
      }
    },
  };
}
