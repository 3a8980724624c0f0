import type { ReplacementEntry } from "./replacement";
import { isSmaller, leavesAddressesOut } from "./replacement-rules";

/** Compute Engine's part of the table of replacements. */

const COMPUTE = "google/services/compute";

export const COMPUTE_REPLACEMENTS: Readonly<Record<string, ReplacementEntry>> = {
  google_compute_address: {
    forcing: "every",
    except: ["labels"],
    source: {
      file: `${COMPUTE}/resource_compute_address.go`,
      commit: "020769f48841f7819930edf0aaa5b9741feb875f",
    },
    note: "The version read has no update at all; newer ones change labels in place.",
  },
  google_compute_disk: {
    forcing: [
      "name",
      "architecture",
      "async_primary_disk",
      "description",
      "disk_encryption_key",
      "enable_confidential_compute",
      "guest_os_features",
      "image",
      "licenses",
      "params",
      "physical_block_size_bytes",
      "snapshot",
      "source_disk",
      "source_image_encryption_key",
      "source_instant_snapshot",
      "source_snapshot_encryption_key",
      "source_storage_object",
      "storage_pool",
      "type",
      "zone",
      "project",
    ],
    conditions: [{ path: "size", when: "it gets smaller", replaces: isSmaller }],
    source: {
      file: `${COMPUTE}/resource_compute_disk.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_compute_disk_resource_policy_attachment: {
    forcing: "every",
    source: {
      file: `${COMPUTE}/resource_compute_disk_resource_policy_attachment.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_compute_firewall: {
    forcing: ["name", "direction", "params", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_firewall.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_compute_health_check: {
    forcing: ["name", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_health_check.go`,
      commit: "0937ec5ba25b4ce01df2705fbacee88aa96972c9",
    },
    note: "The version read has no source_regions, which ours don't name.",
  },
  google_compute_instance_group_manager: {
    forcing: ["base_instance_name", "name", "zone", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_instance_group_manager.go`,
      commit: "03534e70bfe56bd9d2910db36f83bc8d23479ae6",
    },
  },
  google_compute_instance_template: {
    forcing: "every",
    source: {
      file: `${COMPUTE}/resource_compute_instance_template.go`,
      commit: "00b984c6987304290117e54f87cdfd38f2be0685",
    },
    note: "Told as a roll of the group that names it.",
  },
  google_compute_network: {
    forcing: [
      "name",
      "auto_create_subnetworks",
      "description",
      "internal_ipv6_range",
      "network_profile",
      "params",
      "project",
    ],
    source: {
      file: `${COMPUTE}/resource_compute_network.go`,
      commit: "017d2f58149ba6a5cd786ac9e6bd81ea308e9290",
    },
  },
  google_compute_per_instance_config: {
    forcing: ["instance_group_manager", "name", "zone", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_per_instance_config.go`,
      commit: "0597a694d360950926f4c463ffa56fedf49fc35e",
    },
  },
  google_compute_project_metadata_item: {
    forcing: ["key", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_project_metadata_item.go`,
      commit: "0597a694d360950926f4c463ffa56fedf49fc35e",
    },
  },
  google_compute_resource_policy: {
    forcing: [
      "name",
      "region",
      "project",
      "disk_consistency_group_policy.enabled",
      "group_placement_policy.gpu_topology",
    ],
    source: {
      file: `${COMPUTE}/resource_compute_resource_policy.go`,
      commit: "063d65abb6b1ff64a279b22abae5c69b663e81c2",
    },
    note: "The version read, newer than 6.50, no longer forces a change of name; it is kept here to be on the safe side.",
  },
  google_compute_route: {
    forcing: "every",
    source: {
      file: `${COMPUTE}/resource_compute_route.go`,
      commit: "12b3dee883c3139dc6cb71a6385e0c417cce8253",
    },
  },
  google_compute_router: {
    forcing: ["name", "network", "encrypted_interconnect_router", "region", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_router.go`,
      commit: "07fc8657afe854e6679f9e01de04f96955a1f910",
    },
  },
  google_compute_router_nat: {
    forcing: ["name", "router", "endpoint_types", "region", "project"],
    source: {
      file: `${COMPUTE}/resource_compute_router_nat.go`,
      commit: "054ced1c7461e561866ecb24de20aacc27cc6901",
    },
    note: "Name and router are what its id is made of.",
  },
  google_compute_subnetwork: {
    forcing: ["name", "network", "description", "purpose", "region", "project"],
    conditions: [
      { path: "ip_cidr_range", when: "the new range leaves old addresses out", replaces: leavesAddressesOut },
    ],
    source: {
      file: `${COMPUTE}/resource_compute_subnetwork.go`,
      commit: "0110d02a6c9d687b9b1c9f51c0d0497e319eea4d",
    },
  },
};
