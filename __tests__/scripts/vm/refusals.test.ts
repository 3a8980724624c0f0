import { answerAsDeployed } from "./answers";
import { runVm } from "./run-vm";
import { type StandInGcloud, standInGcloud } from "./stand-in-gcloud";

let gcloud: StandInGcloud;
beforeEach(() => {
  gcloud = standInGcloud();
  answerAsDeployed(gcloud);
});
afterEach(() => gcloud.remove());

const run = (line: string, variables?: Readonly<Record<string, string>>) => runVm(gcloud, line, variables);

describe("what gcloud can't do is said in one sentence with what to do", () => {
  test.each<[string, string, RegExp]>([
    [
      "nobody is logged in",
      "ERROR: (gcloud.compute.instance-groups.managed.list) You do not currently have an active account selected.\nPlease run:\n\n  $ gcloud auth login\n",
      /^vm: gcloud has no account that is logged in now; run gcloud auth login, then this again\.$/,
    ],
    [
      "the login has run out",
      "ERROR: (gcloud.compute.instance-groups.managed.list) There was a problem refreshing your current auth tokens: Reauthentication failed. cannot prompt during non-interactive execution.\nPlease run:\n\n  $ gcloud auth login\n",
      /run gcloud auth login/,
    ],
    [
      "there is no such group",
      "ERROR: (gcloud.compute.instance-groups.managed.resize) Could not fetch resource:\n - The resource 'projects/acme-music/zones/us-central1-a/instanceGroupManagers/rhythmic-dev-loader' was not found\n",
      /^vm: There is no group rhythmic-dev-loader in acme-music: .* compare RHYTHMIC_PROJECT and --environment, or deploy/,
    ],
    [
      "there is no such machine",
      "ERROR: (gcloud.compute.ssh) Could not fetch resource:\n - The resource 'projects/acme-music/zones/us-central1-a/instances/rhythmic-dev-kafka-0' was not found\n",
      /^vm: There is no machine rhythmic-dev-kafka-0; npm run vm -- list/,
    ],
    [
      "a permission is missing",
      "ERROR: (gcloud.compute.instance-groups.managed.list) Some requests did not succeed:\n - Required 'compute.instanceGroupManagers.list' permission for 'projects/acme-music'\n",
      /^vm: Your account lacks compute\.instanceGroupManagers\.list in acme-music; ask an owner/,
    ],
    [
      "the project can't be seen",
      "ERROR: (gcloud.logging.read) [me@example.com] does not have permission to access projects instance [acme-music] (or it may not exist): Permission denied\n",
      /^vm: Your account may not do that in acme-music; ask an owner/,
    ],
    [
      "the API is off",
      "ERROR: (gcloud.compute.instance-groups.managed.list) Some requests did not succeed:\n - Compute Engine API has not been used in project 123 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=123 then retry.\n",
      /^vm: compute\.googleapis\.com is off in acme-music: .* gcloud services enable compute\.googleapis\.com --project=acme-music\)\.$/,
    ],
    [
      "there is no such project",
      "ERROR: (gcloud.compute.instance-groups.managed.list) Some requests did not succeed:\n - The resource 'projects/acme-music' was not found\n",
      /^vm: There is no project acme-music; check RHYTHMIC_PROJECT against gcloud projects list\.$/,
    ],
    [
      "Identity-Aware Proxy refuses",
      "ERROR: (gcloud.compute.start-iap-tunnel) Error while connecting [4033: 'not authorized'].\nConnection closed by UNKNOWN port 65535\nERROR: (gcloud.compute.ssh) [/usr/bin/ssh] exited with return code [255].\n",
      /^vm: Identity-Aware Proxy does not let you through; ask an owner for roles\/iap\.tunnelResourceAccessor/,
    ],
    [
      "Identity-Aware Proxy finds no machine that answers",
      "ERROR: (gcloud.compute.start-iap-tunnel) Error while connecting [4003: 'failed to connect to backend'].\n",
      /^vm: Identity-Aware Proxy does not reach the machine: it is stopped/,
    ],
    [
      "the quota is too small",
      " - Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1.\n",
      /^vm: The quota CPUS does not suffice; npm run check-setup -- --cloud/,
    ],
    [
      "following needs gRPC",
      "ERROR: (gcloud.beta.logging.tail) Please ensure that the gRPC module is installed\n",
      /^vm: gcloud can't follow logs without its gRPC module/,
    ],
    [
      "the group does not get ready",
      "ERROR: (gcloud.compute.instance-groups.managed.wait-until) Timeout while waiting for group to become stable.\n",
      /^vm: The group did not become stable in time/,
    ],
    [
      "Google can't be reached",
      "ERROR: gcloud crashed (TransportError): Unable to find the server at compute.googleapis.com\n",
      /^vm: Google can't be reached; check the network/,
    ],
  ])("%s", async (_, stderr, sentence) => {
    gcloud.answer("", { code: 1, stderr });
    const { code, stderr: said } = await run("roll loader");
    expect([code, said.at(-1)]).toEqual([1, expect.stringMatching(sentence)]);
  });

  test("there is no gcloud", async () => {
    const { code, stderr } = await run("list", { RHYTHMIC_PROJECT: "acme-music", PATH: "/nowhere" });
    expect([code, stderr.at(-1)]).toEqual([1, expect.stringMatching(/^vm: There is no gcloud on the PATH; install/)]);
  });
});

describe("what a person may mistype is refused in one sentence, exit code 2, and nothing is run", () => {
  test.each<[string, RegExp]>([
    ["", /^vm: It needs an action; allowed: list, /],
    ["lsit", /^vm: There is no action lsit \(did you mean list\?\); allowed: /],
    [
      "roll proccessor",
      /^vm: There is no machine proccessor \(did you mean processor\?\); allowed: generator, processor, loader, kafka\.$/,
    ],
    ["roll all", /^vm: There is no machine all; allowed: generator, processor, loader, kafka\.$/],
    ["stop", /^vm: stop needs a name; allowed: generator, processor, loader, kafka, all\.$/],
    ["rotate loader", /^vm: Kafka has no client loader; allowed: generator, processor, audit\.$/],
    ["list --follow", /^vm: --follow is not for list; allowed: with logs\.$/],
    ["logs loader --lines many", /^vm: --lines is "many"; allowed: a whole number from 1 to 99999\.$/],
    ["logs loader --since yesterday", /^vm: --since is "yesterday"; allowed: a duration such as/],
    ["rotate audit --from middle", /^vm: --from is "middle"; allowed: rotate, roll, retire\.$/],
    ["list kafka loader", /^vm: There is no flag or argument loader/],
    ["list -- ls", /^vm: list takes nothing after --/],
    ["list --environment test", /^vm: --environment is "test"; allowed: dev or prod\.$/],
  ])("%s", async (line, sentence) => {
    const { code, stderr, calls } = await run(line);
    expect([code, calls, stderr.join("\n")]).toEqual([2, [], expect.stringMatching(sentence)]);
  });

  test("without a project there are no machines", async () => {
    const { code, stderr } = await run("list", {});
    expect([code, stderr.join()]).toEqual([2, expect.stringMatching(/^vm: RHYTHMIC_PROJECT is not set, .*\.$/)]);
  });
});
