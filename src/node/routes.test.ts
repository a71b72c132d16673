import { describe, expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import { Routes } from "./routes.ts";

describe("Routes", () => {
  test.each(["n2", "constructor", "__proto__", "toString"])(
    "leads to the advertised address of %s where it has none of its own",
    (name) => {
      const routes = new Routes(
        () => "127.0.0.1:1",
        {},
        () => {},
      );
      expect(routes.addressOf(nodeId(name))).toBe("127.0.0.1:1");
      routes.replace(Object.fromEntries([[name, "127.0.0.1:2"]]));
      expect(routes.addressOf(nodeId(name))).toBe("127.0.0.1:2");
    },
  );
});
