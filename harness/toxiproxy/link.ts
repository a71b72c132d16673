import type { Socket } from "node:net";
import { ChunkQueue } from "./chunk-queue.ts";
import type { LinkCounters } from "./metrics.ts";
import type { Toxic } from "./toxic.ts";
import type { ClosingManner } from "./toxic-stub.ts";
import { ToxicStub } from "./toxic-stub.ts";
import { noop } from "./toxics/noop.ts";

/** A toxic at work in one link. */
interface Stage {
  readonly toxic: Toxic;
  readonly input: ChunkQueue;
  readonly stub: ToxicStub;
  running: Promise<void>;
}

/** What a link is made of. */
export interface LinkParts {
  readonly source: Socket;
  readonly destination: Socket;
  readonly counters: LinkCounters;
  readonly random: () => number;
  /**
   * How to close the destination; the connection knows, as both of its links close in the same
   * manner.
   */
  readonly close: (destination: Socket) => void;
  /** Told when a toxic closes the link, before the destination is closed. */
  readonly onToxicClose: (manner: ClosingManner) => void;
}

/**
 * One direction of one connection: bytes from a source socket, through the toxics in order, to a
 * destination socket.
 *
 * Without toxics a chunk goes from the source's event straight into the destination: the fast path.
 * With toxics it goes through a queue before each of them and one, the tail, behind the last:
 *
 *     source > input > toxic > input > toxic > tail > destination
 *
 * Whoever finds the next queue full waits, the source by pausing, so that a slow reader slows the
 * writer down. The end of the source travels in the same order. As in Toxiproxy there is no
 * half-close: when the end arrives, the destination is closed altogether, and the link in the other
 * direction ends because its source is gone.
 */
export class Link {
  readonly #parts: LinkParts;
  readonly #stages: Stage[] = [];
  readonly #tail = new ChunkQueue(0);
  #head: ChunkQueue | undefined;
  #started = false;
  #sourceEnded = false;
  #finished = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /**
   * Begins to move bytes. Toxics that are there from the start are added before, so that not one
   * byte escapes them.
   */
  start(): void {
    const { source, destination } = this.#parts;
    source.on("data", this.#onData);
    source.on("end", this.#onSourceEnd);
    source.on("close", this.#onSourceEnd);
    destination.on("drain", this.#onDrain);
    destination.on("close", this.#onDestinationClose);
    this.#started = true;
    source.resume();
  }

  /**
   * Puts a toxic at the end of the chain. Of a link that is already closing only what is still to
   * be sent is affected.
   */
  add(toxic: Toxic): void {
    if (this.#finished || this.#stages.at(-1)?.stub.closed === true) return;
    const input = new ChunkQueue(toxic.kind.bufferChunks);
    const stub = new ToxicStub({
      input,
      output: this.#tail,
      random: this.#parts.random,
      onClose: this.#onStageClose,
    });
    const stage: Stage = { toxic, input, stub, running: Promise.resolve() };
    this.#stages.push(stage);
    this.#connectStages();
    this.#run(stage);
  }

  /** Makes the changed attributes and toxicity of a toxic take effect. */
  async update(toxic: Toxic): Promise<void> {
    const stage = this.#find(toxic);
    if (stage === undefined) return;
    await this.#stop(stage);
    if (!this.#finished && !stage.stub.closed) this.#run(stage);
  }

  /** Takes a toxic out of the chain. What it still held goes on at once. */
  async remove(toxic: Toxic): Promise<void> {
    const stage = this.#find(toxic);
    if (stage === undefined) return;
    await this.#stop(stage);
    if (this.#finished || stage.stub.closed) return;
    if (toxic.kind.closesOnRemoval) {
      // A closed stage stays in its place as a plug until the destination has closed.
      stage.stub.close();
      return;
    }
    this.#stages.splice(this.#stages.indexOf(stage), 1);
    stage.input.moveInto(stage.stub.output);
    this.#connectStages();
  }

  readonly #onData = (data: Buffer): void => {
    const { counters } = this.#parts;
    counters.receivedBytes += data.length;
    const head = this.#head;
    if (head === undefined) {
      this.#send(data);
      return;
    }
    head.push({ data, readAtMs: performance.now() });
    if (head.full) this.#parts.source.pause();
  };

  /** The end of the source, its close and its errors all mean the same: no more bytes will come. */
  readonly #onSourceEnd = (): void => {
    if (this.#sourceEnded) return;
    this.#sourceEnded = true;
    if (this.#head !== undefined) this.#head.end();
    else this.#finish();
  };

  readonly #onDrain = (): void => {
    if (this.#head === undefined) this.#parts.source.resume();
    else this.#pump();
  };

  readonly #onDestinationClose = (): void => {
    this.#finished = true;
    for (const stage of this.#stages) {
      stage.stub.interrupt();
      stage.input.clear();
    }
    this.#tail.clear();
    // Nobody is left to read for; the other link closes the source after what it still has to
    // deliver.
    this.#parts.source.pause();
  };

  readonly #onStageClose = (manner: ClosingManner): void => {
    this.#parts.source.pause();
    this.#parts.onToxicClose(manner);
  };

  readonly #resumeSource = (): void => {
    if (this.#started && !this.#finished) this.#parts.source.resume();
  };

  #send(data: Buffer): void {
    if (this.#finished) return;
    this.#parts.counters.sentBytes += data.length;
    const hasRoom = this.#parts.destination.write(data);
    if (!hasRoom && this.#head === undefined) this.#parts.source.pause();
  }

  /** Moves what came through the last toxic to the destination, as far as that has room. */
  readonly #pump = (): void => {
    const { destination } = this.#parts;
    while (!destination.writableNeedDrain) {
      const chunk = this.#tail.shift();
      if (chunk === undefined) break;
      this.#send(chunk.data);
    }
    if (this.#tail.finished) this.#finish();
  };

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#parts.close(this.#parts.destination);
  }

  #find(toxic: Toxic): Stage | undefined {
    return this.#stages.find((stage) => stage.toxic === toxic);
  }

  #run(stage: Stage): void {
    // The dice are thrown for each connection, again at each update, by the same comparison as in
    // the real server.
    const hit = this.#parts.random() < stage.toxic.toxicity;
    stage.stub.resume();
    stage.running = hit
      ? stage.toxic.kind.pipe(stage.stub, stage.toxic.attributes)
      : noop.pipe(stage.stub, {});
  }

  async #stop(stage: Stage): Promise<void> {
    stage.stub.interrupt();
    await stage.running;
  }

  /**
   * Sets who wakes whom, from the order of the stages; without stages goes back to the fast path.
   */
  #connectStages(): void {
    const { destination } = this.#parts;
    let previous: ToxicStub | undefined;
    for (const { input, stub } of this.#stages) {
      input.onReadable = () => stub.wake();
      input.onRoom = wakerOf(previous, this.#resumeSource);
      if (previous !== undefined) previous.output = input;
      previous = stub;
    }
    this.#tail.onReadable = this.#pump;
    this.#tail.onRoom = wakerOf(previous, ignore);
    if (previous !== undefined) previous.output = this.#tail;
    this.#head = this.#stages[0]?.input;
    if (this.#head === undefined) this.#leaveChain();
    else if (!this.#head.full && !this.#sourceEnded) this.#resumeSource();
    if (!destination.writableNeedDrain) this.#pump();
  }

  /**
   * Flushes the tail without regard to room: it is bounded by the queues it came from, and order
   * must be kept.
   */
  #leaveChain(): void {
    const { source, destination } = this.#parts;
    for (let chunk = this.#tail.shift(); chunk !== undefined; chunk = this.#tail.shift()) {
      this.#send(chunk.data);
    }
    if (this.#tail.finished) this.#finish();
    else if (!destination.writableNeedDrain) this.#resumeSource();
    else source.pause();
  }
}

function wakerOf(stub: ToxicStub | undefined, otherwise: () => void): () => void {
  return stub === undefined ? otherwise : () => stub.wake();
}

function ignore(): void {}
