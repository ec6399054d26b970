// The browser's own dialog: focus stays inside, Escape closes, focus returns.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Dialog({ title, close, children, wide = false }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={box} class={wide ? 'wide' : ''} aria-label={title} onClose={close} onClick={(e) => { if (e.target === box.current) close(); }}>
      <div class="dialog-body">
        <header><h2>{title}</h2><button type="button" class="icon" onClick={close} aria-label="Close">✕</button></header>
        {children}
      </div>
    </dialog>
  );
}
