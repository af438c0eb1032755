/** What people said about a finding, the newest first, and a place to say something. */
import { Button, Textarea } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Comment } from "@/api/contract.ts";
import { sessionQuery } from "@/api/session.ts";
import { addComment, commentsQuery, removeComment } from "@/api/triage.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { PlainText } from "@/parts/PlainText.tsx";
import { ProblemNotice } from "@/parts/ProblemNotice.tsx";
import { RelativeTime } from "@/parts/RelativeTime.tsx";
import { usePermission } from "@/shell/permissions.ts";
import styles from "./findings.module.css";

export function FindingComments({ finding }: { finding: string }) {
  const thread = useInfiniteQuery(commentsQuery(finding));
  const comments = thread.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section>
      <h3>Comments</h3>
      <NewComment finding={finding} />
      {thread.isError ? (
        <ProblemNotice
          error={thread.error}
          what="The comments could not be loaded."
          onRetry={() => void thread.refetch()}
        />
      ) : null}
      {thread.isPending ? (
        <p className="quiet" aria-busy="true">
          Loading the comments
        </p>
      ) : null}
      {comments.length > 0 ? (
        <ul className={styles.list}>
          {comments.map((comment) => (
            <li key={comment.id}>
              <OneComment finding={finding} comment={comment} />
            </li>
          ))}
        </ul>
      ) : null}
      {thread.hasNextPage ? (
        <Button
          variant="subtle"
          loading={thread.isFetchingNextPage}
          onClick={() => void thread.fetchNextPage()}
        >
          Show earlier comments
        </Button>
      ) : null}
    </section>
  );
}

function NewComment({ finding }: { finding: string }) {
  const [body, setBody] = useState("");
  const denied = usePermission("finding:triage");
  const cache = useQueryClient();
  const say = useMutation({
    mutationFn: () => addComment(finding, body),
    onSuccess: () => {
      setBody("");
      return cache.invalidateQueries({ queryKey: commentsQuery(finding).queryKey });
    },
  });
  const errors = fieldErrors(say.error, ["body"]);
  if (denied) return null;
  return (
    <Form onSubmit={() => say.mutate()} error={say.error} errors={errors} failure="The comment was not kept.">
      <Textarea
        aria-label="Comment"
        placeholder="Comment; @ and a member's name or e-mail address mentions them"
        autosize
        minRows={2}
        maxRows={10}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
        error={errors.body}
      />
      <div>
        <Button type="submit" variant="default" loading={say.isPending}>
          Comment
        </Button>
      </div>
    </Form>
  );
}

function OneComment({ finding, comment }: { finding: string; comment: Comment }) {
  const { data: session } = useSuspenseQuery(sessionQuery);
  const cache = useQueryClient();
  const remove = useMutation({
    mutationFn: () => removeComment(comment.id),
    onSuccess: () => cache.invalidateQueries({ queryKey: commentsQuery(finding).queryKey }),
  });
  const mine = comment.person !== null && comment.person?.id === session.user?.id;
  const mayRemove = mine || session.permissions.includes("finding:approve");
  const name = comment.person?.name || comment.person?.email;
  return (
    <>
      <p className="quiet">
        {name ?? (comment.person ? "Somebody who has left" : "An API key")}
        {comment.author.startsWith("api_key/") && comment.person ? " (with an API key)" : ""}
        {" · "}
        <RelativeTime at={comment.created_at} />
        {comment.edited_at ? (
          <>
            {" · edited "}
            <RelativeTime at={comment.edited_at} />
          </>
        ) : null}
        {mayRemove && comment.body !== null ? (
          <>
            {" "}
            <Button
              size="compact-xs"
              variant="subtle"
              loading={remove.isPending}
              onClick={() => remove.mutate()}
            >
              Delete
            </Button>
          </>
        ) : null}
      </p>
      {typeof comment.body === "string" ? (
        <PlainText text={comment.body} />
      ) : (
        <p className="quiet">Deleted.</p>
      )}
      {remove.isError ? <ProblemNotice error={remove.error} what="The comment is still there." /> : null}
    </>
  );
}
