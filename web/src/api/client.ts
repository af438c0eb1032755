/**
 * The one door to the hub. Every answer that is not a success becomes an `ApiError` carrying the hub's problem
 * document, so pages can show what happened, what to do and the request id without knowing about HTTP.
 */
import createClient from "openapi-fetch";
import type { Problem } from "./contract.ts";
import type { paths } from "./schema.d.ts";

export type FieldError = NonNullable<Problem["errors"]>[number];

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly fields: FieldError[];
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(status: number, problem: Partial<Problem>, headers?: Headers) {
    const title =
      problem.title ?? (status === 0 ? "The hub cannot be reached" : `The hub answered ${status}`);
    super(problem.detail ?? title);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? (status === 0 ? "unreachable" : "unknown");
    this.title = title;
    this.fields = problem.errors ?? [];
    this.requestId = problem.request_id ?? headers?.get("x-request-id") ?? null;
    const retryAfter = Number(headers?.get("retry-after") ?? Number.NaN);
    this.retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : null;
  }
}

export const hub = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request) => globalThis.fetch(request),
});

type Reply<Data> = { data?: Data; error?: unknown; response: Response };

/** What the hub said, or why it did not. */
export async function answer<Data>(asked: Promise<Reply<Data>>): Promise<Data> {
  let reply: Reply<Data>;
  try {
    reply = await asked;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, {
      detail: "No answer from the hub. Check that it runs and that you are online, then retry.",
    });
  }
  if (!reply.response.ok) throw toApiError(reply.response.status, reply.error, reply.response.headers);
  return reply.data as Data;
}

export function toApiError(status: number, body: unknown, headers?: Headers): ApiError {
  return new ApiError(status, isRecord(body) ? (body as Partial<Problem>) : {}, headers);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A key for a write that may be repeated by the network but must happen once. */
export function idempotencyKey(): Record<string, string> {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}
