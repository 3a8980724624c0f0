import { ComputeFirewall } from "@cdktf/provider-google/lib/compute-firewall";
import { ComputeNetwork } from "@cdktf/provider-google/lib/compute-network";
import { ComputeRoute } from "@cdktf/provider-google/lib/compute-route";
import { ComputeSubnetwork } from "@cdktf/provider-google/lib/compute-subnetwork";
import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import type { Construct } from "constructs";
import type { Environment } from "./environments";
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

/** A network that nothing enters or leaves unless a rule names it; programs bring their own passages. */
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
      autoCreateSubnetworks: false,
      routingMode: "REGIONAL",
      // No route to the internet, so that no forgotten rule can open one.
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

  /** The one route out, and the names that lead to it: Google's services, and their registries of images. */
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
    ] as const) {
      const zone = this.addZone(id, nameOf(this.environment, id), domain, network);
      const record = { managedZone: zone.name, ttl: 300 };
      new DnsRecordSet(this, `${id}-addresses`, { ...record, name: target, type: "A", rrdatas: GOOGLE_ADDRESSES });
      new DnsRecordSet(this, `${id}-names`, { ...record, name: `*.${domain}`, type: "CNAME", rrdatas: [target] });
    }
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
