import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { logOut, sessionQuery } from "@/api/session.ts";
import { waitingQuery } from "@/api/triage.ts";
import {
  ApprovalsIcon,
  AssetsIcon,
  ComponentsIcon,
  FilterIcon,
  FindingsIcon,
  HelpIcon,
  IntegrationsIcon,
  KeyIcon,
  LogOutIcon,
  NotificationsIcon,
  PoliciesIcon,
  ScansIcon,
  SchedulesIcon,
} from "@/parts/icons.tsx";
import { CompanySwitch } from "./CompanySwitch.tsx";
import { useLive } from "./live.tsx";
import styles from "./Rail.module.css";
import { SchemeSwitch } from "./SchemeSwitch.tsx";

type Props = { wide?: boolean; onHelp: () => void; onNavigate?: () => void };

export function Rail({ wide = false, onHelp, onNavigate }: Props) {
  return (
    <div className={styles.rail} data-wide={wide || undefined}>
      <CompanySwitch />
      <nav aria-label="Console" className={styles.nav}>
        <Entry to="/scans" icon={<ScansIcon />} onNavigate={onNavigate}>
          Scans
        </Entry>
        <Entry to="/findings" icon={<FindingsIcon />} onNavigate={onNavigate}>
          Findings
        </Entry>
        <Entry to="/assets" icon={<AssetsIcon />} onNavigate={onNavigate}>
          Assets
        </Entry>
        <Entry to="/components" icon={<ComponentsIcon />} onNavigate={onNavigate}>
          Components
        </Entry>
        <Entry to="/approvals" icon={<ApprovalsIcon />} count={useWaiting()} onNavigate={onNavigate}>
          Approvals
        </Entry>
        <Entry to="/suppression-rules" icon={<FilterIcon />} onNavigate={onNavigate}>
          Suppression rules
        </Entry>
        <Entry to="/integrations" icon={<IntegrationsIcon />} onNavigate={onNavigate}>
          Integrations
        </Entry>
        <Entry to="/schedules" icon={<SchedulesIcon />} onNavigate={onNavigate}>
          Schedules
        </Entry>
        <Entry to="/notifications" icon={<NotificationsIcon />} onNavigate={onNavigate}>
          Notifications
        </Entry>
        <Entry to="/policies" icon={<PoliciesIcon />} onNavigate={onNavigate}>
          Policies
        </Entry>
      </nav>
      <nav aria-label="Administration" className={styles.foot}>
        <Entry to="/admin/api-keys" icon={<KeyIcon />} onNavigate={onNavigate}>
          API keys
        </Entry>
        <UnstyledButton className={styles.entry} onClick={onHelp}>
          <HelpIcon />
          <span className={styles.word}>Help</span>
        </UnstyledButton>
        <SchemeSwitch />
        <UserMenu />
      </nav>
    </div>
  );
}

type EntryProps = {
  to:
    | "/scans"
    | "/findings"
    | "/assets"
    | "/components"
    | "/approvals"
    | "/suppression-rules"
    | "/integrations"
    | "/schedules"
    | "/notifications"
    | "/policies"
    | "/admin/api-keys";
  icon: ReactNode;
  /** What waits there. */
  count?: number;
  children: string;
  onNavigate: (() => void) | undefined;
};

function Entry({ to, icon, count = 0, children, onNavigate }: EntryProps) {
  return (
    <Link
      to={to}
      search={{}}
      activeOptions={{ includeSearch: false }}
      className={styles.entry}
      onClick={onNavigate}
    >
      {icon}
      <span className={styles.word}>{children}</span>
      {count > 0 ? (
        <span className={styles.count}>
          {count > 99 ? "99+" : count}
          <span className="visually-hidden"> waiting</span>
        </span>
      ) : null}
    </Link>
  );
}

/** How many approvals wait; asked now and then, as no event tells of them. */
function useWaiting(): number {
  const { on } = useLive();
  const waiting = useQuery({ ...waitingQuery, refetchInterval: on ? 30_000 : false });
  return waiting.data?.total ?? 0;
}

function UserMenu() {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const name = session.user?.name || session.user?.email || "API key";
  const cache = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: logOut,
    onSuccess: async () => {
      await navigate({ to: "/login", search: {} });
      cache.clear();
    },
  });
  return (
    <Menu position="right-end">
      <Menu.Target>
        <UnstyledButton className={styles.entry}>
          <span className={styles.face} aria-hidden="true">
            {Array.from(name)[0]?.toUpperCase() ?? "?"}
          </span>
          <span className={styles.word}>
            <span className="visually-hidden">Account of </span>
            {name}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.user?.email ?? "Signed in with an API key"}</Menu.Label>
        <Menu.Item leftSection={<LogOutIcon size={14} />} onClick={() => leave.mutate()}>
          Log out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
