import { createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

/** Holds a port for a moment. @returns its number and how to let go, or `undefined` where it is in use */
function hold(port: number): Promise<{ port: number; release: () => Promise<void> } | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : port,
        release: () => new Promise((released) => server.close(() => released())),
      });
    });
  });
}

/** Is nobody listening on this port of the loopback address? */
export async function isPortFree(port: number): Promise<boolean> {
  const held = await hold(port);
  await held?.release();
  return held !== undefined;
}

/** As many different free ports as asked for. They are held until all are found, so that none is given twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  const found = held.filter((one) => one !== undefined);
  await Promise.all(found.map((one) => one.release()));
  if (found.length < count) throw new Error(`the system gave ${found.length} of ${count} free ports`);
  return found.map((one) => one.port);
}
