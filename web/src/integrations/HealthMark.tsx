import type { Integration } from "@/api/contract.ts";
import { SHAPES, type State, StateMark } from "@/parts/StateMark.tsx";

const STATES: Record<Integration["health"]["state"] | "disabled", State> = {
  healthy: { word: "Healthy", color: "var(--status-completed)", shape: SHAPES.check },
  degraded: { word: "Degraded", color: "var(--severity-medium)", shape: SHAPES.triangle },
  failing: { word: "Failing", color: "var(--status-failed)", shape: SHAPES.cross },
  unknown: { word: "Not seen yet", color: "var(--status-queued)", shape: SHAPES.circle },
  disabled: { word: "Disabled", color: "var(--status-cancelled)", shape: SHAPES.bars },
};

export function HealthMark({ integration }: { integration: Integration }) {
  return (
    <StateMark
      state={STATES[integration.enabled ? integration.health.state : "disabled"] ?? STATES.unknown}
    />
  );
}
