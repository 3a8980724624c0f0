import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * As much of Compute Engine's REST API as gcloud asks for groups, on loopback: one group, one machine, and operations
 * that are done at once. For the real gcloud, whose endpoint a property moves (api_endpoint_overrides/compute).
 */
export interface StandInCompute {
  /** As CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE. */
  readonly endpoint: string;
  /** Method, path below the project, and body of every request that changes something. */
  readonly changes: { readonly call: string; readonly body: unknown }[];
  stop(): Promise<void>;
}

export async function startStandInCompute(project: string, zone: string, group: string): Promise<StandInCompute> {
  const changes: StandInCompute["changes"] = [];
  let endpoint = "";
  const resource = (rest: string) => `${endpoint}projects/${project}/${rest}`;
  const manager = () => ({
    kind: "compute#instanceGroupManager",
    name: group,
    zone: resource(`zones/${zone}`),
    selfLink: resource(`zones/${zone}/instanceGroupManagers/${group}`),
    instanceGroup: resource(`zones/${zone}/instanceGroups/${group}`),
    instanceTemplate: resource("global/instanceTemplates/one"),
    versions: [{ instanceTemplate: resource("global/instanceTemplates/one"), targetSize: { calculated: 1 } }],
    baseInstanceName: group,
    targetSize: 1,
    updatePolicy: { type: "PROACTIVE" },
    status: { isStable: true, versionTarget: { isReached: true } },
  });
  const operation = (target: string) => ({
    kind: "compute#operation",
    name: "operation-1",
    operationType: "compute.instanceGroupManagers.patch",
    selfLink: resource(`zones/${zone}/operations/operation-1`),
    zone: resource(`zones/${zone}`),
    targetLink: target,
    status: "DONE",
    progress: 100,
  });

  function answer(method: string, path: string): object {
    if (path.endsWith("/listManagedInstances")) {
      const instance = resource(`zones/${zone}/instances/${group}-x1`);
      const version = { instanceTemplate: resource("global/instanceTemplates/one") };
      return { managedInstances: [{ instance, instanceStatus: "RUNNING", currentAction: "NONE", version }] };
    }
    if (path.includes("/operations/")) return operation(manager().selfLink);
    if (method !== "GET") return operation(manager().selfLink);
    if (path.endsWith("/instanceGroupManagers")) return { items: [manager()] };
    if (path.endsWith(`/instanceGroupManagers/${group}`)) return manager();
    if (path.endsWith("/instances")) return { items: [{ name: `${group}-x1`, status: "RUNNING" }] };
    if (path.includes("aggregated/instanceTemplates"))
      return { items: { global: { instanceTemplates: [{ name: "one" }] } } };
    return { items: [] };
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      const { pathname } = new URL(request.url ?? "", "http://localhost");
      const method = request.method ?? "";
      const asks = method === "GET" || /\/(listManagedInstances|wait)$/.test(pathname);
      if (!asks) {
        const call = `${method} ${(request.url ?? "").replace(/^.*?\/projects\/[^/]+\//, "")}`;
        changes.push({ call, body: text === "" ? undefined : JSON.parse(text) });
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer(method, pathname)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/compute/v1/`;
  return {
    endpoint,
    changes,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
