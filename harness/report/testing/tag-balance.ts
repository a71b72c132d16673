const VOID_TAGS = new Set(["meta", "br", "hr", "!doctype", "?xml"]);

/**
 * What is wrong with the nesting of a page's tags, in one sentence; empty where every tag that opens is closed in
 * order. A report whose values broke out of their place would not pass.
 */
export function tagImbalance(page: string): string {
  const open: string[] = [];
  const opaque = page.replace(/(<(script|style)>)[\s\S]*?(<\/\2>)/g, "$1$3");
  for (const [text, slash, name = "", selfClosed] of opaque.matchAll(
    /<(\/?)([!?a-zA-Z][\w:-]*)(?:"[^"]*"|[^<>"])*?(\/?)>/g,
  )) {
    const tag = name.toLowerCase();
    if (VOID_TAGS.has(tag) || selfClosed === "/") continue;
    if (slash !== "/") open.push(tag);
    else if (open.pop() !== tag) return `${text} closes what is not open`;
  }
  const bare = opaque.replace(/<(?:"[^"]*"|[^<>"])*>/g, "");
  if (/[<>]/.test(bare)) return "A bracket stands outside of every tag";
  return open.length === 0 ? "" : `Never closed: ${open.join(", ")}`;
}
