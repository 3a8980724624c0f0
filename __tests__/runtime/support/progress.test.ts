import { createProgress } from "../../../runtime/support/progress";

/** A stream that remembers what it was told. */
function stream(isTTY: boolean, columns = 40) {
  const written: string[] = [];
  const write = (text: string) => {
    written.push(text);
    return true;
  };
  return { written, stream: { isTTY, columns, write } as unknown as NodeJS.WriteStream };
}

beforeEach(() => jest.useFakeTimers({ now: 1_000_000 }));
afterEach(() => jest.useRealTimers());

describe("progress", () => {
  test("is one line on a terminal, rewritten ten times a second at most and cut to its width", () => {
    const { stream: terminal, written } = stream(true, 10);
    const progress = createProgress(terminal);
    progress.update("one");
    progress.update("too soon");
    jest.advanceTimersByTime(100);
    progress.update("longer than the line");
    progress.done("over");
    expect(written).toEqual(["\r\x1b[2Kone", "\r\x1b[2Klonger th", "\r\x1b[2Kover\n"]);
  });

  test("is not cut by a terminal that does not know its width", () => {
    const { stream: terminal, written } = stream(true, 0);
    createProgress(terminal).done("all of it");
    expect(written).toEqual(["\r\x1b[2Kall of it\n"]);
  });

  test("is a line every five seconds elsewhere, with its fields", () => {
    const { stream: file, written } = stream(false);
    const progress = createProgress(file, (message, fields) => JSON.stringify({ message, ...fields }));
    for (let second = 0; second <= 30; second++) {
      progress.update("at work", { second });
      jest.advanceTimersByTime(1_000);
    }
    progress.done("over", { second: 31 });
    expect(written.map((line) => JSON.parse(line).second)).toEqual([5, 10, 15, 20, 25, 30, 31]);
    expect(written.at(-1)).toBe('{"message":"over","second":31}\n');
  });

  test("becomes rarer where a program runs for days", () => {
    const { stream: file, written } = stream(false);
    const line = (_message: string, fields: object) => JSON.stringify(fields);
    const progress = createProgress(file, line, { linesIntervalMaxMs: 60_000 });
    for (let second = 0; second <= 300; second++) {
      progress.update("at work", { second });
      jest.advanceTimersByTime(1_000);
    }
    expect(written.map((text) => JSON.parse(text).second)).toEqual([5, 15, 35, 75, 135, 195, 255]);
  });
});
