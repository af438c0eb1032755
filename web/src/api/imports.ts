import { toApiError } from "./client.ts";
import type { JobTicket } from "./contract.ts";

export type ReportUpload = { file: File; scanName: string; format: string | null };

/** XMLHttpRequest, because fetch cannot tell how much of a request body has been sent. */
export function uploadReport(
  upload: ReportUpload,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<JobTicket> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    if (upload.scanName !== "") form.append("scan_name", upload.scanName);
    if (upload.format !== null) form.append("format", upload.format);
    form.append("file", upload.file, upload.file.name);
    request.open("POST", "/api/v1/imports");
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as JobTicket);
      else reject(toApiError(request.status, request.response));
    };
    request.onerror = () =>
      reject(
        toApiError(0, {
          detail: "The upload broke off. Nothing was imported; check the connection and retry.",
        }),
      );
    request.onabort = () => reject(new DOMException("The upload was stopped.", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
