import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLease } from "../../../runtime/keeper/lease";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rhythmic-lease-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A lease that a crashed holder has left. */
async function leave(secondsAgo: number): Promise<void> {
  const then = new Date(Date.now() - secondsAgo * 1_000);
  await writeFile(join(folder, "lease"), "a holder that is gone");
  await utimes(join(folder, "lease"), then, then);
}

test("of many that want to write only one does at a time, and nothing is left afterwards", async () => {
  let holders = 0;
  let most = 0;
  const work = () =>
    withLease({ folder, waitMaxMs: 20_000 }, async () => {
      holders++;
      most = Math.max(most, holders);
      await sleep(20);
      holders--;
    });
  await Promise.all(Array.from({ length: 8 }, work));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("a crashed holder's lease is taken over, by one of those that wait for it", async () => {
  await leave(11);
  let holders = 0;
  let most = 0;
  const work = () =>
    withLease({ folder, waitMaxMs: 20_000 }, async () => {
      holders++;
      most = Math.max(most, holders);
      await sleep(50);
      holders--;
    });
  await Promise.all([work(), work(), work()]);
  expect(most).toBe(1);
});

test("a holder that is alive is waited for, and then told of", async () => {
  await leave(0);
  await expect(withLease({ folder, waitMaxMs: 300 }, async () => "never")).rejects.toMatchObject({
    code: "bad_configuration",
    message: expect.stringMatching(/Another keeper has held .*lease .* stop it, and try again/),
  });
  expect(await readFile(join(folder, "lease"), "utf8")).toBe("a holder that is gone");
});

test("who holds it for long shows that it is alive", async () => {
  await withLease({ folder, waitMaxMs: 0 }, async () => {
    await leave(60);
    await sleep(1_300);
    await expect(withLease({ folder, waitMaxMs: 0 }, async () => "never")).rejects.toThrow("Another keeper");
  });
});

test("a clock that is set forward takes no lease from who holds it", async () => {
  await withLease({ folder, waitMaxMs: 0 }, async (lease) => {
    const now = Date.now;
    // Touches have the system's time, so that each of them looks as if it were an hour ago.
    const clock = jest.spyOn(Date, "now").mockImplementation(() => now() + 3_600_000);
    try {
      await expect(withLease({ folder, waitMaxMs: 4_500 }, async () => "never")).rejects.toThrow("Another keeper");
    } finally {
      clock.mockRestore();
    }
    await lease.check();
  });
});

test("a clock that is set back does not make a crashed holder's lease last", async () => {
  await leave(-3_600);
  expect(await withLease({ folder, waitMaxMs: 10_000 }, async () => "mine")).toBe("mine");
});

test("a holder that has lost its lease while it stood still finds that out before it writes, and leaves the new one be", async () => {
  await withLease({ folder, waitMaxMs: 0 }, async (lease) => {
    await lease.check();
    await writeFile(join(folder, "lease"), "somebody else");
    await expect(lease.check()).rejects.toMatchObject({ code: "interrupted" });
  });
  expect(await readFile(join(folder, "lease"), "utf8")).toBe("somebody else");
});

test("a failure lets go of it too", async () => {
  await expect(
    withLease({ folder, waitMaxMs: 0 }, async () => {
      throw new Error("failed");
    }),
  ).rejects.toThrow("failed");
  expect(await readdir(folder)).toEqual([]);
});
