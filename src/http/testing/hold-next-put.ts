import type { Connection } from "../../env/transport.ts";
import { FRAME_KINDS } from "../../protocol/frame-kinds.ts";
import type { MemoryNetwork } from "../../rpc/testing/memory-transport.ts";

export interface HeldPut {
  /** True once it was sent. */
  readonly isHeld: () => boolean;
  /** It arrives, with what was sent behind it, on the connection that its sender may long have given up. */
  readonly arrive: () => void;
}

/** The next durable put to that address sticks in its connection with all that follows; later connections are none the slower. */
export function holdNextPut(network: MemoryNetwork, held: string): HeldPut {
  const chunks: Uint8Array[] = [];
  let stuck: Connection | undefined;
  const connect = network.connect.bind(network);
  network.connect = (address, handlers) => {
    let isClosed = false;
    const connection = connect(address, {
      onOpen: () => handlers.onOpen(),
      onData: (bytes) => {
        if (!isClosed) handlers.onData(bytes);
      },
      onClose: (reason) => handlers.onClose(reason),
    });
    return {
      send(bytes) {
        if (address === held && bytes[4] === FRAME_KINDS.durablePut) stuck ??= connection;
        if (stuck === connection) chunks.push(new Uint8Array(bytes));
        else connection.send(bytes);
      },
      bufferedBytes: () => connection.bufferedBytes(),
      close() {
        isClosed = true;
        if (stuck !== connection) connection.close();
      },
    };
  };
  return {
    isHeld: () => stuck !== undefined,
    arrive: () => {
      for (const bytes of chunks.splice(0)) stuck?.send(bytes);
    },
  };
}
