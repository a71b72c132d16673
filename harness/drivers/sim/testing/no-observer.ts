import type { WorldObserver } from "../observer.ts";

/** Sees nothing; for tests that look at one thing only. */
export const NO_OBSERVER: WorldObserver = {
  rowRead() {},
  rowsWritten() {},
  rowsDurable() {},
  rowsStored() {},
  rowsRolledBack() {},
  rowDamaged() {},
  rowsReplaced() {},
  processPaused() {},
  processResumed() {},
  membersChanged() {},
  sentIntoSilence() {},
  clientAsked() {},
  clientAnswered() {},
};
