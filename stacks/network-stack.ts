import { ComputeFirewall } from "@cdktf/provider-google/lib/compute-firewall";
import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network";
import { ComputeRoute } from "@cdktf/provider-google/lib/compute-route";
import { ComputeRouter } from "@cdktf/provider-google/lib/compute-router";
import { ComputeRouterNat } from "@cdktf/provider-google/lib/compute-router-nat";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork";
import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone";
import { DnsPolicy } from "@cdktf/provider-google/lib/dns-policy";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import type { Construct } from "constructs";
import type { Environment } from "./environment-record";
import type { FoundationStack } from "./foundation-stack";
import { internalZoneOf, nameOf } from "./names";
import { PlatformStack } from "./platform-stack";

/** Addresses of private.googleapis.com (cloud.google.com/vpc/docs/configure-private-google-access). */
const GOOGLE_ADDRESSES = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"];
const GOOGLE_RANGE = "199.36.153.8/30";
/** Where Identity-Aware Proxy's tunnels come from (cloud.google.com/iap/docs/using-tcp-forwarding). */
const IAP_RANGE = "35.235.240.0/20";
const EVERYWHERE = "0.0.0.0/0";
/** The weakest priority that comes before the network's own implied rules. */
const PRIORITY_LAST = 65_534;

/**
 * A network that nothing enters or leaves unless a rule names it; programs bring their own passages. Google's health
 * probes come from 35.191.0.0/16 and 130.211.0.0/22: a program that answers them brings the rule for its port.
 */
export class NetworkStack extends PlatformStack {
  readonly networkName: string;
  readonly subnetworkName: string;
  /** Name of the zone with the platform's own names. */
  readonly internalZone: string;

  constructor(scope: Construct, environment: Environment, { foundation }: { readonly foundation: FoundationStack }) {
    super(scope, "network", environment, [foundation]);
    this.networkName = nameOf(environment, "network");
    this.subnetworkName = nameOf(environment, "subnet");
    this.internalZone = nameOf(environment, "internal");
    const network = new ComputeNetwork(this, "network", {
      name: this.networkName,
      description: "Machines without external addresses, which reach each other and Google by named rules alone.",
      autoCreateSubnetworks: false,
      routingMode: "REGIONAL",
      // No route to the internet, so that no forgotten rule opens a way there.
      deleteDefaultRoutesOnCreate: true,
    });
    new ComputeSubnetwork(this, "subnet", {
      name: this.subnetworkName,
      network: network.id,
      region: environment.region,
      ipCidrRange: environment.subnetRange,
      privateIpGoogleAccess: true,
      logConfig: { aggregationInterval: "INTERVAL_5_MIN", flowSampling: 0.5, metadata: "INCLUDE_ALL_METADATA" },
    });
    this.addFirewall(network);
    this.addWayToGoogle(network);
    this.addZone("internal", this.internalZone, internalZoneOf(environment), network);
    // The one question that a machine can ask the outside is a name: who asked what is written down.
    new DnsPolicy(this, "lookups", {
      name: nameOf(environment, "lookups"),
      description: "Writes down which names the machines look up.",
      enableLogging: true,
      networks: [{ networkUrl: network.id }],
    });
    if (environment.nat) this.addWayOut(network);
    this.tellWhereToLook();
  }

  private addFirewall(network: ComputeNetwork): void {
    const rule = (what: string) => ({
      name: nameOf(this.environment, what),
      network: network.id,
      logConfig: { metadata: "INCLUDE_ALL_METADATA" },
    });
    new ComputeFirewall(this, "deny-in", {
      ...rule("deny-in"),
      description: "Nothing comes in unless another rule names it.",
      direction: "INGRESS",
      priority: PRIORITY_LAST,
      sourceRanges: [EVERYWHERE],
      deny: [{ protocol: "all" }],
    });
    new ComputeFirewall(this, "deny-out", {
      ...rule("deny-out"),
      description: "Nothing goes out unless another rule names it.",
      direction: "EGRESS",
      priority: PRIORITY_LAST,
      destinationRanges: [EVERYWHERE],
      deny: [{ protocol: "all" }],
    });
    new ComputeFirewall(this, "ssh-through-iap", {
      ...rule("ssh-through-iap"),
      description: "People log in through Identity-Aware Proxy, which asks who they are; from nowhere else.",
      direction: "INGRESS",
      sourceRanges: [IAP_RANGE],
      allow: [{ protocol: "tcp", ports: ["22"] }],
    });
    new ComputeFirewall(this, "google-out", {
      ...rule("google-out"),
      description: "Machines reach Google's services at their private addresses.",
      direction: "EGRESS",
      destinationRanges: [GOOGLE_RANGE],
      allow: [{ protocol: "tcp", ports: ["443"] }],
    });
  }

  /**
   * The one route out, and the names that lead to it: Google's services, their registry of images, and the older one
   * that Container-Optimized OS takes its logging agent from.
   */
  private addWayToGoogle(network: ComputeNetwork): void {
    new ComputeRoute(this, "to-google", {
      name: nameOf(this.environment, "to-google"),
      network: network.id,
      destRange: GOOGLE_RANGE,
      nextHopGateway: "default-internet-gateway",
    });
    for (const [id, domain, target] of [
      ["googleapis", "googleapis.com.", "private.googleapis.com."],
      ["pkg-dev", "pkg.dev.", "pkg.dev."],
      ["gcr-io", "gcr.io.", "gcr.io."],
    ] as const) {
      const zone = this.addZone(id, nameOf(this.environment, id), domain, network);
      const record = { managedZone: zone.name, ttl: 300 };
      new DnsRecordSet(this, `${id}-addresses`, { ...record, name: target, type: "A", rrdatas: GOOGLE_ADDRESSES });
      new DnsRecordSet(this, `${id}-names`, { ...record, name: `*.${domain}`, type: "CNAME", rrdatas: [target] });
    }
  }

  /** A way to the internet, for an environment that needs something outside of Google: out, never in. */
  private addWayOut(network: ComputeNetwork): void {
    const { environment } = this;
    new ComputeRoute(this, "to-internet", {
      name: nameOf(environment, "to-internet"),
      network: network.id,
      destRange: EVERYWHERE,
      nextHopGateway: "default-internet-gateway",
    });
    const router = new ComputeRouter(this, "router", { name: nameOf(environment, "router"), network: network.id });
    new ComputeRouterNat(this, "nat", {
      name: nameOf(environment, "nat"),
      router: router.name,
      region: environment.region,
      natIpAllocateOption: "AUTO_ONLY",
      sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES",
      logConfig: { enable: true, filter: "ALL" },
    });
    new ComputeFirewall(this, "internet-out", {
      name: nameOf(environment, "internet-out"),
      network: network.id,
      description: "Machines reach the internet by HTTPS, through Cloud NAT, because the environment asks for it.",
      direction: "EGRESS",
      destinationRanges: [EVERYWHERE],
      allow: [{ protocol: "tcp", ports: ["443"] }],
      logConfig: { metadata: "INCLUDE_ALL_METADATA" },
    });
  }

  private tellWhereToLook(): void {
    const { project } = this.environment;
    const logs = "https://console.cloud.google.com/logs/query;query=";
    this.tell(
      "machines",
      `gcloud compute instances list --project ${project} --filter "networkInterfaces[0].network~${this.networkName}$"`,
      "Lists the machines with their addresses; reach one by `gcloud compute ssh NAME --tunnel-through-iap`.",
    );
    this.tell(
      "denied_traffic",
      `${logs}${encodeURIComponent('log_id("compute.googleapis.com/firewall") jsonPayload.disposition="DENIED"')}?project=${project}`,
      "What the firewall refused, and who tried.",
    );
    this.tell(
      "looked_up_names",
      `${logs}${encodeURIComponent('log_id("dns.googleapis.com/dns_queries")')}?project=${project}`,
      "Which names the machines asked for.",
    );
  }

  private addZone(id: string, name: string, dnsName: string, network: ComputeNetwork): DnsManagedZone {
    return new DnsManagedZone(this, `${id}-zone`, {
      name,
      dnsName,
      description: `Names under ${dnsName} inside the network.`,
      visibility: "private",
      privateVisibilityConfig: { networks: [{ networkUrl: network.id }] },
    });
  }
}
