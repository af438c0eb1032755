import { ActionIcon } from "@mantine/core";
import { useEffect, useState } from "react";
import { CheckIcon, CopyIcon } from "./icons.tsx";

type Outcome = "idle" | "copied" | "refused";

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => setOutcome("idle"), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      setOutcome("refused");
    }
  };

  const words =
    outcome === "copied"
      ? "Copied"
      : outcome === "refused"
        ? "The browser refused; select the text instead"
        : `Copy ${what}`;
  return (
    <>
      <ActionIcon size={24} aria-label={`Copy ${what}`} data-tip={words} onClick={copy}>
        {outcome === "copied" ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      </ActionIcon>
      <span className="visually-hidden" role="status">
        {outcome === "idle" ? "" : words}
      </span>
    </>
  );
}
