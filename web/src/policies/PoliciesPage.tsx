/** What the company promises and demands, and the public facts that its findings are rated by. */
import { LiveSwitch } from "@/shell/LiveSwitch.tsx";
import { PageHeader } from "@/shell/PageHeader.tsx";
import { DueDatesSection } from "./DueDatesSection.tsx";
import { FeedsSection } from "./FeedsSection.tsx";
import { FourEyesSection } from "./FourEyesSection.tsx";
import styles from "./policies.module.css";

export function PoliciesPage() {
  return (
    <div className={styles.page}>
      <PageHeader title="Policies">
        <LiveSwitch />
      </PageHeader>
      <DueDatesSection />
      <FourEyesSection />
      <FeedsSection />
    </div>
  );
}
