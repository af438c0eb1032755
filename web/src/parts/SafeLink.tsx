/** A link whose address came from a scanner or a report: only http(s) may be followed, the rest is text. */
import type { ReactNode } from "react";

function safeAddress(address: string): string | null {
  try {
    const url = new URL(address);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

export function SafeLink({ address, children }: { address: string; children?: ReactNode }) {
  const href = safeAddress(address);
  if (!href) return <span>{children ?? address}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children ?? address}
    </a>
  );
}
