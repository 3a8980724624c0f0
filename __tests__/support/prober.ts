import { request } from "node:http";

export interface ProbeAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * One request of a status server, from nobody's connection pool.
 * @throws Error where nobody listens, or within the time nobody answers
 */
export function get(url: string, options: { readonly method?: string; readonly withinMs?: number } = {}) {
  return new Promise<ProbeAnswer>((resolve, reject) => {
    const { method = "GET", withinMs = 5_000 } = options;
    const asked = request(url, { method, agent: false, timeout: withinMs }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve({ statusCode: response.statusCode ?? 0, headers: response.headers, body }));
      response.on("error", reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url} did not answer within ${withinMs} ms`)));
    asked.on("error", reject);
    asked.end();
  });
}

/** The status code of a path, or why there is none, as a text to compare. */
export async function probe(url: string): Promise<number | "no answer"> {
  return get(url).then(
    ({ statusCode }) => statusCode,
    () => "no answer",
  );
}

/**
 * The health check of a managed group, faster: it asks at an interval, and calls a machine unhealthy after some bad
 * answers in a row (cloud.google.com/compute/docs/instance-groups/autohealing-instances-in-migs). Begins where
 * /healthz has answered 200 once, as the group's initial delay does.
 */
export class GroupHealthCheck {
  /** Every answer that was not 200, with what came instead. */
  readonly bad: string[] = [];
  asked = 0;
  private badInARow = 0;
  /** Would the group have replaced the machine? */
  isUnhealthy = false;
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, intervalMs = 200, unhealthyThreshold = 3) {
    this.timer = setInterval(async () => {
      const answer = await probe(`${url}/healthz`);
      this.asked++;
      this.badInARow = answer === 200 ? 0 : this.badInARow + 1;
      if (answer !== 200) this.bad.push(String(answer));
      if (this.badInARow >= unhealthyThreshold) this.isUnhealthy = true;
    }, intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Where a program said that it answers, by its log; `undefined` as long as it has not. */
export function statusUrlOf(stderr: string): string | undefined {
  return /"url":"(http:[^"]+)","message":"answering/.exec(stderr)?.[1];
}
