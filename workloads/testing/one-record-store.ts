/*
 * A store of one copy of each key that orders versions as the given mode does, for tests of the workload: correct in the
 * modes that lose nothing, and wrong in the way of the others. Calls take time, so that clients conflict; puts can be
 * made to end in doubt, applied or not.
 */

import { actorOf } from "../../src/base/actor.ts";
import type { Clock as CausalClock, Siblings } from "../../src/causality/versioning.ts";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { ReadResult, Store } from "../../src/client/contract.ts";
import { ClientError } from "../../src/client/contract.ts";
import type { Random } from "../../src/env/random.ts";
