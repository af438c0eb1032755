import { useQuery } from "@tanstack/react-query";
import type { Connector } from "@/api/contract.ts";
import { connectorsQuery } from "@/api/integrations.ts";

/** The product's name for what a scan calls its vendor: a connector's id, `local`, or the scanner of a report. */
export function vendorName(connectors: readonly Connector[], vendor: string | null | undefined): string {
  if (vendor == null || vendor === "local") return "Scanhelm";
  const connector = connectors.find((each) => each.id === vendor);
  if (!connector) return vendor;
  return connector.product.includes(connector.vendor)
    ? connector.product
    : `${connector.vendor} ${connector.product}`;
}

const NONE: readonly Connector[] = [];

export function useConnectors(): readonly Connector[] {
  return useQuery(connectorsQuery).data?.items ?? NONE;
}

export const useVendorName = (vendor: string | null | undefined) => vendorName(useConnectors(), vendor);
