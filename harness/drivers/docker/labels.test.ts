import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { labelsOf, localOwner, OWNER_LABEL } from "./labels.ts";

describe("localOwner()", () => {
  it("reads this process out of its own label", () => {
    const label = labelsOf({ run: "r", keep: false })[OWNER_LABEL] ?? "";
    expect(localOwner(label)).toBe(process.pid);
  });

  it.each([`elsewhere.example/12`, `${hostname()}/`, `${hostname()}/x`, ""])(
    "knows no owner of %j here",
    (label) => {
      expect(localOwner(label)).toBeUndefined();
    },
  );
});
