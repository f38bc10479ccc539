import type { Import } from '@/api'

/** What an import came to: `faults` to correct, `nothing` new in the file, `ready` after a trial, `done`. */
export type Outcome = 'faults' | 'nothing' | 'ready' | 'done'

export function outcome(result: Import): Outcome {
  if (result.fault_count > 0) return 'faults'
  if (result.applied) return 'done'
  return changes(result) > 0 ? 'ready' : 'nothing'
}

/** How many records the file would change or has changed. */
export function changes(result: Import): number {
  return result.created + result.updated
}

/** The counts in the order in which they are read; faults only where there are some, and then nothing else:
 * a faulty file changes nothing. */
export function counts(
  result: Import,
): { name: 'created' | 'updated' | 'unchanged' | 'fault_count'; n: number }[] {
  if (result.fault_count > 0) return [{ name: 'fault_count', n: result.fault_count }]
  return [
    { name: 'created', n: result.created },
    { name: 'updated', n: result.updated },
    { name: 'unchanged', n: result.unchanged },
  ]
}

/** Whether a file has one of the endings, `.xlsx,.geojson`. */
export function accepted(name: string, endings: string): boolean {
  return endings.split(',').some((ending) => name.toLowerCase().endsWith(ending.trim()))
}
