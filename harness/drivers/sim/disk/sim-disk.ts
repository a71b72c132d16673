import type { Engine } from "../../../../src/storage/engine.ts";
import { MemoryEngine } from "../../../../src/storage/memory-engine.ts";
export class SimDisk {
  parts;
  engine;
  o;
  constructor(parts: any, o: any) {
    this.parts = parts;
    this.o = o;
    this.engine = new MemoryEngine();
  }
  open(): Engine {
    const e = this.engine;
    return {
      name: "sim",
      synced: true,
      get: (t, k) => e.get(t, k),
      write: (w) => {
        this.parts.observer?.rowsWritten(this.parts.node, w as any);
        void e.write(w);
        return new Promise((r) =>
          this.parts.clock.setTimer(1, () => {
            this.parts.observer?.rowsDurable(this.parts.node, w as any);
            r();
          }),
        );
      },
      scan: (t, o) => e.scan(t, o),
      count: (t) => e.count(t),
      close: async () => {},
    } as Engine;
  }
  crash(_how: string) {}
  wipe() {
    this.engine = new MemoryEngine();
  }
  snapshot(): any {}
  restore(_s: any) {}
  corruptOne() {
    return false;
  }
  setSlow(_x: any) {}
  setFull(_b: boolean) {}
  rows(): any[] {
    return [];
  }
  durableRows(): any[] {
    return [];
  }
}
