/** What a person wrote: text with its line breaks, in which web addresses can be followed. Nothing becomes markup. */
import { SafeLink } from "./SafeLink.tsx";

const ADDRESS = /(https?:\/\/[^\s<>"']+)/;

export function PlainText({ text }: { text: string }) {
  const parts = text.split(ADDRESS).map((part, place) => ({ part, place }));
  return (
    <p style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {parts.map(({ part, place }) => (place % 2 === 1 ? <SafeLink key={place} address={part} /> : part))}
    </p>
  );
}
