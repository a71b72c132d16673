/*
 * One line of a history as JSON. Operations are most of the lines by far and pass through here on the path that the
 * load generator is timed on, so they are put together by hand; everything else is left to JSON.stringify.
 */

import type { HistoryLine, Operation } from "./operation.ts";

/** The line without its newline. Throws TypeError where a value cannot be JSON (a bigint, a cycle). */
export function formatLine(line: HistoryLine): string {
  switch (line.type) {
    case "invoke":
    case "ok":
    case "fail":
    case "info":
      return formatOperation(line);
    default:
      return JSON.stringify(line);
  }
}

function formatOperation(operation: Operation): string {
  let text = `{"index":${operation.index},"process":${operation.process},"node":${quote(operation.node)},"type":"${operation.type}","f":${quote(operation.f)},"key":${quote(operation.key)},"value":${formatValue(operation.value)},"timeNs":${operation.timeNs},"intendedNs":${operation.intendedNs}`;
  if (operation.error !== undefined) {
    text += `,"error":${quote(operation.error)}`;
  }
  if (operation.readSet !== undefined) {
    text += `,"readSet":${formatStrings(operation.readSet)}`;
  }
  if (operation.versions !== undefined) {
    text += `,"versions":${operation.versions}`;
  }
  if (operation.wrote !== undefined) {
    text += `,"wrote":${quote(operation.wrote)}`;
  }
  if (operation.saw !== undefined) {
    text += `,"saw":${formatStrings(operation.saw)}`;
  }
  return `${text}}`;
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) {
    return "null";
  }
  if (typeof value === "string") {
    return quote(value);
  }
  return JSON.stringify(value) ?? "null";
}

function formatStrings(strings: readonly string[]): string {
  if (strings.length > 0 && PLAIN.test(strings.join(" "))) {
    return `["${strings.join('","')}"]`;
  }
  let text = "[";
  for (let position = 0; position < strings.length; position++) {
    text += (position === 0 ? "" : ",") + quote(strings[position] ?? "");
  }
  return `${text}]`;
}

/** Printable ASCII without quote and backslash: the same inside quotes as outside. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
