// What opens below a button, and closes when one presses elsewhere.

import { useEffect, useRef, useState } from 'preact/hooks';

/** `root` is the element that holds button and flap. */
export function useFlap() {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, [open]);
  return { open, setOpen, root };
}
