/** How the vendor calls this hub when something changed there, instead of being asked at the next turn. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Integration, Webhook } from "@/api/contract.ts";
import { endWebhook, issueWebhookSecret, webhookQuery } from "@/api/integrations.ts";
import { ConfirmDialog } from "@/parts/ConfirmDialog.tsx";
import { CopyButton } from "@/parts/CopyButton.tsx";
import { Facts } from "@/parts/Facts.tsx";
import { onDemand } from "@/parts/onDemand.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./integrations.module.css";

const NewSecretDialog = onDemand(async () => (await import("@/parts/SecretDialog.tsx")).NewSecretDialog);

export function WebhookTab({ integration }: { integration: Integration }) {
  const hook = useQuery(webhookQuery(integration.id));
  return (
    <div className={styles.panel}>
      {hook.isError ? (
        <ProblemNotice
          error={hook.error}
          what="The webhook could not be loaded."
          onRetry={() => void hook.refetch()}
        />
      ) : null}
      {hook.data ? (
        <HookView integration={integration} hook={hook.data} />
      ) : hook.isPending ? (
        <p className="quiet" aria-busy="true">
          Loading the webhook
        </p>
      ) : null}
    </div>
  );
}

function HookView({ integration, hook }: { integration: Integration; hook: Webhook }) {
  const [open, setOpen] = useState<"secret" | "end" | null>(null);
  const mayManage = usePermission("integration:manage");
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: webhookQuery(integration.id).queryKey });
  const close = () => setOpen(null);
  const address = new URL(hook.path, window.location.origin).href;
  const { secret, last_delivery_at: taken, last_refused: refused } = hook;
  return (
    <>
      <p className="quiet">
        A call only makes the hub look at {integration.vendor} at once; what it says is never believed.
        Without calls the hub looks at its usual turns.
      </p>
      <Facts
        facts={[
          {
            label: "Address",
            value: (
              <>
                <span className="mono">{address}</span> <CopyButton text={address} what="address" />
              </>
            ),
          },
          {
            label: "Secret",
            value: secret ? (
              <>
                made <RelativeTime at={secret.updated_at} /> <span className="mono">{secret.hint}</span>
              </>
            ) : (
              "none yet, so no call is taken"
            ),
          },
          { label: "Last call", value: taken ? <RelativeTime at={taken} /> : "none was taken yet" },
          {
            label: "Last refused",
            value: refused ? (
              <>
                <RelativeTime at={refused.at} />: {refused.because}
              </>
            ) : null,
          },
        ]}
      />
      <p className="quiet">
        The address begins as this browser reaches the hub. Where {integration.vendor} reaches it under
        another name, put that in its place.
      </p>
      <div className={styles.buttons}>
        <ReasonButton unavailable={mayManage} onClick={() => setOpen("secret")}>
          {secret ? "Make a new secret…" : "Make a secret…"}
        </ReasonButton>
        {secret ? (
          <ReasonButton variant="default" unavailable={mayManage} onClick={() => setOpen("end")}>
            Take no more calls…
          </ReasonButton>
        ) : null}
      </div>
      <section>
        <h2>What to do at {integration.vendor}</h2>
        <p className={styles.prose}>{hook.setup}</p>
      </section>
      {open === "secret" ? (
        <NewSecretDialog
          title={`Webhook secret of “${integration.name}”`}
          what="webhook secret"
          verb={secret ? "Make a new secret" : "Make a secret"}
          harmless={!secret}
          consequence={
            secret
              ? `The present secret is worth nothing from then on: calls of ${integration.vendor} are refused until it has the new one.`
              : "Calls that carry it are taken from then on."
          }
          make={async () => {
            const issued = await issueWebhookSecret(integration.id);
            void refresh();
            return issued.secret;
          }}
          onClose={close}
        >
          {integration.vendor} proves with it that a call is its own.
        </NewSecretDialog>
      ) : null}
      {open === "end" ? (
        <ConfirmDialog
          title={`Take no more calls for “${integration.name}”`}
          verb="Erase the secret"
          failure="Calls are still taken."
          act={async () => {
            await endWebhook(integration.id);
            void refresh();
            close();
          }}
          onClose={close}
        >
          <p>
            The secret is erased and calls are refused. {integration.vendor} is looked at at its usual turns.
            A new secret can be made at any time.
          </p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
