import type { JobTicket } from "./contract.ts";
import { sendForm } from "./upload.ts";

export type ReportUpload = { file: File; scanName: string; format: string | null };

export function uploadReport(
  upload: ReportUpload,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<JobTicket> {
  const form = new FormData();
  if (upload.scanName !== "") form.append("scan_name", upload.scanName);
  if (upload.format !== null) form.append("format", upload.format);
  form.append("file", upload.file, upload.file.name);
  return sendForm("/api/v1/imports", form, onProgress, signal);
}
