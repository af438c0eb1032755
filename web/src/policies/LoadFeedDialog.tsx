/** Brings the file of a feed. What is loaded stays until the whole file has been read and found to be good. */
import { Button, Checkbox, FileInput, Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Feed } from "@/api/contract.ts";
import { loadFeed } from "@/api/feeds.ts";
import { wasStopped } from "@/api/upload.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { Sending } from "@/parts/Sending.tsx";
import { FEED_WORDS } from "./feed-words.ts";

const FILES: Record<Feed["kind"], string> = {
  epss: "epss_scores-YYYY-MM-DD.csv.gz",
  kev: "known_exploited_vulnerabilities.json or .csv",
  nvd: "nvdcve-2.0-YYYY.json.gz, one after the other, or nvdcve-2.0-modified.json.gz",
  cwe: "cwec_vX.Y.xml.zip, or a view as .csv",
};

type Props = { feed: Feed; onOrdered: (jobId: string) => void; onClose: () => void };

export function LoadFeedDialog({ feed, onOrdered, onClose }: Props) {
  const [file, setFile] = useState<File | null>(null);
  const [force, setForce] = useState(false);
  const [missing, setMissing] = useState(false);
  const [sent, setSent] = useState(0);
  const stop = useRef<AbortController | null>(null);
  const load = useMutation({
    mutationFn: (chosen: File) => {
      stop.current = new AbortController();
      setSent(0);
      return loadFeed({ kind: feed.kind, file: chosen, force }, setSent, stop.current.signal);
    },
    onSuccess: (ticket) => {
      onOrdered(ticket.job_id);
      onClose();
    },
  });
  useEffect(() => () => stop.current?.abort(), []);
  const errors = fieldErrors(load.error, ["file", "force"]);
  const submit = () => {
    setMissing(file === null);
    if (file) load.mutate(file);
  };
  return (
    <Modal opened onClose={onClose} title={`Load a file for ${FEED_WORDS[feed.kind].name}`}>
      <Form
        onSubmit={submit}
        error={wasStopped(load.error) ? null : load.error}
        errors={errors}
        failure="The file was not taken; what is loaded stays."
      >
        <FileInput
          label="File"
          description={`As its publisher gives it: ${FILES[feed.kind]}.`}
          placeholder="Choose a file"
          value={file}
          onChange={setFile}
          error={errors.file ?? (missing && !file ? "Choose the file to load." : undefined)}
        />
        <Checkbox
          label="Also when it is older, or much smaller, than what is loaded"
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
          error={errors.force}
        />
        {load.isPending ? <Sending share={sent} /> : null}
        <div>
          <Button type="submit" loading={load.isPending}>
            Load
          </Button>
        </div>
      </Form>
    </Modal>
  );
}
