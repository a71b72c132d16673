import { createHash } from "node:crypto";
import { HOVER_SCRIPT } from "./hover.ts";
import type { MarkupPart } from "./markup.ts";
import { Markup, markup } from "./markup.ts";
import { STYLE } from "./style.ts";

export interface Page {
  readonly title: string;
  readonly body: MarkupPart;
}

/**
 * A whole HTML file that needs nothing beside itself. Its content security policy forbids everything from
 * outside and every script but our own, so a mistake in escaping would still run nothing.
 */
export function renderPage({ title, body }: Page): string {
  const scriptHash = createHash("sha256").update(HOVER_SCRIPT).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLE)}</style></head>
<body>${body}
<script>${new Markup(HOVER_SCRIPT)}</script></body></html>
`.text;
}
