import { Drawer, SegmentedControl } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { NewScan } from "@/api/contract.ts";
import { createScan, scanKeys } from "@/api/scans.ts";
import { IntegrationScanForm } from "./IntegrationScanForm.tsx";
import { LocalScanForm } from "./LocalScanForm.tsx";

type Kind = "local" | "integration";

export function NewScanDrawer({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("local");
  const cache = useQueryClient();
  const navigate = useNavigate();
  const creation = useMutation({
    mutationFn: (body: NewScan) => createScan(body),
    onSuccess: async (scan) => {
      cache.setQueryData(scanKeys.one(scan.id), scan);
      void cache.invalidateQueries({ queryKey: scanKeys.lists });
      onClose();
      await navigate({ to: "/scans/$scanId", params: { scanId: scan.id }, search: {} });
    },
  });
  const submit = (body: NewScan) => creation.mutate(body);
  return (
    <Drawer opened onClose={onClose} title="New scan">
      <div style={{ display: "grid", gap: 16 }}>
        <SegmentedControl
          aria-label="Where the scan runs"
          value={kind}
          onChange={(value) => {
            creation.reset();
            setKind(value as Kind);
          }}
          data={[
            { value: "local", label: "Run a scanner here" },
            { value: "integration", label: "Use an integration" },
          ]}
        />
        {kind === "local" ? (
          <LocalScanForm onSubmit={submit} error={creation.error} pending={creation.isPending} />
        ) : (
          <IntegrationScanForm onSubmit={submit} error={creation.error} pending={creation.isPending} />
        )}
      </div>
    </Drawer>
  );
}
