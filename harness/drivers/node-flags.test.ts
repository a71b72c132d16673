import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NODE_FLAGS } from "./node-flags.ts";

test.each([
  { file: "package.json", line: `"start": "node ${NODE_FLAGS.join(" ")} src/main.ts"` },
  { file: "docker/Dockerfile", line: `CMD ["${NODE_FLAGS.join('", "')}", "src/main.ts"]` },
  {
    file: "docker/stack.yaml",
    line: `[\n      ${NODE_FLAGS.join(",\n      ")},\n      src/main.ts,`,
  },
  {
    file: "docker/kubernetes/stateful-set.yaml",
    line: `args: [${NODE_FLAGS.join(", ")}, src/main.ts]`,
  },
])("$file starts nodes as the harness does", ({ file, line }) => {
  expect(readFileSync(join(import.meta.dirname, "../..", file), "utf8")).toContain(line);
});
