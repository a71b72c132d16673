/** `npm run restore`: puts a snapshot into a cluster (docs/architecture.md, "Snapshots"). */

import { toHex } from "./base/bytes.ts";
import { openSnapshotFolder } from "./platform/snapshot-folder.ts";
import type { RefusedRow } from "./snapshot/outbox.ts";
import { restoreSnapshot } from "./snapshot/restore-snapshot.ts";
import {
  complain,
  EXIT_INCOMPLETE,
  fail,
  readFlags,
  required,
  urlsOf,
  withEnvironment,
} from "./snapshot-tool.ts";

const USAGE = `Puts a snapshot into an empty cluster.

  npm run restore -- --from FOLDER --to URL,URL,…

  --from FOLDER        where \`npm run snapshot\` has written it
  --to URL,URL,…       the HTTP addresses of all nodes; their number, N and partitions may be others than the snapshot's
  --merge              also where the cluster holds data, which is merged with the snapshot's: so a restore goes on that
                       was interrupted; what was deleted since the snapshot may be back
  --incomplete         also a snapshot that may lack acknowledged writes, or is of some partitions alone
  --leave-out-refused  goes on without rows that a node refuses for what they hold, and names them: those with clocks that are too long,
                       or with what cannot be read, and, where the last write wins, those from further ahead of the node's clock than
                       its clockSkewMaxMs
  --help               this text

Every checksum is looked at before anything is written. Doing it again changes nothing.
Exit status: 0 restored; 1 restored but for rows that were left out; 64 bad use, or a cluster that cannot take it; 70 failed.
`;
const FLAGS = {
  from: true,
  to: true,
  merge: false,
  incomplete: false,
  "leave-out-refused": false,
} as const;

try {
  const flags = readFlags(process.argv.slice(2), FLAGS);
  if (flags["help"] === true) {
    process.stdout.write(USAGE);
  } else {
    const refusedKeys = new Set<string>();
    const leaveOut = ({ key, node, reason }: RefusedRow): void => {
      refusedKeys.add(toHex(key));
      process.stderr.write(`Left out at node ${node}, key ${toHex(key)}: ${reason}\n`);
    };
    const from = required(flags, "from", "the folder of a snapshot");
    const to = urlsOf(flags, "to");
    const files = await openSnapshotFolder(from, complain, { mustExist: true });
    const { partitions, cluster } = await withEnvironment(files, (environment) =>
      restoreSnapshot(environment, {
        to,
        mayMerge: flags["merge"] === true,
        mayBeIncomplete: flags["incomplete"] === true,
        onRefused: flags["leave-out-refused"] === true ? leaveOut : undefined,
      }),
    );
    const rows = partitions.reduce((sum, each) => sum + each.rows, 0);
    const all = cluster.partitions;
    const left = refusedKeys.size === 0 ? "" : `, but for ${refusedKeys.size} that were refused`;
    process.stdout.write(
      `Restored ${rows} rows of ${partitions.length} of ${all} partitions${left}\n`,
    );
    if (refusedKeys.size > 0) process.exitCode = EXIT_INCOMPLETE;
  }
} catch (error) {
  fail(error);
}
