import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Integration } from "@/api/contract.ts";
import { allowAgain, blocklistQuery, integrationKeys } from "@/api/integrations.ts";
import { Actor } from "@/parts/Actor.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { ReasonButton } from "@/parts/ReasonButton.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./integrations.module.css";

export function BlocklistTab({ integration }: { integration: Integration }) {
  const list = useQuery(blocklistQuery(integration.id));
  const cache = useQueryClient();
  const mayDelete = usePermission("scan:delete");
  const allow = useMutation({
    mutationFn: allowAgain,
    onSuccess: () => cache.invalidateQueries({ queryKey: integrationKeys.one(integration.id) }),
  });
  const rows = list.data?.items ?? [];
  return (
    <div className={styles.panel}>
      <p className="quiet">
        Scans deleted here that still exist at the vendor. They are not adopted again until they are allowed.
      </p>
      {allow.isError ? <ProblemNotice error={allow.error} what="The scan is still blocked." /> : null}
      {list.isError ? (
        <ProblemNotice
          error={list.error}
          what="The blocklist could not be loaded."
          onRetry={() => void list.refetch()}
        />
      ) : list.isPending ? (
        <p className="quiet">Loading the blocklist</p>
      ) : rows.length === 0 ? (
        <p className="quiet">Nothing is blocked.</p>
      ) : (
        <div className={styles.scroll}>
          <table className={styles.table}>
            <caption className="visually-hidden">Blocked scans</caption>
            <thead>
              <tr>
                <th scope="col">Scan</th>
                <th scope="col">Vendor id</th>
                <th scope="col">Deleted</th>
                <th scope="col">By</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.id}>
                  <td>{row.name}</td>
                  <td className="mono">{row.external_scan_id}</td>
                  <td>
                    <RelativeTime at={row.created_at} />
                  </td>
                  <td>
                    <Actor actor={row.created_by} />
                  </td>
                  <td>
                    {mayDelete ? (
                      <ReasonButton variant="default" unavailable={mayDelete}>
                        Allow again
                      </ReasonButton>
                    ) : (
                      <Button
                        variant="default"
                        loading={allow.isPending && allow.variables === row.id}
                        onClick={() => allow.mutate(row.id)}
                      >
                        Allow again<span className="visually-hidden">: {row.name}</span>
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
