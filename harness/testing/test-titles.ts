import { parseSync } from "@swc/core";

/** Functions of vitest, and of our suites, whose first argument is the title of a test or of a group of tests. */
const TITLED: ReadonlySet<string> = new Set(["test", "it", "describe"]);

/** The titles of all tests and groups in a TypeScript file, in any form: `test(…)`, `test.each(rows)(…)`, `describe.skipIf(…)(…)`. */
export function testTitles(source: string): readonly string[] {
  const titles: string[] = [];
  collectTitles(parseSync(source, { syntax: "typescript" }), titles);
  return titles;
}

function collectTitles(node: unknown, titles: string[]): void {
  if (Array.isArray(node)) {
    for (const each of node) collectTitles(each, titles);
    return;
  }
  if (!isObject(node)) return;
  if (node["type"] === "CallExpression" && TITLED.has(rootName(node["callee"]))) {
    const title = textOf(firstArgument(node["arguments"]));
    if (title !== undefined) titles.push(title);
  }
  for (const child of Object.values(node)) collectTitles(child, titles);
}

/** The name that `test`, `test.each(rows)` and `test.skipIf(lacking).each` begin with. */
function rootName(callee: unknown): string {
  if (!isObject(callee)) return "";
  const { type, value, object, callee: inner, tag } = callee;
  if (type === "Identifier" && typeof value === "string") return value;
  return rootName(object ?? inner ?? tag);
}

function firstArgument(list: unknown): unknown {
  if (!Array.isArray(list) || !isObject(list[0])) return undefined;
  return list[0]["expression"];
}

function textOf(literal: unknown): string | undefined {
  if (!isObject(literal)) return undefined;
  const { type, value, quasis } = literal;
  if (type === "StringLiteral" && typeof value === "string") return value;
  if (type !== "TemplateLiteral" || !Array.isArray(quasis)) return undefined;
  return quasis.map((part) => (isObject(part) ? part["raw"] : "")).join("…");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
