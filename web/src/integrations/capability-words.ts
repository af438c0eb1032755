import type { Connector } from "@/api/contract.ts";

export const spaced = (word: string) => word.replaceAll("_", " ");

export function capabilityWords(connector: Connector): string {
  const offered = Object.entries(connector.capabilities)
    .filter(([, offers]) => offers)
    .map(([capability]) => spaced(capability));
  return offered.length === 0 ? "read its list of scans" : offered.join(", ");
}
