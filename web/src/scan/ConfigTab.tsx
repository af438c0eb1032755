import { useQuery } from "@tanstack/react-query";
import type { Scan } from "@/api/contract.ts";
import { configQuery } from "@/api/scans.ts";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./scan.module.css";

export function ConfigTab({ scan }: { scan: Scan }) {
  const config = useQuery(configQuery(scan.id));
  if (config.isError) {
    return (
      <div className={styles.panel}>
        <ProblemNotice
          error={config.error}
          what="The configuration could not be loaded."
          onRetry={() => void config.refetch()}
        />
      </div>
    );
  }
  const targets = config.data?.targets ?? scan.targets;
  const text = hasContent(config.data?.config) ? JSON.stringify(config.data?.config, null, 2) : null;
  return (
    <div className={styles.panel}>
      <section>
        <h2>
          Targets <span className="quiet numbers">{targets.length.toLocaleString()}</span>
        </h2>
        {targets.length === 0 ? (
          <p className="quiet">The scanner has not told its targets.</p>
        ) : (
          <ul className={`${styles.plainList} mono`}>
            {targets.map((target) => (
              <li key={target}>{target}</li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>Raw configuration {text ? <CopyButton text={text} what="configuration" /> : null}</h2>
        {text ? (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          <pre className={styles.raw} tabIndex={0}>
            {text}
          </pre>
        ) : (
          <p className="quiet">
            {config.isPending ? "Loading the configuration" : "None was given or seen."}
          </p>
        )}
      </section>
    </div>
  );
}

const hasContent = (config: unknown) =>
  typeof config === "object" && config !== null && Object.keys(config).length > 0;
