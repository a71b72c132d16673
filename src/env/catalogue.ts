/*
 * Problem: a simulation that finds nothing may never have been where the bugs are. Sketch: the store names its rare branches and
 * its invariants, here as data and in the code as calls of `Assertions`; a swarm of seeds is only believed when it has
 * reached every point that is required. Source: Antithesis' "sometimes assertions", and FoundationDB's TEST macros before
 * them. `catalogue.test.ts` holds this list and the code together.
 */

import { CLUSTER_POINTS } from "./cluster-points.ts";
import { COPY_POINTS } from "./copy-points.ts";
import { REQUEST_POINTS } from "./request-points.ts";

export const CATALOGUE = [...REQUEST_POINTS, ...COPY_POINTS, ...CLUSTER_POINTS] as const;

type Point = (typeof CATALOGUE)[number];

export type AlwaysPoint = Extract<Point, { kind: "always" }>["name"];
export type SometimesPoint = Extract<Point, { kind: "sometimes" }>["name"];
export type ReachablePoint = Extract<Point, { kind: "reachable" }>["name"];
