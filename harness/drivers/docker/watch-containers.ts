import type { Container } from "./container.ts";
import { watchDeaths } from "./watch-deaths.ts";

/** Reports the end of any container that nobody asked for; `failure` rejects with the first. */
export function watchContainers(
  containers: ReadonlyMap<string, Container>,
  options: {
    readonly run: string;
    readonly since: string;
    readonly onFailure: (error: Error) => void;
  },
) {
  const failure = Promise.withResolvers<never>();
  // Also told where nobody listens yet or any more.
  failure.promise.catch(() => {});
  const fail = (error: Error) => {
    failure.reject(error);
    options.onFailure(error);
  };
  const byContainer = new Map([...containers.values()].map((each) => [each.container, each]));
  const watch = watchDeaths(options.run, {
    since: options.since,
    onDeath: (container, how) => {
      void byContainer
        .get(container)
        ?.noteEnd(how)
        .then((error) => error !== undefined && fail(error), fail);
    },
    onFailure: fail,
  });
  return { failure: failure.promise, stop: () => watch.stop() };
}
