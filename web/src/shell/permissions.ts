import { useSuspenseQuery } from "@tanstack/react-query";
import { sessionQuery } from "@/api/session.ts";

type Permission =
  | "scan:create"
  | "scan:control"
  | "scan:delete"
  | "scan:import"
  | "finding:triage"
  | "finding:approve"
  | "asset:write"
  | "integration:manage"
  | "schedule:manage"
  | "company:manage"
  | "user:manage";

/** Null when allowed, else the sentence that says what is missing. The hub decides again on every call. */
export function usePermission(permission: Permission): string | null {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return session.permissions.includes(permission)
    ? null
    : `Your role in ${session.company.name} lacks the permission ${permission}.`;
}

/** Whether the caller runs the installation, in whichever company. */
export function useOperator(): boolean {
  const { data: session } = useSuspenseQuery(sessionQuery);
  return session.role === "operator";
}
