import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sessionQuery, switchCompany } from "@/api/session.ts";
import { ChevronDownIcon } from "@/parts/icons.tsx";
import styles from "./Rail.module.css";

export function CompanySwitch() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const cache = useQueryClient();
  const navigate = useNavigate();
  const change = useMutation({
    mutationFn: switchCompany,
    onSuccess: async () => {
      // Nothing of the company left behind may be shown for the one entered.
      cache.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
      await cache.refetchQueries({ queryKey: sessionQuery.queryKey });
      await navigate({ to: "/scans", search: {} });
    },
  });

  const badge = (
    <span className={styles.badge} aria-hidden="true">
      {Array.from(session.company.name)[0]?.toUpperCase() ?? "?"}
    </span>
  );
  if (session.companies.length < 2) {
    return (
      <div className={styles.company}>
        {badge}
        <span className={styles.word}>{session.company.name}</span>
      </div>
    );
  }
  return (
    <Menu position="bottom-start" width={220}>
      <Menu.Target>
        <UnstyledButton className={styles.company}>
          {badge}
          <span className={styles.word}>
            <span className="visually-hidden">Switch company, now </span>
            {session.company.name}
          </span>
          <span className={styles.chevron}>
            <ChevronDownIcon size={14} />
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{change.isError ? `Not switched: ${change.error.message}` : "Work for"}</Menu.Label>
        <Menu.RadioGroup value={session.company.id} onChange={(id) => change.mutate(String(id))}>
          {session.companies.map((company) => (
            <Menu.RadioItem key={company.id} value={company.id}>
              {company.name}
              {company.status === "deactivated" ? <span className="quiet"> · deactivated</span> : null}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
