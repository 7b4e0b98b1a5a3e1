/**
 * In which order requests are sent: one after the other (`hx-sync` on the body), none is lost, none is sent twice at once,
 * and a page that is only being fetched gives way to whatever the person does next.
 */
const pending = new Set();

/** True while a request is under way or waits for its turn. */
export const isAsking = () => pending.size > 0;

// An editor that is being fetched changes its row only; it waits for its turn like everything that is sent.
const onlyReads = ({ request, editor }) => request.method === 'GET' && !editor;

document.addEventListener('htmx:config:request', (event) => {
  const { ctx } = event.detail;
  const { method, action, body } = ctx.request;
  ctx.fingerprint = `${method} ${action} ${new URLSearchParams(body)}`;
  const isRepeated = ({ fingerprint, background }) => !background && fingerprint === ctx.fingerprint;
  if ([...pending].some(isRepeated)) {
    event.preventDefault();
    return;
  }
  for (const other of pending) if (onlyReads(other)) other.request.abort?.();
  pending.add(ctx);
});

document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => pending.delete(ctx));
