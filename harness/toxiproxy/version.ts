/** The release of Toxiproxy whose API this is, with a mark that tells the embedded server from a real one. */
export const VERSION = "2.12.0-ringside";
