import { getRouteApi } from "@tanstack/react-router";
import { first } from "@/parts/filters.ts";
import { onDemand } from "@/parts/onDemand.tsx";
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
  const show = (id: string | null) => {
    const { delivery: _, ...rest } = search;
    void navigate({ search: id ? { ...rest, delivery: [id] } : rest, replace: true });
  };
  return (
    <div className={styles.page}>
      <PageHeader title="Notifications" count={null} />
      <ChannelsSection />
      <RulesSection />
      <DeliveriesSection onOpen={show} />
      {opened ? <DeliveryDrawer id={opened} onClose={() => show(null)} /> : null}
    </div>
  );
}
