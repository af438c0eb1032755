import { toApiError } from "./client.ts";

/** XMLHttpRequest, because fetch cannot tell how much of a request body has been sent. */
export function sendForm<Answer>(
  path: string,
  form: FormData,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable && event.total > 0) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Answer);
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

export const wasStopped = (error: unknown) => error instanceof DOMException && error.name === "AbortError";
