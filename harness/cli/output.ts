/** Where a command writes, and what can be shown there. */
export interface Output {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly colour: boolean;
}

const COLUMNS_DEFAULT = 100;

/** Standard output, with colours where it is a terminal and nobody objects. */
export function standardOutput(): Output {
  const { stdout, env } = process;
  const { NO_COLOR: noColour } = env;
  const isTerminal = stdout.isTTY === true;
  return {
    write: (text) => void stdout.write(text),
    isTerminal,
    columns: isTerminal ? stdout.columns : COLUMNS_DEFAULT,
    colour: isTerminal && (noColour === undefined || noColour === ""),
  };
}
