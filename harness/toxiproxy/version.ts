/**
 * What tells the embedded server from a real one: no release of Toxiproxy has it in its version.
 */
export const EMBEDDED_MARK = "-ringside";

/** The release of Toxiproxy whose API this is, with the mark. */
export const VERSION = `2.12.0${EMBEDDED_MARK}`;
