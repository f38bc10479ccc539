/** One faulty field: `field` is the path in the request body, e.g. `items[0].what`. */
export interface FieldError {
  field: string
  code: string
  message: string
}

interface ProblemBody {
  type?: string
  title?: string
  status?: number
  code?: string
  detail?: string | null
  errors?: FieldError[]
  trace_id?: string
}

/** What went wrong with a request, in the server's words. Codes of our own, where the server said
 * nothing: `network` (it was not reached) and `unexpected` (it answered something else than a problem). */
export class Problem extends Error {
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly status: number
  readonly errors: readonly FieldError[]
  readonly traceId: string | undefined

  constructor(body: ProblemBody, status: number) {
    super(body.detail || body.title || body.code || 'unexpected')
    this.name = 'Problem'
    this.code = body.code ?? 'unexpected'
    this.title = body.title ?? ''
    this.detail = body.detail ?? undefined
    this.status = status
    this.errors = body.errors ?? []
    this.traceId = body.trace_id
  }

  static network(): Problem {
    return new Problem({ code: 'network' }, 0)
  }

  static from(body: unknown, status: number): Problem {
    const known = typeof body === 'object' && body !== null && typeof (body as ProblemBody).code === 'string'
    return new Problem(known ? (body as ProblemBody) : { code: 'unexpected' }, status)
  }

  /** Any thrown value as a problem. */
  static of(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown
    return new Problem({ code: 'unexpected', title: thrown instanceof Error ? thrown.message : '' }, 0)
  }

  is(...codes: string[]): boolean {
    return codes.includes(this.code)
  }
}
