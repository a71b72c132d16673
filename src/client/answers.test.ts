import { describe, expect, test } from "vitest";
import { ERRORS } from "../protocol/errors.ts";
import { readAnswer, writeAnswer } from "./answers.ts";
import { answer, problem } from "./testing/scripted-http.ts";

const CONTEXT = "ctx-1";
const NOW_MS = Date.UTC(2026, 0, 1);
const PROBLEM = { "content-type": "application/problem+json" };

describe("readAnswer()", () => {
  test("returns the one version of a 200 byte by byte, with its context", () => {
    const bytes = Uint8Array.of(0, 255, 10, 13);
    const headers = { "x-dynamo-context": CONTEXT, "content-type": "x/y" };
    expect(readAnswer(answer(200, headers, bytes), NOW_MS)).toEqual({
      ok: true,
      value: { siblings: [{ bytes, contentType: "x/y" }], context: CONTEXT },
    });
  });

  test("returns all versions of a 300", () => {
    const siblings = [
      { value: Buffer.from([0, 255]).toString("base64"), contentType: "x/y" },
      { value: "", contentType: "text/plain" },
    ];
    const outcome = readAnswer(answer(300, {}, JSON.stringify({ context: CONTEXT, siblings })), 0);
    expect(outcome).toEqual({
      ok: true,
      value: {
        siblings: [
          { bytes: Uint8Array.from([0, 255]), contentType: "x/y" },
          { bytes: new Uint8Array(0), contentType: "text/plain" },
        ],
        context: CONTEXT,
      },
    });
  });

  test("returns no version, but a context, for a 404 with one", () => {
    const missing = problem(404, "not-found", true, { "x-dynamo-context": CONTEXT });
    expect(readAnswer(missing, NOW_MS)).toEqual({
      ok: true,
      value: { siblings: [], context: CONTEXT },
    });
  });

  test("D-4.4-9 returns values whose clock is too long for a context, and takes none of them for a failure", () => {
    const headers = { "x-dynamo-context-missing": "clock-too-long", "content-type": "x/y" };
    const one = readAnswer(answer(200, headers, "v"), NOW_MS);
    expect(one).toMatchObject({
      ok: true,
      value: { context: "", siblings: [{ contentType: "x/y" }] },
    });
    const two = JSON.stringify({ siblings: [{ value: "" }, { value: "" }] });
    const several = readAnswer(answer(300, headers, two), NOW_MS);
    expect(several).toMatchObject({ ok: true, value: { context: "" } });
    const none = readAnswer(answer(404, headers, "not found"), NOW_MS);
    expect(none).toMatchObject({
      ok: false,
      failure: { code: "clock-too-long", definite: true, retryable: false },
    });
  });

  test("takes a 404 without a context for an unknown route", () => {
    expect(readAnswer(problem(404, "not-found", true), NOW_MS)).toMatchObject({
      ok: false,
      failure: { code: "not-found", definite: true, retryable: false },
    });
  });

  test.each([
    ["a 200 without a context", answer(200, {}, "v")],
    ["a 300 that is not JSON", answer(300, {}, "{")],
    ["a 300 that is null", answer(300, {}, "null")],
    ["a 300 without siblings", answer(300, {}, '{"context":"c"}')],
    ["a 300 without a context", answer(300, {}, '{"siblings":[]}')],
    ["a 300 with a value that is not base64", answer(300, {}, several({ value: "*" }))],
    ["a 300 with a null sibling", answer(300, {}, several(null))],
    ["a redirect", answer(302, { location: "http://elsewhere" })],
    ["a gateway's error page", answer(502, { "content-type": "text/html" }, "<h1>")],
    ["a cut problem document", answer(503, PROBLEM, '{"code":"over')],
    ["a problem document without a code", answer(503, PROBLEM, '{"definite":true}')],
  ])("calls %s a bad answer that another node may better", (_name, strange) => {
    expect(readAnswer(strange, NOW_MS)).toMatchObject({
      ok: false,
      failure: { code: "bad-answer", definite: false, retryable: true, silent: false },
    });
  });
});

function several(sibling: unknown): string {
  return JSON.stringify({ context: CONTEXT, siblings: [sibling] });
}

describe("writeAnswer()", () => {
  test("takes nothing but a 204 for done", () => {
    expect(writeAnswer(answer(204), NOW_MS)).toEqual({ ok: true, value: undefined });
    for (const status of [200, 201, 202, 206, 300, 302, 304]) {
      expect(writeAnswer(answer(status), NOW_MS)).toMatchObject({
        ok: false,
        failure: { code: "bad-answer", definite: false },
      });
    }
  });

  test.each(Object.entries(ERRORS))("reports %s as the node does", (code, { definite, status }) => {
    expect(writeAnswer(problem(status, code, definite), NOW_MS)).toMatchObject({
      ok: false,
      failure: {
        code,
        definite,
        retryable: status === 408 || status >= 500,
        detail: expect.stringContaining(`detail of ${code}`),
      },
    });
  });

  test.each([
    ["overloaded", true],
    ["write-quorum-not-met", false],
    ["invented-later", false],
    ["toString", false],
  ])("knows without being told whether %s is definite", (code, definite) => {
    const untold = answer(503, PROBLEM, JSON.stringify({ code }));
    expect(writeAnswer(untold, NOW_MS)).toMatchObject({ failure: { code, definite } });
  });

  test.each([
    ["2", 2_000],
    ["0", 0],
    ["Thu, 01 Jan 2026 00:00:03 GMT", 3_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", 0],
    ["99999999999999999999", 60_000],
    [undefined, 0],
  ])("reads Retry-After %s as %d ms", (header, retryAfterMs) => {
    const busy = problem(
      503,
      "overloaded",
      true,
      header === undefined ? {} : { "retry-after": header },
    );
    expect(writeAnswer(busy, NOW_MS)).toMatchObject({ failure: { retryAfterMs } });
  });
});
