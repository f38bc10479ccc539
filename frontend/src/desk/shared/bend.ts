import type { Directive } from 'vue'

/** Says beside each cell what its column is called, so that rows can become cards where the page is narrow (`table.css`). */
function label(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) =>
    (head.querySelector('button')?.firstChild ?? head).textContent?.trim(),
  )
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      ;[...row.cells].forEach((cell, at) => {
        const head = heads[at] ?? ''
        if (cell.dataset['label'] !== head) cell.dataset['label'] = head
      })
    }
  }
}

/** Tables that bend. */
export const vBend: Directive<HTMLTableElement> = { mounted: label, updated: label }
