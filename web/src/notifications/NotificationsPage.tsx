import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { first, type Search } from "@/parts/filters.ts";
import { onDemand } from "@/parts/onDemand.tsx";
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { ChannelsSection } from "./ChannelsSection.tsx";
import { DeliveriesSection } from "./DeliveriesSection.tsx";
import styles from "./notifications.module.css";
import { RulesSection } from "./RulesSection.tsx";

const DeliveryDrawer = onDemand(async () => (await import("./DeliveryDrawer.tsx")).DeliveryDrawer);
const route = getRouteApi("/console/notifications");

export function NotificationsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const opened = first(search, "delivery");
  const change = useCallback((next: Search) => void navigate({ search: next, replace: true }), [navigate]);
  const close = () => {
    const { delivery: _, ...rest } = search;
    change(rest);
  };
  return (
    <div className={styles.page}>
      <PageHeader title="Notifications">
        <LiveSwitch />
      </PageHeader>
      <ChannelsSection />
      <RulesSection />
      <DeliveriesSection search={search} onSearch={change} />
      {opened ? <DeliveryDrawer id={opened} onClose={close} /> : null}
    </div>
  );
}
