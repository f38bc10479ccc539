import { describe, expect, it } from 'vitest'
import { Problem } from '@/api'
import { each, looksRight } from './verify'

describe('looksRight', () => {
  it('takes what was handed in in time', () => {
    expect(looksRight({ state: 'submitted', late: false })).toBe(true)
    expect(looksRight({ state: 'submitted', late: true })).toBe(false)
    expect(looksRight({ state: 'open', late: false })).toBe(false)
  })
})

describe('each', () => {
  it('does one after the other, goes on after a failure and names it', async () => {
    const seen: number[] = []
    const outcome = await each(
      ['a', 'b', 'c'],
      async (id) => {
        if (id === 'b') throw new Problem({ code: 'state_conflict', title: 'x' }, 409)
      },
      (n) => seen.push(n),
    )
    expect(outcome.done).toEqual(['a', 'c'])
    expect(outcome.failed.map((one) => [one.id, one.problem.code])).toEqual([['b', 'state_conflict']])
    expect(seen).toEqual([1, 2, 3])
  })
  it('leaves the others when the connection is lost', async () => {
    const outcome = await each(['a', 'b', 'c'], async (id) => {
      if (id === 'b') throw Problem.network()
    })
    expect(outcome).toMatchObject({ done: ['a'], left: ['c'] })
  })
  it('stops when asked to', async () => {
    let stop = false
    const outcome = await each(
      ['a', 'b'],
      async () => {
        stop = true
      },
      undefined,
      () => stop,
    )
    expect(outcome).toEqual({ done: ['a'], failed: [], left: ['b'] })
  })
})
