import { useSuspenseQuery } from "@tanstack/react-query";
import { sessionQuery } from "@/api/session.ts";

/** Who did something, from `user/0190…`, `api_key/0190…` or `system`. */
export function Actor({ actor }: { actor: string }) {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const [kind, id] = actor.split("/", 2);
  if (kind === "system") return "Scanhelm";
  if (kind === "api_key") return <span data-tip={id}>an API key</span>;
  if (kind !== "user") return actor;
  return id === session.user?.id ? session.user?.name : <span data-tip={id}>another user</span>;
}
