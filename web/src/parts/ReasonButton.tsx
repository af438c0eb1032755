/**
 * A button that may be unavailable and says why. It stays focusable (`aria-disabled`, never `disabled`) because
 * a keyboard or screen-reader user must be able to reach the reason.
 */
import { Button, type ButtonProps } from "@mantine/core";
import { type ComponentPropsWithoutRef, useId } from "react";

type Props = ButtonProps &
  Omit<ComponentPropsWithoutRef<"button">, "color"> & { unavailable?: string | null };

export function ReasonButton({ unavailable = null, onClick, children, ...rest }: Props) {
  const reasonId = useId();
  if (unavailable === null) {
    return (
      <Button onClick={onClick} {...rest}>
        {children}
      </Button>
    );
  }
  return (
    <>
      <Button
        {...rest}
        type="button"
        aria-disabled="true"
        aria-describedby={reasonId}
        data-tip={unavailable}
        data-disabled
        style={{ pointerEvents: "auto" }}
        onClick={(event) => event.preventDefault()}
      >
        {children}
      </Button>
      <span id={reasonId} className="visually-hidden">
        {unavailable}
      </span>
    </>
  );
}
