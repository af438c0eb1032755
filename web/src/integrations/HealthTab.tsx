import { useQuery } from "@tanstack/react-query";
import type { Integration } from "@/api/contract.ts";
import { connectorsQuery, healthQuery } from "@/api/integrations.ts";
import { Facts } from "@/parts/Facts.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { ConnectionTest } from "./ConnectionTest.tsx";
import { capabilityWords, spaced } from "./capability-words.ts";
import styles from "./integrations.module.css";

export function HealthTab({ integration }: { integration: Integration }) {
  const health = useQuery(healthQuery(integration.id));
  const { data: connectors } = useQuery(connectorsQuery);
  const connector = connectors?.items.find((each) => each.id === integration.connector);
  const state = health.data ?? integration.health;
  return (
    <div className={styles.panel}>
      {health.isError ? (
        <ProblemNotice
          error={health.error}
          what="The health could not be loaded."
          onRetry={() => void health.refetch()}
        />
      ) : null}
      {state?.error ? (
        <ProblemNotice
          error={new Error(`${state.error} ${state.next_step ?? ""}`.trim())}
          what={`The last ${state.error_streak > 1 ? `${state.error_streak} tries` : "try"} failed.`}
        />
      ) : null}
      <div className={styles.grid}>
        <section>
          <h2>Polling</h2>
          <Facts
            facts={[
              { label: "Last success", value: <RelativeTime at={state?.last_success_at} /> },
              {
                label: "Next poll",
                value: integration.enabled ? (
                  <RelativeTime at={state?.next_poll_at} />
                ) : (
                  "none while disabled"
                ),
              },
              { label: "Failures in a row", value: state?.error_streak ?? "—" },
              {
                label: "Last full sweep",
                value: state?.last_sweep_at ? <RelativeTime at={state.last_sweep_at} /> : null,
              },
              { label: "Version", value: state?.version ?? "—" },
              { label: "Licence", value: state?.licence },
            ]}
          />
        </section>
        <section>
          <h2>What this connection can do</h2>
          <p>{connector ? capabilityWords(connector) : "—"}</p>
          {(state?.licence_limits.length ?? 0) > 0 ? (
            <>
              <h2 style={{ marginTop: 12 }}>Not with this licence</h2>
              <Facts
                facts={(state?.licence_limits ?? []).map((limit) => ({
                  label: spaced(limit.capability),
                  value: limit.reason,
                }))}
              />
            </>
          ) : null}
        </section>
        <section>
          <h2>Credentials</h2>
          <Facts
            facts={Object.entries(integration.credentials).map(([name, hint]) => ({
              label: spaced(name),
              value: hint.set ? (
                <>
                  set <RelativeTime at={hint.updated_at} />{" "}
                  {hint.hint ? <span className="mono">{hint.hint}</span> : null}
                </>
              ) : (
                "not set"
              ),
            }))}
          />
        </section>
      </div>
      <ConnectionTest integration={integration} />
    </div>
  );
}
