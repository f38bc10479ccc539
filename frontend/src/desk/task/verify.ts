import { Problem } from '@/api'
import type { TaskBrief } from '@/api'

/** Whether a submitted task can be ticked without opening it: handed in in time. The evidence asked for is there,
 * else the server had not taken it. */
export function looksRight(task: Pick<TaskBrief, 'state' | 'late'>): boolean {
  return task.state === 'submitted' && !task.late
}

export interface Failure {
  id: string
  problem: Problem
}
export interface Outcome {
  done: string[]
  failed: Failure[]
  /** Not tried any more: stopped, or nobody is signed in or reachable. */
  left: string[]
}

/** Does one act for each of several, one after the other; what fails does not hold up the rest. After the session
 * has ended or the connection is lost the others are left. */
export async function each(
  ids: readonly string[],
  act: (id: string) => Promise<unknown>,
  step: (done: number) => void = () => undefined,
  stopped: () => boolean = () => false,
): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [], left: [] }
  let over = false
  for (const [n, id] of ids.entries()) {
    if (over || stopped()) {
      outcome.left.push(id)
      continue
    }
    try {
      await act(id)
      outcome.done.push(id)
    } catch (thrown) {
      const problem = Problem.of(thrown)
      outcome.failed.push({ id, problem })
      over = problem.status === 401 || problem.is('network')
    }
    step(n + 1)
  }
  return outcome
}
