/**
 * The images of a cluster: pulled where a registry answers, built here where none does.
 *
 * Nothing is built or pulled twice: our image is named after a hash of what it is made of, and the base image after the
 * Node that it holds.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillContext, hashOfParts } from "./build-context.ts";
import { DockerError } from "./docker-error.ts";
import { docker, runProgram } from "./docker-program.ts";
import type { Engine } from "./engine.ts";

/** The pinned version of Node, as in package.json. */
export interface ImageSources {
  /** Root folder of the project. */
  readonly project: string;
  /** Version of Node that package.json pins. */
  readonly nodeVersion: string;
  /** Its program on this machine, for a base image of our own. */
  readonly nodeProgram: string;
  /** Told in one sentence what was chosen or takes long. */
  readonly note: (sentence: string) => void;
  /** Ends a build or a pull. */
  readonly signal?: AbortSignal | undefined;
}

export interface Images {
  /** Of nodes. */
  readonly node: string;
  readonly toxiproxy: { readonly image: string; readonly isOurs: boolean };
}

const TOXIPROXY_IMAGE = "ghcr.io/shopify/toxiproxy:2.12.0";
const IMAGE_LABEL = "ringside.image";
/** As in docker/Dockerfile. */
const STAGE_LABEL = "ringside.stage";
const IMAGE_AGE_MAX = "24h";

const PULL_TIMEOUT_MS = 180_000;
const BUILD_TIMEOUT_MS = 600_000;

/** Rejects with one sentence where an image can be neither found, pulled nor built. */
export async function findImages(
  engine: Engine,
  sources: ImageSources,
  /** From `--toxiproxy-image`; must be there or be pulled. */
  toxiproxyImage: string | undefined,
): Promise<Images> {
  const node = await nodeImage(engine, sources);
  return { node, toxiproxy: await toxiproxy(node, sources, toxiproxyImage) };
}

async function toxiproxy(
  node: string,
  { note, signal }: ImageSources,
  asked: string | undefined,
): Promise<Images["toxiproxy"]> {
  const image = asked ?? TOXIPROXY_IMAGE;
  const failure = await pulled(image, signal);
  if (failure === undefined) return { image, isOurs: false };
  if (asked !== undefined) throw failure;
  note(`${failure.message}, so our own Toxiproxy of the same API runs in our own image`);
  return { image: node, isOurs: true };
}

async function nodeImage(engine: Engine, sources: ImageSources): Promise<string> {
  const { project, note, signal } = sources;
  const base = await baseImage(sources);
  const image = `ringside:${await hashOfParts(project)}`;
  const label = `${IMAGE_LABEL}=${base}`;
  const existing = await docker(
    ["images", "--quiet", "--filter", `reference=${image}`, "--filter", `label=${label}`],
    { action: "look for the image" },
  );
  if (existing !== "") return image;
  note(`building the image ${image} on ${base}`);
  const context = await mkdtemp(join(tmpdir(), "ringside-image-"));
  try {
    await fillContext({ project, context, architecture: engine.architecture, signal });
    await docker(
      [
        ...["build", "--force-rm", "--file", join(context, "docker", "Dockerfile"), "--tag", image],
        ...["--label", label, "--build-arg", `BASE_IMAGE=${base}`, context],
      ],
      { action: "build the image", timeoutMs: BUILD_TIMEOUT_MS, signal },
    );
    await prune();
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return image;
}

/** Removes what builds leave: stages, and our images of earlier days that nothing runs. */
async function prune(): Promise<void> {
  const action = "remove old images";
  const old = ["--all", "--filter", `label=${IMAGE_LABEL}`, "--filter", `until=${IMAGE_AGE_MAX}`];
  for (const filter of [["--filter", `label=${STAGE_LABEL}`], old]) {
    await docker(["image", "prune", "--force", ...filter], { action });
  }
}

async function baseImage({
  project,
  nodeVersion,
  nodeProgram,
  note,
  signal,
}: ImageSources): Promise<string> {
  const official = `node:${nodeVersion}-bookworm-slim`;
  const failure = await pulled(official, signal);
  if (failure === undefined) return official;
  const own = `ringside-base:${nodeVersion}`;
  if (await exists(own)) {
    note(`${failure.message}, so ${own}, which was built here, is the base image`);
    return own;
  }
  note(`${failure.message}, so ${own} is built as the base image from Debian's packages`);
  await runProgram(join(project, "docker", "base-image", "build.sh"), [own, nodeProgram], {
    action: "build the base image",
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
  return own;
}

/** Undefined where the image is there, or is now; else why not. */
async function pulled(
  image: string,
  signal: AbortSignal | undefined,
): Promise<DockerError | undefined> {
  if (await exists(image)) return undefined;
  try {
    await docker(["pull", "--quiet", image], {
      action: `pull ${image}`,
      timeoutMs: PULL_TIMEOUT_MS,
      signal,
    });
    return undefined;
  } catch (error) {
    if (error instanceof DockerError) return error;
    throw error;
  }
}

async function exists(image: string): Promise<boolean> {
  const found = await docker(["images", "--quiet", image], { action: "look for images" });
  return found !== "";
}
