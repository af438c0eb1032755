import { Button, Drawer, FileInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";
import type { Job } from "@/api/contract.ts";
import { uploadReport } from "@/api/imports.ts";
import { scanKeys } from "@/api/scans.ts";
import { wasStopped } from "@/api/upload.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { JobWatch } from "@/parts/JobWatch.tsx";
import { Sending } from "@/parts/Sending.tsx";
import styles from "./scans.module.css";

export function UploadDrawer({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController | null>(null);
  const cache = useQueryClient();
  const upload = useMutation({
    mutationFn: (report: File) => {
      stop.current = new AbortController();
      setSent(0);
      return uploadReport(
        { file: report, scanName: name.trim(), format: null },
        setSent,
        stop.current.signal,
      );
    },
  });
  const over = useCallback(() => void cache.invalidateQueries({ queryKey: scanKeys.all }), [cache]);
  const stopped = wasStopped(upload.error);
  const errors = fieldErrors(upload.error, ["file", "scan_name"]);

  const submit = () => {
    setMissing(file === null);
    if (file) upload.mutate(file);
  };
  const again = () => {
    upload.reset();
    setFile(null);
    setName("");
  };

  return (
    <Drawer opened onClose={onClose} title="Upload a report">
      {upload.data ? (
        <div style={{ display: "grid", gap: 12 }}>
          <JobWatch
            jobId={upload.data.job_id}
            doing={`Importing ${file?.name ?? "the report"}`}
            done={(job) => <Result job={job} onClose={onClose} />}
            onOver={over}
          />
          <div className={styles.buttons}>
            <Button variant="default" onClick={again}>
              Upload another
            </Button>
          </div>
        </div>
      ) : (
        <Form
          onSubmit={submit}
          error={stopped ? null : upload.error}
          errors={errors}
          failure="The report was not imported."
        >
          <FileInput
            label="Report file"
            description="From Nessus, Bandit or Semgrep, or any SARIF file; the format is recognised from the content."
            placeholder="Choose a file"
            value={file}
            onChange={setFile}
            error={errors.file ?? (missing && !file ? "Choose the report to upload." : undefined)}
          />
          <TextInput
            label="Scan name"
            description="Left empty, the report's own name is used."
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.scan_name}
          />
          {upload.isPending ? <Sending share={sent} /> : null}
          <div className={styles.buttons}>
            <Button type="submit" loading={upload.isPending}>
              Upload
            </Button>
            {upload.isPending ? (
              <Button variant="default" onClick={() => stop.current?.abort()}>
                Stop
              </Button>
            ) : null}
          </div>
        </Form>
      )}
    </Drawer>
  );
}

const COUNTS = ["created", "updated", "reopened", "unchanged"] as const;

function Result({ job, onClose }: { job: Job; onClose: () => void }) {
  const result = job.result ?? {};
  const counts = COUNTS.filter((key) => typeof result[key] === "number").map(
    (key) => `${String(result[key])} ${key}`,
  );
  const quarantined = Array.isArray(result.quarantined) ? result.quarantined.length : 0;
  return (
    <>
      Imported: {counts.length > 0 ? counts.join(", ") : "no findings in the report"}.
      {quarantined > 0
        ? ` ${quarantined} ${quarantined === 1 ? "record was" : "records were"} set aside because they could not be read; the scan's activity says why.`
        : ""}{" "}
      {typeof result.scan_id === "string" ? (
        <Link to="/scans/$scanId" params={{ scanId: result.scan_id }} search={{}} onClick={onClose}>
          Open the scan
        </Link>
      ) : null}
    </>
  );
}
