import { expect, test } from "vitest";
import { isFlushOf, parseStrace } from "./strace.ts";

test("parseStrace() reads calls, puts interrupted ones together, and skips the rest", () => {
  const calls = parseStrace(`10 100.500000 write(1<pipe:[7]>, "ACK\\n", 4) = 4 <0.000100>
11 100.600000 fdatasync(24</d/data.mdb> <unfinished ...>
10 100.700000 --- SIGCHLD {si_signo=SIGCHLD} ---
10 100.800000 openat(AT_FDCWD</d>, "x", O_RDWR) = 25</d/x> <0.000200>
11 101.100000 <... fdatasync resumed>) = 0 <0.500000>
11 102.000000 fsync(24</d/data.mdb>) = -1 EIO (Input/output error) <0.010000>
10 103.000000 +++ exited with 0 +++
`);
  expect(calls.map(({ name, result }) => [name, result])).toEqual([
    ["write", 4],
    ["openat", 25],
    ["fdatasync", 0],
    ["fsync", -1],
  ]);
  expect(calls[2]?.startSeconds).toBe(100.6);
  expect(calls[2]?.endSeconds).toBeCloseTo(101.1, 6);
  expect(calls.map((call) => isFlushOf(call, "data.mdb"))).toEqual([false, false, true, false]);
});
