import { NumberInput } from "@mantine/core";
import type { Entry } from "./due-dates.ts";

/** More is no number that anybody means; whether a smaller one is taken is the hub's to say. */
const MOST = 9_999;

type Props = {
  label: string;
  description?: string;
  placeholder?: string;
  className?: string | undefined;
  value: Entry;
  readOnly: boolean;
  error: string | undefined;
  onChange: (value: Entry) => void;
};

export function NumberEntry({ onChange, ...rest }: Props) {
  return (
    <NumberInput
      {...rest}
      hideControls
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      isAllowed={({ floatValue }) => floatValue === undefined || floatValue <= MOST}
      onChange={(entry) => onChange(typeof entry === "number" ? entry : "")}
    />
  );
}
