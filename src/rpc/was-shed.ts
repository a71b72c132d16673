import type { Outcome } from "./contract.ts";

/** True where the peer had no place for the request now; of others that were sent at once it may have taken some. */
export function wasShed(outcome: Outcome): boolean {
  return (
    outcome.kind === "reply" &&
    outcome.reply.type === "error-reply" &&
    outcome.reply.code === "overloaded"
  );
}
