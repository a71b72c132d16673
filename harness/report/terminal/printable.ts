/**
 * A text from outside as a terminal may show it: every control character, the escape of colour and cursor
 * codes among them, becomes visible and harmless.
 */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

// C0, delete, C1, and the marks that turn the direction of text around.
const CONTROL = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
