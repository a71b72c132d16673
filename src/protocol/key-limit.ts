/** The longest key that clients may use. */
export const KEY_BYTES_MAX = 1_024;
