import { Button, Checkbox, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import type { LocalScanner, NewScan } from "@/api/contract.ts";
import { localScannersQuery } from "@/api/local-scanners.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import styles from "./scans.module.css";

type Target = "target_path" | "target_url" | "target_host" | "this_machine";
type Props = { onSubmit: (body: NewScan) => void; error: unknown; pending: boolean };

/** Without a field there is nothing to name. */
const TARGETS: { value: Target; label: string; field?: string; hint?: string }[] = [
  {
    value: "target_path",
    label: "Directory on the hub's machine",
    field: "Path",
    hint: "/srv/checkout/shop",
  },
  { value: "target_url", label: "Web application", field: "Address", hint: "https://staging.example.com" },
  { value: "target_host", label: "Host or network", field: "Host or range", hint: "10.20.0.0/24" },
  { value: "this_machine", label: "The machine of the hub" },
];

/** Types of scans that look at something else than files. What is asked for when nobody chooses: without a type, a
 * site or host would be a record only. */
const typesOf: Record<Target, string[]> = {
  target_path: [],
  target_url: ["dast"],
  target_host: ["network"],
  this_machine: ["baseline"],
};
const NOT_OF_FILES = ["dast", "network", "baseline"];

const suits = (kind: Target, type: string) =>
  kind === "target_path" ? !NOT_OF_FILES.includes(type) : typesOf[kind].includes(type);

export function LocalScanForm({ onSubmit, error, pending }: Props) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Target>("target_path");
  const [target, setTarget] = useState("");
  const [types, setTypes] = useState<string[]>([]);
  const [unheard, setUnheard] = useState(false);
  const [missing, setMissing] = useState(false);
  const scanners = useQuery(localScannersQuery);
  const { field, hint } = TARGETS.find((each) => each.value === kind) ?? {};
  // The hub lists what scans its machine where it may.
  const mayScanMachine = scanners.data?.items.some((each) =>
    each.scan_types.some((type) => suits("this_machine", type)),
  );
  const errors = fieldErrors(error, [
    "name",
    "target_path",
    "target_url",
    "target_host",
    "this_machine",
    "scan_types",
    "scan_type",
  ]);
  const submit = () => {
    const nothing = field !== undefined && target.trim() === "";
    setMissing(nothing);
    if (nothing) return;
    onSubmit({
      ...(name.trim() === "" ? {} : { name: name.trim() }),
      scan_types: types.length > 0 ? types : typesOf[kind],
      ...(kind === "this_machine" ? { this_machine: true } : { [kind]: target.trim() }),
      ...(kind === "target_path" && unheard ? { no_suppress: true } : {}),
    });
  };
  return (
    <Form onSubmit={submit} error={error} errors={errors} failure="The scan was not started.">
      <Select
        label="What to scan"
        data={TARGETS.filter(({ value }) => value !== "this_machine" || mayScanMachine).map(
          ({ value, label }) => ({ value, label }),
        )}
        value={kind}
        allowDeselect={false}
        error={errors.this_machine}
        onChange={(value) => {
          const chosen = (value ?? "target_path") as Target;
          setKind(chosen);
          setTypes(typesOf[chosen]);
        }}
      />
      {field ? (
        <TextInput
          label={field}
          placeholder={hint}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value)}
          error={errors[kind] ?? (missing && target.trim() === "" ? "Say what to scan." : undefined)}
        />
      ) : null}
      {scanners.isError ? (
        <ProblemNotice
          error={scanners.error}
          what="The scan types are not known."
          onRetry={() => void scanners.refetch()}
        />
      ) : (
        <ScanTypes
          scanners={scanners.data?.items}
          suits={(type) => suits(kind, type)}
          chosen={types}
          onChange={setTypes}
          error={errors.scan_types ?? errors.scan_type}
        />
      )}
      {kind === "target_path" ? (
        <Checkbox
          label="Suppress nothing"
          description="Comments, rules and the baseline of the project hide no finding of this scan."
          checked={unheard}
          onChange={(event) => setUnheard(event.currentTarget.checked)}
        />
      ) : null}
      <TextInput
        label="Name"
        description="Left empty, the hub names it after its target."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={errors.name}
      />
      <div className={styles.buttons}>
        <Button type="submit" loading={pending}>
          Start scan
        </Button>
      </div>
    </Form>
  );
}

type TypesProps = {
  /** Not there yet while the hub asks its tools for their versions. */
  scanners: LocalScanner[] | undefined;
  suits: (type: string) => boolean;
  chosen: string[];
  onChange: (types: string[]) => void;
  error: string | undefined;
};

/** One line a scan type: who will run it, and for a missing tool how to get it. */
function ScanTypes({ scanners = [], suits, chosen, onChange, error }: TypesProps) {
  const faultId = useId();
  const types = [...new Set(scanners.flatMap((scanner) => scanner.scan_types))].filter(suits).sort();
  return (
    <fieldset className={styles.fieldset} aria-describedby={error ? faultId : undefined}>
      <legend>Scan types</legend>
      {error ? (
        <div id={faultId} className={styles.fault}>
          {error}
        </div>
      ) : null}
      {scanners.length === 0 ? (
        <p className="quiet" aria-busy="true">
          Asking the scanners of the hub for their versions
        </p>
      ) : null}
      <div className={styles.types}>
        {types.map((type) => {
          const able = scanners.filter((scanner) => scanner.scan_types.includes(type));
          const ready = able.filter((scanner) => scanner.available);
          const missing = able.filter((scanner) => !scanner.available);
          const words = [
            type === "sbom" ? "Lists what the directory is made of, no findings." : "",
            ready.length > 0
              ? `Runs ${ready.map((scanner) => scanner.name).join(", ")}.`
              : "No tool for it is installed.",
            missing.length > 0
              ? `Skipped: ${missing.map((each) => `${each.name}${each.install_hint ? ` (${each.install_hint})` : ""}`).join(", ")}.`
              : "",
          ]
            .filter((each) => each !== "")
            .join(" ");
          return (
            <Checkbox
              key={type}
              label={type}
              description={words}
              aria-invalid={error ? true : undefined}
              checked={chosen.includes(type)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked ? [...chosen, type] : chosen.filter((each) => each !== type),
                )
              }
            />
          );
        })}
      </div>
    </fieldset>
  );
}
