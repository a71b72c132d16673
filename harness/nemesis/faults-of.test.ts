import { describe, expect, it } from "vitest";
import { NEMESIS_KINDS } from "../run/plan.ts";
import { faultsOf } from "./faults-of.ts";

describe("faultsOf()", () => {
  it("gives containers every kind, other nodes what needs no machine of their own", () => {
    const all = NEMESIS_KINDS.filter((kind) => kind !== "none");
    const ofMachines = ["disconnect", "cpu", "memory", "disk-full"];
    expect(faultsOf("docker")).toEqual(all);
    expect(faultsOf("processes")).toEqual(all.filter((kind) => !ofMachines.includes(kind)));
    expect(faultsOf("sim")).toEqual(faultsOf("processes"));
  });

  it("leaves a cluster that others run its processes", () => {
    expect(faultsOf("external")).toEqual([
      "halves",
      "one",
      "ring",
      "bridge",
      "one-way",
      "slow",
      "clock",
    ]);
  });
});
