import { Modal } from "@mantine/core";
import { ProblemNotice } from "./ProblemNotice.tsx";

type Props = { title: string; error: unknown; what: string; onClose: () => void };

/** For a refusal of something done from a menu, where no page part could show it. */
export function RefusalDialog({ title, error, what, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title={title}>
      <ProblemNotice error={error} what={what} />
    </Modal>
  );
}
