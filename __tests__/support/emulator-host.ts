import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * An address for STORAGE_EMULATOR_HOST, by which a bundle's client of Cloud Storage is led to fake-gcs-server. From
 * that variable the client makes addresses without /storage/v1 (@google-cloud/storage 7.22, storage.js), under which
 * fake-gcs-server knows nothing: here they get it back, and go on unchanged otherwise.
 */
export async function startEmulatorHost(endpoint: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const target = new URL(endpoint);
  const server = createServer((asked, answer) => {
    const path = (asked.url ?? "").replace(/^\/b\//, "/storage/v1/b/");
    const options = { host: target.hostname, port: target.port, method: asked.method, path, headers: asked.headers };
    const forwarded = request(options, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers);
      given.pipe(answer);
    });
    // Either side may be killed in the middle: then the other is let go, too.
    forwarded.on("error", () => answer.destroy());
    asked.on("error", () => forwarded.destroy());
    asked.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
