export interface TextColumn {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Rows as aligned columns, two spaces apart, without trailing blanks. */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, at) =>
    Math.max(...[titles, ...rows].map((row) => row[at]?.length ?? 0)),
  );
  return [titles, ...rows].map((row) =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? "";
        const width = widths[at] ?? 0;
        return align === "left" ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
