import { BAD_VALUE } from "../harness/history/cart-operation.ts";
import { ClientError } from "../src/client/contract.ts";
import { ValueFormatError } from "../src/client/reconcile/reconciler.ts";

/** An operating error as a history records it. */
export interface CartFailure {
  readonly code: string;
  readonly definite: boolean;
}

/** Anything that is no operating error is a bug and thrown on. */
export function cartFailure(error: unknown): CartFailure {
  if (error instanceof ClientError) {
    return { code: error.code, definite: error.definite };
  }
  if (error instanceof ValueFormatError) {
    return { code: BAD_VALUE, definite: true };
  }
  throw error;
}
