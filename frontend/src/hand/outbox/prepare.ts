/** Fetches parts that will be needed, once the page is quiet: where there is no service worker, a part that was not
 * fetched before the connection broke cannot be had any more. */
export function preparePages(...parts: (() => Promise<unknown>)[]): void {
  const fetchAll = () => {
    for (const part of parts) void part().catch(() => undefined)
  }
  if (typeof window.requestIdleCallback === 'function')
    window.requestIdleCallback(fetchAll, { timeout: 4_000 })
  else setTimeout(fetchAll, 1_500)
}
