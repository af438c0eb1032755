import { ApiError } from "@/api/client.ts";

/** Unknown and foreign things are the same answer by design. */
export const isMissing = (error: unknown) => error instanceof ApiError && error.status === 404;
