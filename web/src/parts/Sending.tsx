import { Progress } from "@mantine/core";

/** How much of a file has been sent, from 0 to 1. */
export function Sending({ share }: { share: number }) {
  return (
    <div role="status">
      <p className="quiet">Sending: {Math.round(share * 100)} %</p>
      <Progress value={share * 100} size="sm" aria-label="Share of the file sent" />
    </div>
  );
}
