/** Lets everything that is due in this turn of the event loop happen, and what that sets off with promises. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
