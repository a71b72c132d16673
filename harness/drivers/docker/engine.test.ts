import { describe, expect, it } from "vitest";
import { isNewEnough, whereabouts } from "./engine.ts";

describe("isNewEnough()", () => {
  it.each([
    ["20.10.0", true],
    ["20.10.24+dfsg1", true],
    ["28.2.2", true],
    ["20.9.9", false],
    ["19.03.15", false],
    ["", false],
  ])("%s: %s", (version, isEnough) => {
    expect(isNewEnough(version)).toBe(isEnough);
  });
});

describe("whereabouts()", () => {
  it.each([
    ["unix:///var/run/docker.sock", { isLocal: true, host: "127.0.0.1" }],
    ["npipe:////./pipe/docker_engine", { isLocal: true, host: "127.0.0.1" }],
    ["tcp://localhost:2375", { isLocal: true, host: "127.0.0.1" }],
    ["tcp://127.0.0.1:2375", { isLocal: true, host: "127.0.0.1" }],
    ["tcp://192.0.2.7:2376", { isLocal: false, host: "192.0.2.7" }],
    ["ssh://someone@engine.example:22", { isLocal: false, host: "engine.example" }],
  ])("%s", (endpoint, expected) => {
    expect(whereabouts(endpoint)).toEqual(expected);
  });
});
