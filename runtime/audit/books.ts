/** The books of one partition, from Kafka to the warehouse. */
export interface PartitionBook {
  readonly topic: string;
  readonly partition: number;
  /** First offset that the lake read. */
  readonly start: number;
  /** Kafka's end offset; the lake's where Kafka was not asked. */
  readonly end: number;
  /** The lake's next offset. */
  readonly committed: number;
  /** Records that Kafka acknowledged since `start`. */
  readonly acknowledged: number;
  readonly lakeRows: number;
  readonly deadLetters: number;
  /** Offsets that stand more than once in the lake or in staging. */
  readonly duplicates: number;
  /** Acknowledged offsets that stand nowhere in the lake. */
  readonly missing: number;
  /** Rows in staging; `undefined` where the warehouse was not asked. */
  readonly stagingRows: number | undefined;
  /** Rows in the lake that the warehouse no longer keeps. */
  readonly expired: number;
}

/** The whole books. The fields up to `marts` are a contract with tools outside this repository. */
export interface Books {
  readonly acknowledged: number;
  readonly lakeRows: number;
  readonly deadLetters: number;
  readonly stagingRows: number | undefined;
  readonly duplicates: number;
  readonly missing: number;
  /** Event ids that stand on more than one offset: the producer's repetition, no fault of the pipeline. */
  readonly repeatedEvents: number | undefined;
  readonly balanced: boolean;
  /** Rows by mart; `undefined` where the warehouse was not asked. */
  readonly marts: Readonly<Record<string, number>> | undefined;
  /** Every equation that does not hold, as a sentence. */
  readonly problems: readonly string[];
  readonly partitions: readonly PartitionBook[];
}

/** What the parts of the audit found, before it is added up. */
export interface Findings {
  readonly partitions: readonly PartitionBook[];
  readonly repeatedEvents: number | undefined;
  readonly marts: Readonly<Record<string, number>> | undefined;
  /** What the parts already found wrong. */
  readonly problems: readonly string[];
}

/** Adds the partitions up and checks every equation. */
export function balance(findings: Findings): Books {
  const { partitions } = findings;
  const total = (of: (book: PartitionBook) => number) => partitions.reduce((sum, book) => sum + of(book), 0);
  const problems = [...findings.problems, ...partitions.flatMap(problemsOf)];
  const withWarehouse = findings.marts !== undefined;
  return {
    acknowledged: total((book) => book.acknowledged),
    lakeRows: total((book) => book.lakeRows),
    deadLetters: total((book) => book.deadLetters),
    stagingRows: withWarehouse ? total((book) => book.stagingRows ?? 0) : undefined,
    duplicates: total((book) => book.duplicates),
    missing: total((book) => book.missing),
    repeatedEvents: findings.repeatedEvents,
    balanced: problems.length === 0,
    marts: findings.marts,
    problems,
    partitions,
  };
}

function problemsOf(book: PartitionBook): string[] {
  const name = `${book.topic}/${book.partition}`;
  const problems: string[] = [];
  if (book.lakeRows + book.deadLetters !== book.acknowledged) {
    problems.push(
      `${name}: ${book.lakeRows} rows and ${book.deadLetters} dead letters in the lake, ${book.acknowledged} acknowledged by Kafka.`,
    );
  }
  if (book.duplicates > 0) problems.push(`${name}: ${book.duplicates} offsets stand more than once.`);
  if (book.missing > 0) problems.push(`${name}: ${book.missing} acknowledged offsets stand nowhere.`);
  if (book.stagingRows !== undefined && book.stagingRows !== book.lakeRows - book.expired) {
    problems.push(
      `${name}: ${book.stagingRows} rows in staging, ${book.lakeRows - book.expired} in the lake (${book.expired} expired left out).`,
    );
  }
  return problems;
}

const HEADINGS = [
  "topic",
  "partition",
  "acknowledged",
  "lake rows",
  "dead letters",
  "staging rows",
  "duplicates",
  "missing",
] as const;

/** The books as a table for people, with the sum and the verdict below. */
export function booksTable(books: Books): string {
  const cells = (book: Omit<PartitionBook, "partition" | "start" | "end" | "committed" | "expired">, label: string) => [
    book.topic,
    label,
    ...[book.acknowledged, book.lakeRows, book.deadLetters, book.stagingRows, book.duplicates, book.missing].map(
      (value) => (value === undefined ? "-" : value.toLocaleString("en-US")),
    ),
  ];
  const rows = [
    [...HEADINGS],
    ...books.partitions.map((book) => cells(book, String(book.partition))),
    cells({ ...books, topic: "all" }, ""),
  ];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  lines.splice(1, 0, rule);
  lines.splice(lines.length - 1, 0, rule);
  const verdict = books.balanced
    ? ["The books balance."]
    : ["THE BOOKS DO NOT BALANCE:", ...books.problems.map((line) => `  ${line}`)];
  const repeated =
    books.repeatedEvents === undefined || books.repeatedEvents === 0
      ? []
      : [
          `${books.repeatedEvents} event ids stand on more than one offset (the producer repeated them; marts hold each once).`,
        ];
  return `${[...lines, "", ...repeated, ...verdict].join("\n")}\n`;
}
