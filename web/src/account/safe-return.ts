/** Where to go after log-in: only an address inside this console, so a crafted link cannot lead elsewhere. */
export function safeReturn(address: string | undefined): string {
  if (!address?.startsWith("/") || address.startsWith("//") || address.includes("\\")) return "/scans";
  const url = new URL(address, globalThis.location.origin);
  if (url.origin !== globalThis.location.origin || url.pathname === "/login") return "/scans";
  return `${url.pathname}${url.search}${url.hash}`;
}
